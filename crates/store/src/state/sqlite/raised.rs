//! Events of raised bands, with full text: the index narrows, and each event is then looked at, so that the
//! answer is the one that event blocks give.

use super::conditions::Conditions;
use super::{SqliteState, micros};
use crate::events::says_all;
use model::search::{Found, Order, Page, Query};
use model::{Seq, Severity, SignatureId, TenantId};
use rusqlite::Row;

impl SqliteState {
    pub(super) fn raised_page(&self, query: &Query) -> rusqlite::Result<Page> {
        let mut conditions = Conditions::default();
        if let Some(tenant) = &query.tenant {
            conditions.add("tenant = ?", tenant.as_str().to_owned());
        }
        if let Some(from) = query.from {
            conditions.add("at >= ?", from.as_micros());
        }
        if let Some(until) = query.until {
            conditions.add("at < ?", until.as_micros());
        }
        if let Some(least) = query.severity {
            conditions.add("severity <= ?", i64::from(least.number()));
        }
        let newest = query.order == Order::Newest;
        if let Some(after) = query.after {
            let than = if newest { "(at, seq) < (?, " } else { "(at, seq) > (?, " };
            conditions.add(than, after.at.as_micros());
            conditions.go_on("?)", after.seq.0 as i64);
        }
        conditions.any("host", query.hosts.iter().cloned());
        conditions.any("service", query.services.iter().cloned());
        conditions.any("signature", query.signatures.iter().map(|id| id.as_bytes().to_vec()));
        if let Some(words) = full_text(query) {
            conditions
                .add("seq IN (SELECT rowid FROM raised_text WHERE raised_text MATCH ?)", words);
        }
        let (condition, values) = conditions.take();
        let order = if newest { "at DESC, seq DESC" } else { "at, seq" };
        let sql = format!(
            "SELECT seq, at, tenant, host, service, severity, signature, text FROM raised
             WHERE {condition} ORDER BY {order}"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(&values))?;
        let limit = query.limit.clamp(1, Query::LIMIT_MAX);
        let mut page = Page::default();
        while let Some(row) = rows.next()? {
            let found = found(row)?;
            page.scan.events += 1;
            // The index knows words; what stands between them is looked at here.
            if !says_all(&found.text, &query.text) {
                continue;
            }
            if page.found.len() == limit {
                page.next = page.found.last().map(Found::place);
                break;
            }
            page.found.push(found);
        }
        Ok(page)
    }
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        seq: Seq(row.get::<_, i64>(0)? as u64),
        at: micros(row.get(1)?),
        tenant_id: TenantId::new(row.get::<_, String>(2)?),
        host: row.get(3)?,
        service: row.get(4)?,
        severity: row.get::<_, Option<u8>>(5)?.and_then(Severity::from_number),
        signature_id: SignatureId::from_bytes(row.get(6)?),
        text: row.get(7)?,
    })
}

/// The terms of a query that the index can answer, in its language: words and beginnings of words as quoted
/// strings, so that nothing a person writes is an operator.
fn full_text(query: &Query) -> Option<String> {
    let words = query.text.terms.iter().filter(|term| {
        // A term without a letter or digit is no word of the index.
        term.begins_word
            && term.text.bytes().any(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80)
    });
    let quoted = words.map(|term| {
        let star = if term.ends_word { "" } else { " *" };
        format!("\"{}\"{star}", term.text.replace('"', "\"\""))
    });
    let all: Vec<String> = quoted.collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}
