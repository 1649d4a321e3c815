//! Candidates by what is asked for.

use super::conditions::Conditions;
use super::{SqliteState, band, bytes16, failed, micros};
use crate::state::types::{CandidateQuery, CandidateRow, StateError};
use model::{Band, CandidateId, CandidateType, TenantId};
use rusqlite::{Row, ToSql};

impl SqliteState {
    pub(super) fn candidates_asked_for(
        &self,
        query: &CandidateQuery,
    ) -> Result<Vec<CandidateRow>, StateError> {
        let mut conditions = Conditions::default();
        if let Some(tenant) = &query.tenant {
            conditions.add("tenant = ?", tenant.as_str().to_owned());
        }
        if let Some(open) = query.open {
            conditions.add("(closed_at IS NULL) = ?", open);
        }
        if let Some(from) = query.from {
            conditions.add("opened_at >= ?", from.as_micros());
        }
        if let Some(until) = query.until {
            conditions.add("opened_at < ?", until.as_micros());
        }
        if let Some((at, id)) = query.after {
            conditions.add("(opened_at, id) < (?, ", at.as_micros());
            conditions.go_on("?)", id.as_bytes().to_vec());
        }
        conditions.any("band", query.bands.iter().map(|band| *band as i64));
        conditions.any("type", query.types.iter().map(|kind| kind.word()));
        let (sql, values) = conditions.take();
        let values: Vec<&dyn ToSql> = values.iter().map(|value| &**value as &dyn ToSql).collect();
        self.candidates_where(&sql, &values, query.limit)
    }

    pub(super) fn candidates_where(
        &self,
        condition: &str,
        values: &[&dyn ToSql],
        limit: usize,
    ) -> Result<Vec<CandidateRow>, StateError> {
        let what = failed("read candidates");
        let sql = format!(
            "SELECT id, tenant, type, band, opened_at, updated_at, closed_at, outcome, score, title, item
             FROM candidate WHERE {condition} ORDER BY opened_at DESC, id DESC LIMIT {limit}"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(&what)?;
        let mut rows = statement.query(values).map_err(&what)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(&what)? {
            let word: String = row.get(2).map_err(&what)?;
            let kind = CandidateType::ALL.iter().copied().find(|kind| kind.word() == word);
            let candidate_type =
                kind.ok_or(StateError::Nonsense { what: "candidate type", value: word })?;
            let read = |row: &Row<'_>| -> rusqlite::Result<_> {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(3)?))
            };
            let (id, tenant, number) = read(row).map_err(&what)?;
            let rest = |row: &Row<'_>| -> rusqlite::Result<_> {
                Ok(CandidateRow {
                    id: CandidateId::from_bytes([0; 16]),
                    tenant: TenantId::new(tenant),
                    candidate_type,
                    band: Band::default(),
                    opened_at: micros(row.get(4)?),
                    updated_at: micros(row.get(5)?),
                    closed_at: row.get::<_, Option<i64>>(6)?.map(micros),
                    outcome: row.get(7)?,
                    score: row.get(8)?,
                    title: row.get(9)?,
                    item: row.get(10)?,
                })
            };
            let candidate = rest(row).map_err(&what)?;
            let id = CandidateId::from_bytes(bytes16(id, "candidate id")?);
            found.push(CandidateRow { id, band: band(number)?, ..candidate });
        }
        Ok(found)
    }
}
