//! Events of raised bands → those that there is room for. What is too old goes, then what there is no room for: first
//! kinds that are raised no more, then the kinds that have most, down to one level for all of them, so that a flood
//! of one kind never pushes out what is rare. Of each kind the oldest go first. What evidence rests on stays.
//!
//! Pages that this frees are used again by the next rows; what is free beyond that goes back to the disk.

use super::SqliteState;
use crate::state::types::{RaisedKept, RaisedLimit};
use model::{Band, Seq};
use rusqlite::params;
use std::collections::BTreeSet;
use std::time::Instant;

/// Rows that go with one transaction: about 20 ms, in which nobody else can write.
const BATCH: usize = 1_000;
/// Pages of the index of words that are put together with one transaction.
const MERGE_PAGES: i64 = 500;
/// … and that are given back.
const VACUUM_PAGES: i64 = 2_000;
/// Once there is no room, this share of the room is made free: so it is made now and then, and not all the time.
const SLACK: u64 = 16;
/// What takes room is measured again once the file has grown by this share of it: to measure is to read it.
const GROWTH: u64 = 64;
/// Pages beyond this share of the room that are free go back to the disk.
const SPARE: u64 = 8;
/// Rows differ in length: what was to be enough is measured, and more goes if it was not.
const ROUNDS_MAX: usize = 8;

/// One kind of message of one client.
struct Kind {
    tenant: String,
    signature: Vec<u8>,
    is_raised: bool,
    rows: u64,
}

impl SqliteState {
    pub(super) fn bound(
        &mut self,
        limit: RaisedLimit,
        held: &BTreeSet<Seq>,
    ) -> rusqlite::Result<RaisedKept> {
        let by_age = self.remove_old(limit, held)?;
        let used = self.used_bytes()?;
        if let Some((at, of, kept)) = &mut self.measured {
            kept.rows = kept.rows.saturating_sub(by_age);
            if *of == limit.bytes_max && used < *at + limit.bytes_max / GROWTH {
                return Ok(RaisedKept { by_age, ..*kept });
            }
        }
        let (mut bytes, mut by_size) = (self.raised_bytes()?, 0);
        if bytes > limit.bytes_max {
            // The index of words may still hold what went for its age.
            self.merge_words()?;
            bytes = self.raised_bytes()?;
        }
        for _ in 0..ROUNDS_MAX {
            if bytes <= limit.bytes_max {
                break;
            }
            let removed = self.remove_least(bytes, limit.bytes_max, held)?;
            if removed == 0 {
                break;
            }
            by_size += removed;
            self.merge_words()?;
            bytes = self.raised_bytes()?;
        }
        self.give_back(limit.bytes_max)?;
        let rows = count(&self.db, "SELECT count(*) FROM raised")?;
        let kept = RaisedKept { rows, bytes, ..RaisedKept::default() };
        self.measured = Some((self.used_bytes()?, limit.bytes_max, kept));
        Ok(RaisedKept { by_age, by_size, ..kept })
    }

    fn remove_old(&mut self, limit: RaisedLimit, held: &BTreeSet<Seq>) -> rusqlite::Result<u64> {
        let sql = "SELECT seq FROM raised WHERE at < ?1 ORDER BY at, seq";
        let due = {
            let mut statement = self.db.prepare_cached(sql)?;
            let rows =
                statement.query_map([limit.before.as_micros()], |row| row.get::<_, i64>(0))?;
            free_of(rows, held, u64::MAX)?
        };
        self.remove(&due)
    }

    /// Removes as many rows as should be enough.
    fn remove_least(
        &mut self,
        bytes: u64,
        bytes_max: u64,
        held: &BTreeSet<Seq>,
    ) -> rusqlite::Result<u64> {
        let kinds = self.kinds()?;
        let rows: u64 = kinds.iter().map(|kind| kind.rows).sum();
        let share = (bytes - (bytes_max - bytes_max / SLACK)) as f64 / bytes as f64;
        let mut need = (rows as f64 * share).ceil() as u64;
        let mut removed = 0;
        for is_raised in [false, true] {
            let of: Vec<&Kind> = kinds.iter().filter(|kind| kind.is_raised == is_raised).collect();
            let counts: Vec<u64> = of.iter().map(|kind| kind.rows).collect();
            let level = level(&counts, need);
            for kind in of.into_iter().filter(|kind| kind.rows > level) {
                let due = self.oldest(kind, (kind.rows - level).min(need), held)?;
                removed += self.remove(&due)?;
                need = need.saturating_sub(due.len() as u64);
            }
        }
        Ok(removed)
    }

    fn kinds(&self) -> rusqlite::Result<Vec<Kind>> {
        let sql = "SELECT r.tenant, r.signature, r.rows, coalesce(s.band >= ?1, 0)
                   FROM (SELECT tenant, signature, count(*) AS rows FROM raised
                         GROUP BY tenant, signature) r
                   LEFT JOIN signature s ON s.tenant = r.tenant AND s.id = r.signature";
        let mut statement = self.db.prepare_cached(sql)?;
        let kinds = statement.query_map([Band::Watch as i64], |row| {
            Ok(Kind {
                tenant: row.get(0)?,
                signature: row.get(1)?,
                rows: row.get::<_, i64>(2)? as u64,
                is_raised: row.get(3)?,
            })
        })?;
        kinds.collect()
    }

    fn oldest(&self, kind: &Kind, most: u64, held: &BTreeSet<Seq>) -> rusqlite::Result<Vec<i64>> {
        let sql = "SELECT seq FROM raised WHERE tenant = ?1 AND signature = ?2 ORDER BY at, seq";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(params![kind.tenant, kind.signature], |row| row.get(0))?;
        free_of(rows, held, most)
    }

    /// Removes rows, some at a time: others write in between.
    fn remove(&mut self, seqs: &[i64]) -> rusqlite::Result<u64> {
        for batch in seqs.chunks(BATCH) {
            let began = Instant::now();
            let db = self.db.transaction()?;
            for seq in batch {
                db.prepare_cached("DELETE FROM raised WHERE seq = ?1")?.execute([seq])?;
            }
            db.commit()?;
            if batch.len() == BATCH {
                // Who waits for the lock looks now and then: half of the time is theirs.
                std::thread::sleep(began.elapsed());
            }
        }
        Ok(seqs.len() as u64)
    }

    /// The index of words forgets what was removed only as it puts its parts together: this does, some pages at a time.
    fn merge_words(&mut self) -> rusqlite::Result<()> {
        let sql = "INSERT INTO raised_text(raised_text, rank) VALUES ('merge', ?1)";
        // A negative number begins; then positive ones go on, until next to nothing is changed (sqlite.org/fts5.html).
        let mut pages = -MERGE_PAGES;
        loop {
            let began = Instant::now();
            let before = self.db.total_changes();
            self.db.prepare_cached(sql)?.execute([pages])?;
            if self.db.total_changes() - before < 2 {
                return Ok(());
            }
            std::thread::sleep(began.elapsed());
            pages = MERGE_PAGES;
        }
    }

    /// Bytes of the file that are in use.
    fn used_bytes(&self) -> rusqlite::Result<u64> {
        count(
            &self.db,
            "SELECT (page_count - freelist_count) * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
    }

    /// Bytes of the file that hold events of raised bands, their text and their indexes.
    fn raised_bytes(&self) -> rusqlite::Result<u64> {
        count(
            &self.db,
            "SELECT total(pgsize) FROM dbstat WHERE aggregate = TRUE AND name LIKE 'raised%'",
        )
    }

    fn give_back(&self, bytes_max: u64) -> rusqlite::Result<()> {
        let sql = "SELECT freelist_count - ?1 / page_size
                   FROM pragma_freelist_count, pragma_page_size";
        let spare: i64 = self.db.query_row(sql, [(bytes_max / SPARE) as i64], |row| row.get(0))?;
        for pages in (0..spare).step_by(VACUUM_PAGES as usize).map(|from| spare - from) {
            let began = Instant::now();
            let pages = pages.min(VACUUM_PAGES);
            let mut vacuum = self.db.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
            let mut moved = vacuum.query([])?;
            while moved.next()?.is_some() {}
            std::thread::sleep(began.elapsed());
        }
        Ok(())
    }
}

fn count(db: &rusqlite::Connection, sql: &str) -> rusqlite::Result<u64> {
    db.prepare_cached(sql)?.query_row([], |row| row.get::<_, f64>(0)).map(|count| count as u64)
}

/// The first numbers that nothing holds, at most so many.
fn free_of(
    rows: impl Iterator<Item = rusqlite::Result<i64>>,
    held: &BTreeSet<Seq>,
    most: u64,
) -> rusqlite::Result<Vec<i64>> {
    let free = rows.filter(|seq| !matches!(seq, Ok(seq) if held.contains(&Seq(*seq as u64))));
    free.take(usize::try_from(most).unwrap_or(usize::MAX)).collect()
}

/// The highest count to which all are to be cut, so that at least `need` go; 0 if there are not so many.
fn level(counts: &[u64], need: u64) -> u64 {
    let goes = |level: u64| counts.iter().map(|count| count.saturating_sub(level)).sum::<u64>();
    let (mut low, mut high) = (0, counts.iter().copied().max().unwrap_or_default());
    // What goes falls as the level rises: `goes(low)` is enough or all there is.
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if goes(middle) >= need { low = middle } else { high = middle - 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn those_who_have_most_give() {
        for (counts, need, expected) in [
            (&[][..], 5, 0),
            (&[10, 10], 0, 10),
            (&[10, 3, 100], 50, 50),
            (&[10, 3, 100], 93, 8),
            (&[10, 3, 100], 112, 0),
            (&[10, 3, 100], 500, 0),
            (&[7, 7, 7], 1, 6),
        ] {
            assert_eq!(level(counts, need), expected, "{counts:?} {need}");
        }
    }
}
