//! `state.db`: what is known, in SQLite. It can be made again from the spool, so a commit need not wait for
//! the disk (`synchronous=NORMAL`): after a power cut the database is whole, and as of an earlier commit,
//! whose place in the spool stands in it.

mod bound;
mod candidates;
mod conditions;
mod raised;
mod write;

use super::StateStore;
use super::types::{
    CandidateQuery, CandidateRow, Checkpoint, Committed, Delta, RaisedKept, RaisedLimit,
    SignatureRow, Snapshot, SourceRow, StateError,
};
use crate::spool::Epoch;
use model::search::{Page, Query};
use model::{Band, BandChange, CandidateId, Seq, SignatureId, SourceId, TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeMap, BTreeSet};
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

/// What was added without a change of the tables: programs that do not know it are not disturbed.
const INDEXES: &str =
    "CREATE INDEX IF NOT EXISTS raised_by_kind ON raised (tenant, signature, at, seq);";

pub(super) fn failed(what: &'static str) -> impl Fn(rusqlite::Error) -> StateError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    move |error| match error.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => {
            StateError::Damaged { what, message: error.to_string() }
        }
        _ => StateError::Database { what, message: error.to_string() },
    }
}

/// What is known, in a file.
pub struct SqliteState {
    db: Connection,
    /// What raised events took when that was measured last: bytes of the file in use then, the limit, the answer.
    measured: Option<(u64, u64, RaisedKept)>,
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
    /// Opens the state in a file, or makes it. A file that is no database, or of another format, is set aside:
    /// what it held can be made again. Damage further inside shows when it is read, as
    /// [`StateError::Damaged`]: then drop the state, [`SqliteState::set_aside`] the file, and begin anew.
    ///
    /// # Errors
    /// If the file can be neither used nor set aside.
    pub fn open(file: &Path) -> Result<(SqliteState, Was), StateError> {
        match SqliteState::try_open(file).and_then(SqliteState::with_indexes) {
            Ok(state) => Ok((state, Was::Whole)),
            Err(error @ (StateError::Damaged { .. } | StateError::Later { .. })) => {
                SqliteState::set_aside(file)?;
                let state = SqliteState::try_open(file)?.with_indexes()?;
                Ok((state, Was::SetAside(error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    /// Opens a state once more that this program has open: for another thread.
    ///
    /// # Errors
    /// What the database says; nothing is set aside.
    pub fn open_again(file: &Path) -> Result<SqliteState, StateError> {
        SqliteState::try_open(file)
    }

    /// Gives an unusable state another name: `state.db.unusable`, over one that has it.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_aside(file: &Path) -> Result<(), StateError> {
        let beside = |tail: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(tail);
            name
        };
        std::fs::rename(file, beside(".unusable")).map_err(|source| StateError::Database {
            what: "set the unusable state aside",
            message: source.to_string(),
        })?;
        for tail in ["-wal", "-shm"] {
            // They belong to the file that is gone; mostly there are none.
            let _ = std::fs::remove_file(beside(tail));
        }
        Ok(())
    }

    /// A state in memory, for what runs once.
    ///
    /// # Errors
    /// What the database says.
    pub fn in_memory() -> Result<SqliteState, StateError> {
        let db = Connection::open_in_memory().map_err(failed("make a state in memory"))?;
        SqliteState::with(db, "memory")?.with_indexes()
    }

    fn try_open(file: &Path) -> Result<SqliteState, StateError> {
        let db = Connection::open(file).map_err(failed("open the state"))?;
        SqliteState::with(db, &file.display().to_string())
    }

    fn with(db: Connection, file: &str) -> Result<SqliteState, StateError> {
        let what = failed("prepare the state");
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(&what)?;
        if pages == 0 {
            // So that pages can be given back; it can only be said of a file in which nothing is yet.
            db.execute_batch("PRAGMA auto_vacuum=INCREMENTAL").map_err(&what)?;
        }
        prepare(&db, "NORMAL", TABLES, FORMAT, file)?;
        Ok(SqliteState { db, measured: None })
    }

    /// Whether there is a snapshot, readable or not.
    ///
    /// # Errors
    /// What the database says.
    pub fn has_snapshot(&self) -> Result<bool, StateError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM snapshot)";
        self.db.query_row(sql, [], |row| row.get(0)).map_err(failed("look for a snapshot"))
    }

    /// Adds what an earlier program did not have.
    fn with_indexes(self) -> Result<SqliteState, StateError> {
        self.db.execute_batch(INDEXES).map_err(failed("add an index to the state"))?;
        Ok(self)
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

    fn tenants(&self) -> Result<Vec<TenantId>, StateError> {
        let what = failed("read the clients");
        let sql = "SELECT DISTINCT tenant FROM signature ORDER BY tenant";
        let mut statement = self.db.prepare_cached(sql).map_err(&what)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0).map(TenantId::new));
        names.and_then(Iterator::collect).map_err(what)
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
        self.candidates_asked_for(query)
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

    fn bound_raised(
        &mut self,
        limit: RaisedLimit,
        held: &BTreeSet<Seq>,
    ) -> Result<RaisedKept, StateError> {
        self.bound(limit, held).map_err(failed("bound the raised events"))
    }

    fn reset(&mut self) -> Result<(), StateError> {
        let sql = "BEGIN IMMEDIATE;
            DELETE FROM place; DELETE FROM snapshot; DELETE FROM signature; DELETE FROM band;
            DELETE FROM candidate; DELETE FROM source; DELETE FROM sum; DELETE FROM raised; COMMIT;";
        self.db.execute_batch(sql).map_err(failed("reset the state"))
    }
}
