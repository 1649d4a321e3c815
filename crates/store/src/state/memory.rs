//! `memory.db`: what people judged and decided, in SQLite. It follows from nothing else, so each change is on
//! the disk when the call returns (`synchronous=FULL`), nothing is overwritten, and a damaged file is never
//! set aside by the program itself.

use super::MemoryStore;
use super::sqlite::{failed, micros, prepare};
use super::types::{AuditLine, AuditRow, Entry, EntryKind, EntryQuery, StateError};
use model::{Seq, TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::ops::RangeInclusive;
use std::path::Path;

/// Rises with every change of the tables.
const FORMAT: i64 = 1;

const TABLES: &str = "
CREATE TABLE entry (kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, tenant TEXT NOT NULL,
  at INTEGER NOT NULL, subject TEXT, title TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, id, version)) WITHOUT ROWID;
CREATE INDEX entry_by_subject ON entry (subject) WHERE subject IS NOT NULL;
CREATE TABLE audit (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  target TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit trail only grows'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit trail only grows'); END;
CREATE TABLE pin (owner TEXT NOT NULL, seq INTEGER NOT NULL, pack TEXT, PRIMARY KEY (owner, seq)) WITHOUT ROWID;
CREATE INDEX pin_unpacked ON pin (seq) WHERE pack IS NULL;
";

/// What people judged, in a file.
pub struct SqliteMemory {
    db: Connection,
}

impl SqliteMemory {
    /// Opens the memory in a file, or makes it.
    ///
    /// # Errors
    /// If the file cannot be used: damaged, or of a later format. Nothing is changed then.
    pub fn open(file: &Path) -> Result<SqliteMemory, StateError> {
        let db = Connection::open(file).map_err(failed("open the memory"))?;
        prepare(&db, "FULL", TABLES, FORMAT, &file.display().to_string())?;
        Ok(SqliteMemory { db })
    }

    /// A memory that is gone with the program.
    ///
    /// # Errors
    /// What the database says.
    pub fn in_memory() -> Result<SqliteMemory, StateError> {
        let db = Connection::open_in_memory().map_err(failed("make a memory"))?;
        prepare(&db, "FULL", TABLES, FORMAT, "memory")?;
        Ok(SqliteMemory { db })
    }

    fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.db.transaction_with_behavior(TransactionBehavior::Immediate)
    }

    fn entries(
        &self,
        condition: &str,
        order: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Entry>, StateError> {
        let what = failed("read what people wrote down");
        let sql = format!(
            "SELECT kind, id, tenant, at, subject, title, body FROM entry e WHERE {condition} ORDER BY {order}"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(&what)?;
        let mut rows = statement.query(values).map_err(&what)?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(&what)? {
            let word: String = row.get(0).map_err(&what)?;
            let kind = EntryKind::ALL.into_iter().find(|kind| kind.word() == word);
            let kind = kind.ok_or(StateError::Nonsense { what: "kind of entry", value: word })?;
            entries.push(entry(kind, row).map_err(&what)?);
        }
        Ok(entries)
    }
}

fn entry(kind: EntryKind, row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        kind,
        id: row.get(1)?,
        tenant: TenantId::new(row.get::<_, String>(2)?),
        at: micros(row.get(3)?),
        subject: row.get(4)?,
        title: row.get(5)?,
        body: row.get(6)?,
    })
}

fn last_hash(db: &Connection) -> rusqlite::Result<(u64, [u8; 32])> {
    let sql = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    let last = db.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)));
    Ok(last.optional()?.unwrap_or((0, [0; 32])))
}

/// BLAKE3 of the row before and of all that this one says.
fn hash(before: &[u8; 32], number: u64, line: &AuditLine) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"foreshock/audit/1");
    hasher.update(before);
    hasher.update(&number.to_le_bytes());
    hasher.update(&line.at.as_micros().to_le_bytes());
    for text in [&line.actor, &line.action, &line.target, &line.detail] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn add_audit(db: &Connection, line: &AuditLine) -> rusqlite::Result<()> {
    let (last, before) = last_hash(db)?;
    let number = last + 1;
    db.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(
        params![
            number as i64,
            line.at.as_micros(),
            line.actor,
            line.action,
            line.target,
            line.detail,
            hash(&before, number, line)
        ],
    )?;
    Ok(())
}

impl MemoryStore for SqliteMemory {
    fn put(&mut self, entry: &Entry, audit: &AuditLine) -> Result<(), StateError> {
        let what = failed("write down what was judged");
        let db = self.begin().map_err(&what)?;
        let sql =
            "INSERT INTO entry SELECT ?1, ?2, coalesce(max(version), 0) + 1, ?3, ?4, ?5, ?6, ?7
                   FROM entry WHERE kind = ?1 AND id = ?2";
        let values = params![
            entry.kind.word(),
            entry.id,
            entry.tenant.as_str(),
            entry.at.as_micros(),
            entry.subject,
            entry.title,
            entry.body
        ];
        db.execute(sql, values).map_err(&what)?;
        add_audit(&db, audit).map_err(&what)?;
        db.commit().map_err(what)
    }

    fn get(&self, kind: EntryKind, id: &str) -> Result<Option<Entry>, StateError> {
        Ok(self.versions(kind, id)?.pop())
    }

    fn versions(&self, kind: EntryKind, id: &str) -> Result<Vec<Entry>, StateError> {
        self.entries("kind = ?1 AND id = ?2", "version", &[&kind.word(), &id])
    }

    fn list(&self, query: &EntryQuery) -> Result<Vec<Entry>, StateError> {
        let condition = "(?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR tenant = ?2)
            AND (?3 IS NULL OR subject = ?3)
            AND version = (SELECT max(version) FROM entry o WHERE o.kind = e.kind AND o.id = e.id)";
        let order = format!("at DESC, kind, id DESC LIMIT {}", query.limit);
        let kind = query.kind.map(EntryKind::word);
        let tenant = query.tenant.as_ref().map(TenantId::as_str);
        self.entries(condition, &order, &[&kind, &tenant, &query.subject])
    }

    fn audit(&mut self, audit: &AuditLine) -> Result<(), StateError> {
        let what = failed("write the audit trail");
        let db = self.begin().map_err(&what)?;
        add_audit(&db, audit).map_err(&what)?;
        db.commit().map_err(what)
    }

    fn trail(&self, after: u64, limit: usize) -> Result<Vec<AuditRow>, StateError> {
        let what = failed("read the audit trail");
        let sql =
            "SELECT number, at, actor, action, target, detail, hash FROM audit WHERE number > ?1
                   ORDER BY number LIMIT ?2";
        let mut statement = self.db.prepare_cached(sql).map_err(&what)?;
        let rows = statement.query_map(params![after as i64, limit as i64], |row| {
            let line = AuditLine {
                at: Timestamp::from_micros(row.get(1)?),
                actor: row.get(2)?,
                action: row.get(3)?,
                target: row.get(4)?,
                detail: row.get(5)?,
            };
            Ok(AuditRow { number: row.get::<_, i64>(0)? as u64, line, hash: row.get(6)? })
        });
        rows.and_then(Iterator::collect).map_err(what)
    }

    fn first_broken(&self) -> Result<Option<u64>, StateError> {
        let (mut before, mut after) = ([0; 32], 0);
        loop {
            let rows = self.trail(after, 1_000)?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in rows {
                let is_whole =
                    row.number == after + 1 && row.hash == hash(&before, row.number, &row.line);
                if !is_whole {
                    return Ok(Some(row.number));
                }
                (before, after) = (row.hash, row.number);
            }
        }
    }

    fn pin(&mut self, owner: &str, seqs: &[Seq]) -> Result<(), StateError> {
        let what = failed("pin evidence");
        let db = self.begin().map_err(&what)?;
        for seq in seqs {
            db.prepare_cached("INSERT INTO pin VALUES (?1, ?2, NULL) ON CONFLICT DO NOTHING")
                .and_then(|mut insert| insert.execute(params![owner, seq.0 as i64]))
                .map_err(&what)?;
        }
        db.commit().map_err(what)
    }

    fn pinned_for(&self, owner: &str) -> Result<Vec<Seq>, StateError> {
        let groups =
            self.grouped("SELECT owner, seq FROM pin WHERE owner = ?1 ORDER BY seq", &[&owner])?;
        Ok(groups.into_iter().flat_map(|(_, seqs)| seqs).collect())
    }

    fn pinned(&self) -> Result<Vec<RangeInclusive<Seq>>, StateError> {
        let what = failed("read what is pinned");
        let sql = "SELECT DISTINCT seq FROM pin WHERE pack IS NULL ORDER BY seq";
        let mut statement = self.db.prepare_cached(sql).map_err(&what)?;
        let mut rows = statement.query([]).map_err(&what)?;
        let mut ranges: Vec<RangeInclusive<Seq>> = Vec::new();
        while let Some(row) = rows.next().map_err(&what)? {
            let seq = Seq(row.get::<_, i64>(0).map_err(&what)? as u64);
            match ranges.last_mut() {
                Some(last) if last.end().0 + 1 == seq.0 => *last = *last.start()..=seq,
                _ => ranges.push(seq..=seq),
            }
        }
        Ok(ranges)
    }

    fn owners(&self, range: RangeInclusive<Seq>) -> Result<Vec<(String, Vec<Seq>)>, StateError> {
        let sql = "SELECT owner, seq FROM pin WHERE pack IS NULL AND seq BETWEEN ?1 AND ?2
                   ORDER BY owner, seq";
        // The database counts signed: a range without end ends there.
        let [start, end] =
            [range.start(), range.end()].map(|seq| seq.0.min(i64::MAX as u64) as i64);
        self.grouped(sql, &[&start, &end])
    }

    fn packed(&mut self, owner: &str, seqs: &[Seq], pack: &str) -> Result<(), StateError> {
        let what = failed("note what is packed");
        let db = self.begin().map_err(&what)?;
        for seq in seqs {
            db.prepare_cached("UPDATE pin SET pack = ?3 WHERE owner = ?1 AND seq = ?2")
                .and_then(|mut update| update.execute(params![owner, seq.0 as i64, pack]))
                .map_err(&what)?;
        }
        db.commit().map_err(what)
    }

    fn packs(&self, owner: &str) -> Result<Vec<(String, Vec<Seq>)>, StateError> {
        let sql =
            "SELECT pack, seq FROM pin WHERE owner = ?1 AND pack IS NOT NULL ORDER BY pack, seq";
        self.grouped(sql, &[&owner])
    }
}

impl SqliteMemory {
    /// Numbers under the name that comes with each; rows come by name.
    fn grouped(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<(String, Vec<Seq>)>, StateError> {
        let what = failed("read what is pinned");
        let mut statement = self.db.prepare_cached(sql).map_err(&what)?;
        let mut rows = statement.query(values).map_err(&what)?;
        let mut groups: Vec<(String, Vec<Seq>)> = Vec::new();
        while let Some(row) = rows.next().map_err(&what)? {
            let name: String = row.get(0).map_err(&what)?;
            let seq = Seq(row.get::<_, i64>(1).map_err(&what)? as u64);
            match groups.last_mut() {
                Some((last, seqs)) if *last == name => seqs.push(seq),
                _ => groups.push((name, vec![seq])),
            }
        }
        Ok(groups)
    }
}
