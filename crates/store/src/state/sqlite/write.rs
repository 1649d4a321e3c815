//! A delta → rows, in one transaction with the place that it covers.

use super::SqliteState;
use crate::state::types::{BandRow, Delta};
use model::{Severity, Timestamp};
use rusqlite::{TransactionBehavior, params};

impl SqliteState {
    pub(super) fn write(&mut self, delta: &Delta) -> rusqlite::Result<()> {
        let db = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let place = delta.checkpoint;
        for row in &delta.signatures {
            db.prepare_cached(
                "INSERT INTO signature VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT DO UPDATE SET service = ?3, template = ?4, band = ?5, first_seen = ?6,
                   last_seen = ?7, count = ?8",
            )?
            .execute(params![
                row.tenant.as_str(),
                row.id.as_bytes(),
                row.service,
                row.template,
                row.band as i64,
                row.first_seen.as_micros(),
                row.last_seen.as_micros(),
                row.count as i64
            ])?;
        }
        for BandRow { tenant, id, change } in &delta.bands {
            db.prepare_cached(
                "INSERT INTO band SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6
                 FROM band WHERE tenant = ?1 AND id = ?2",
            )?
            .execute(params![
                tenant.as_str(),
                id.as_bytes(),
                change.at.as_micros(),
                change.from as i64,
                change.to as i64,
                change.reason
            ])?;
        }
        for row in &delta.candidates {
            db.prepare_cached(
                "INSERT OR REPLACE INTO candidate VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                row.id.as_bytes(),
                row.tenant.as_str(),
                row.candidate_type.word(),
                row.band as i64,
                row.opened_at.as_micros(),
                row.updated_at.as_micros(),
                row.closed_at.map(Timestamp::as_micros),
                row.outcome,
                row.score,
                row.title,
                row.item
            ])?;
        }
        for row in &delta.sources {
            db.prepare_cached("INSERT OR REPLACE INTO source VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    row.id.as_str(),
                    row.tenant.as_str(),
                    row.last_event.map(Timestamp::as_micros),
                    row.cursor,
                    row.health
                ])?;
        }
        for event in &delta.raised {
            db.prepare_cached(
                "INSERT INTO raised VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                event.seq.0 as i64,
                event.at.as_micros(),
                event.tenant_id.as_str(),
                event.host,
                event.service,
                event.severity.map(Severity::number),
                event.signature_id.as_bytes(),
                event.text
            ])?;
        }
        for (name, added) in &delta.sums {
            db.prepare_cached(
                "INSERT INTO sum VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = value + ?2",
            )?
            .execute(params![name, *added as i64])?;
        }
        if let Some(snapshot) = &delta.snapshot {
            db.execute(
                "INSERT OR REPLACE INTO snapshot VALUES (1, ?1, ?2, ?3, ?4)",
                params![place.epoch.0, snapshot.next.0 as i64, snapshot.format, snapshot.bytes],
            )?;
        }
        let next = place.next.0 as i64;
        db.execute(
            "INSERT OR REPLACE INTO place VALUES (1, ?1, ?2)",
            params![place.epoch.0, next],
        )?;
        db.commit()
    }
}
