//! `state.db`: what is known, in SQLite. It can be made again from the spool, so a commit need not wait for
//! the disk (`synchronous=NORMAL`): after a power cut the database is whole, and as of an earlier commit,
//! whose place in the spool stands in it.

use super::StateStore;
use super::types::{
    BandRow, CandidateQuery, CandidateRow, Checkpoint, Committed, Delta, SignatureRow, Snapshot,
    SourceRow, StateError,
};
use crate::events::says_all;
use crate::spool::Epoch;
use model::search::{Found, Order, Page, Query};
use model::{
    Band, BandChange, CandidateId, CandidateType, Seq, Severity, SignatureId, SourceId, TenantId,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use std::collections::BTreeMap;
use std::path::Path;

/// Rises with every change of the tables.
const FORMAT: i64 = 1;

const TABLES: &str = "
CREATE TABLE place (one INTEGER PRIMARY KEY CHECK (one = 1), epoch BLOB NOT NULL, next INTEGER NOT NULL);
CREATE TABLE snapshot (one INTEGER PRIMARY KEY CHECK (one = 1), epoch BLOB NOT NULL, next INTEGER NOT NULL,
  format INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE signature (tenant TEXT NOT NULL, id BLOB NOT NULL, service TEXT NOT NULL, template TEXT NOT NULL,
  band INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
CREATE TABLE band (tenant TEXT NOT NULL, id BLOB NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL,
  before INTEGER NOT NULL, after INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (tenant, id, number)) WITHOUT ROWID;
CREATE TABLE candidate (id BLOB PRIMARY KEY, tenant TEXT NOT NULL, type TEXT NOT NULL, band INTEGER NOT NULL,
  opened_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, closed_at INTEGER, outcome TEXT,
  score REAL NOT NULL, title TEXT NOT NULL, item TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX candidate_by_time ON candidate (opened_at, id);
CREATE TABLE source (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, last_event INTEGER, cursor TEXT,
  health TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sum (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE raised (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, tenant TEXT NOT NULL, host TEXT NOT NULL,
  service TEXT NOT NULL, severity INTEGER, signature BLOB NOT NULL, text TEXT NOT NULL);
CREATE INDEX raised_by_time ON raised (at, seq);
CREATE VIRTUAL TABLE raised_text USING fts5(text, content='raised', content_rowid='seq', tokenize='ascii');
CREATE TRIGGER raised_in AFTER INSERT ON raised BEGIN
  INSERT INTO raised_text(rowid, text) VALUES (new.seq, new.text); END;
CREATE TRIGGER raised_out AFTER DELETE ON raised BEGIN
  INSERT INTO raised_text(raised_text, rowid, text) VALUES ('delete', old.seq, old.text); END;
";

pub(super) fn failed(what: &'static str) -> impl Fn(rusqlite::Error) -> StateError {
    move |error| StateError::Database { what, message: error.to_string() }
}

/// What is known, in a file.
pub struct SqliteState {
    db: Connection,
}

/// What was found when the state was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Was {
    /// It is as it was left, or new.
    Whole,
    /// It could not be used, for this reason, and was set aside: the spool is to be read from its beginning.
    SetAside(String),
}

impl SqliteState {
    /// Opens the state in a file, or makes it. A file that is damaged, or of another format, is set aside: what
    /// it held can be made again.
    ///
    /// # Errors
    /// If the file can be neither used nor set aside.
    pub fn open(file: &Path) -> Result<(SqliteState, Was), StateError> {
        match SqliteState::try_open(file) {
            Ok(state) => Ok((state, Was::Whole)),
            Err(error) if file.exists() => {
                let aside = file.with_extension("db.unusable");
                let rename = std::fs::rename(file, &aside);
                for tail in ["-wal", "-shm"] {
                    let mut name = file.as_os_str().to_owned();
                    name.push(tail);
                    // Only what stood beside the file that is gone.
                    let _ = std::fs::remove_file(name);
                }
                rename.map_err(|source| StateError::Database {
                    what: "set the unusable state aside",
                    message: source.to_string(),
                })?;
                let state = SqliteState::try_open(file)?;
                Ok((state, Was::SetAside(error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    /// A state in memory, for what runs once.
    ///
    /// # Errors
    /// What the database says.
    pub fn in_memory() -> Result<SqliteState, StateError> {
        let db = Connection::open_in_memory().map_err(failed("make a state in memory"))?;
        SqliteState::with(db, "memory")
    }

    fn try_open(file: &Path) -> Result<SqliteState, StateError> {
        let db = Connection::open(file).map_err(failed("open the state"))?;
        let check: String = db
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(failed("check the state"))?;
        if check != "ok" {
            return Err(StateError::Database { what: "use the state", message: check });
        }
        SqliteState::with(db, &file.display().to_string())
    }

    fn with(db: Connection, file: &str) -> Result<SqliteState, StateError> {
        prepare(&db, "NORMAL", TABLES, FORMAT, file)?;
        Ok(SqliteState { db })
    }
}

/// Sets a connection up, and makes the tables in a file that is new.
pub(super) fn prepare(
    db: &Connection,
    synchronous: &str,
    tables: &str,
    format: i64,
    file: &str,
) -> Result<(), StateError> {
    let what = failed("prepare the database");
    let wait = std::time::Duration::from_secs(10);
    db.busy_timeout(wait).map_err(&what)?;
    db.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(())).map_err(&what)?;
    db.execute_batch(&format!("PRAGMA synchronous={synchronous}; PRAGMA foreign_keys=ON;"))
        .map_err(&what)?;
    db.set_prepared_statement_cache_capacity(64);
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(&what)?;
    match found {
        0 => {
            let make = format!("BEGIN IMMEDIATE; {tables} PRAGMA user_version={format}; COMMIT;");
            db.execute_batch(&make).map_err(&what)
        }
        found if found == format => Ok(()),
        found => Err(StateError::Later { file: file.to_owned(), found, known: format }),
    }
}

pub(super) fn micros(at: i64) -> Timestamp {
    Timestamp::from_micros(at)
}

fn band(number: i64) -> Result<Band, StateError> {
    let band = usize::try_from(number).ok().and_then(|place| Band::ALL.get(place).copied());
    band.ok_or(StateError::Nonsense { what: "band", value: number.to_string() })
}

fn bytes16(blob: Vec<u8>, what: &'static str) -> Result<[u8; 16], StateError> {
    blob.try_into()
        .map_err(|blob: Vec<u8>| StateError::Nonsense { what, value: format!("{blob:?}") })
}

impl StateStore for SqliteState {
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StateError> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?));
        let row = self.db.query_row("SELECT epoch, next FROM place", [], read).optional();
        let Some((epoch, next)) = row.map_err(failed("read the checkpoint"))? else {
            return Ok(None);
        };
        let epoch = Epoch(bytes16(epoch, "epoch")?);
        Ok(Some(Checkpoint { epoch, next: Seq(next as u64) }))
    }

    fn commit(&mut self, delta: &Delta) -> Result<Committed, StateError> {
        let given = delta.checkpoint;
        match self.checkpoint()? {
            Some(known) if known.epoch != given.epoch => {
                let (known, given) = (known.epoch, given.epoch);
                return Err(StateError::OtherSpool { known, given });
            }
            Some(known) if known.next >= given.next => return Ok(Committed::Skipped),
            _ => {}
        }
        self.write(delta).map_err(failed("commit the state"))?;
        Ok(Committed::Written)
    }

    fn snapshot(&self, format: u32) -> Result<Option<Snapshot>, StateError> {
        let sql = "SELECT s.next, s.bytes FROM snapshot s JOIN place p ON p.epoch = s.epoch
                   WHERE s.format = ?1";
        let read = |row: &Row<'_>| {
            let next = Seq(row.get::<_, i64>(0)? as u64);
            Ok(Snapshot { format, next, bytes: row.get(1)? })
        };
        self.db.query_row(sql, [format], read).optional().map_err(failed("read the snapshot"))
    }

    fn signature(
        &self,
        tenant: &TenantId,
        id: SignatureId,
    ) -> Result<Option<SignatureRow>, StateError> {
        let sql = "SELECT service, template, band, first_seen, last_seen, count FROM signature
                   WHERE tenant = ?1 AND id = ?2";
        let read = |row: &Row<'_>| {
            let row = SignatureRow {
                tenant: tenant.clone(),
                id,
                service: row.get(0)?,
                template: row.get(1)?,
                band: Band::default(),
                first_seen: micros(row.get(3)?),
                last_seen: micros(row.get(4)?),
                count: row.get::<_, i64>(5)? as u64,
            };
            Ok(row)
        };
        let what = failed("read a signature");
        let mut statement = self.db.prepare_cached(sql).map_err(&what)?;
        let mut rows = statement.query(params![tenant.as_str(), id.as_bytes()]).map_err(&what)?;
        let Some(row) = rows.next().map_err(&what)? else { return Ok(None) };
        let number = row.get(2).map_err(&what)?;
        let signature = read(row).map_err(&what)?;
        Ok(Some(SignatureRow { band: band(number)?, ..signature }))
    }

    fn bands(&self, tenant: &TenantId, id: SignatureId) -> Result<Vec<BandChange>, StateError> {
        let sql = "SELECT at, before, after, reason FROM band WHERE tenant = ?1 AND id = ?2
                   ORDER BY number";
        let what = failed("read the changes of a band");
        let mut statement = self.db.prepare_cached(sql).map_err(&what)?;
        let mut rows = statement.query(params![tenant.as_str(), id.as_bytes()]).map_err(&what)?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next().map_err(&what)? {
            changes.push(BandChange {
                at: micros(row.get(0).map_err(&what)?),
                from: band(row.get(1).map_err(&what)?)?,
                to: band(row.get(2).map_err(&what)?)?,
                reason: row.get(3).map_err(&what)?,
            });
        }
        Ok(changes)
    }

    fn candidate(&self, id: CandidateId) -> Result<Option<CandidateRow>, StateError> {
        let found = self.candidates_where("id = ?1", &[&id.as_bytes().as_slice()], 1)?;
        Ok(found.into_iter().next())
    }

    fn candidates(&self, query: &CandidateQuery) -> Result<Vec<CandidateRow>, StateError> {
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

    fn sources(&self) -> Result<Vec<SourceRow>, StateError> {
        let sql = "SELECT id, tenant, last_event, cursor, health FROM source ORDER BY id";
        let what = failed("read the sources");
        let mut statement = self.db.prepare_cached(sql).map_err(&what)?;
        let rows = statement.query_map([], |row| {
            Ok(SourceRow {
                id: SourceId::new(row.get::<_, String>(0)?),
                tenant: TenantId::new(row.get::<_, String>(1)?),
                last_event: row.get::<_, Option<i64>>(2)?.map(micros),
                cursor: row.get(3)?,
                health: row.get(4)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(what)
    }

    fn sums(&self) -> Result<BTreeMap<String, u64>, StateError> {
        let what = failed("read the sums");
        let mut statement = self.db.prepare_cached("SELECT name, value FROM sum").map_err(&what)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)));
        rows.and_then(Iterator::collect).map_err(what)
    }

    fn raised(&self, query: &Query) -> Result<Page, StateError> {
        self.raised_page(query).map_err(failed("search the raised events"))
    }

    fn expire_raised(&mut self, before: Timestamp) -> Result<u64, StateError> {
        let sql = "DELETE FROM raised WHERE at < ?1";
        let removed = self.db.execute(sql, [before.as_micros()]);
        removed.map(|count| count as u64).map_err(failed("remove old raised events"))
    }

    fn reset(&mut self) -> Result<(), StateError> {
        let sql = "BEGIN IMMEDIATE;
            DELETE FROM place; DELETE FROM snapshot; DELETE FROM signature; DELETE FROM band;
            DELETE FROM candidate; DELETE FROM source; DELETE FROM sum; DELETE FROM raised; COMMIT;";
        self.db.execute_batch(sql).map_err(failed("reset the state"))
    }
}

impl SqliteState {
    fn write(&mut self, delta: &Delta) -> rusqlite::Result<()> {
        let db = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
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

    fn candidates_where(
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

    fn raised_page(&self, query: &Query) -> rusqlite::Result<Page> {
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

/// Conditions of a query that must all hold, with their values.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    fn add(&mut self, condition: &str, value: impl ToSql + 'static) {
        if !self.sql.is_empty() {
            self.sql += " AND ";
        }
        self.go_on(condition, value);
    }

    fn go_on(&mut self, condition: &str, value: impl ToSql + 'static) {
        self.sql += condition;
        self.values.push(Box::new(value));
    }

    /// One of these values, unless there are none.
    fn any<T: ToSql + 'static>(&mut self, column: &str, values: impl Iterator<Item = T>) {
        let mut values = values.peekable();
        if values.peek().is_none() {
            return;
        }
        let before = format!("{column} IN (?");
        for (place, value) in values.enumerate() {
            match place {
                0 => self.add(&before, value),
                _ => self.go_on(",?", value),
            }
        }
        self.sql.push(')');
    }

    fn take(self) -> (String, Vec<Box<dyn ToSql>>) {
        let sql = if self.sql.is_empty() { "1".to_owned() } else { self.sql };
        (sql, self.values)
    }
}
