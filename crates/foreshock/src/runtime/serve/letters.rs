//! Dead letters on the disk: what came and could not be taken, with the reason and the bytes.
//!
//! They are kept in a spool of their own (`deadletters/` in the state folder): made durable, recovered and removed by age
//! and size like the other, and never mixed with what was acknowledged. A record holds what is known of the letter as a
//! line of JSON, then the bytes; that one was taken in after all is a record too.

use model::intake::{Batch, Facts, Intake, Kind};
use model::port::StoreError;
use model::{Origin, Seq, SourceId, Span, TenantId, Timestamp, Transport};
use outputs::rest::{DeadLetters, KeptLetter, Letter, LetterCoding, LetterForm, Tenants};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use store::disk::Folder;
use store::spool::{Block, Epoch, Hold, Keep, Next, Options, Reader, Record, Spool, SpoolError};

/// They take no more of the disk …
const BYTES_MAX: u64 = 64 << 20;
/// … in files of this size, which go as a whole.
const SEGMENT_BYTES: u64 = 4 << 20;
/// … and stay no longer.
const AGE_MAX: Span = Span::DAY.times(30);
/// A sender of nothing but garbage must not fill the disk, nor push out what others sent: so many a second …
const LETTERS_PER_SEC: u64 = 500;
/// … and so many bytes.
const BYTES_PER_SEC: u64 = 1 << 20;
/// Sources that are told apart; tokens are as many as the settings name.
const SOURCES_MAX: usize = 10_000;
/// Numbers that are looked up at a time.
const CHUNK: u64 = 256;

/// The folder of them within a state folder.
pub(crate) fn folder_of(state: &Path) -> PathBuf {
    state.join("deadletters")
}

/// What stands before the bytes.
#[derive(Serialize, Deserialize)]
struct Head {
    reason: String,
    form: LetterForm,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    coding: Option<LetterCoding>,
    /// For whom the sender's token was; absent if for all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    tenants: Option<Vec<String>>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    foreign: bool,
}

/// One was taken in after all.
#[derive(Serialize, Deserialize)]
struct Mark {
    id: u64,
}

/// What a record is.
pub(crate) enum Entry {
    Letter(Letter),
    /// The letter of this number was taken in.
    Replayed(u64),
}

/// Reads a record; `None` if it is of a later version.
pub(crate) fn entry(record: &Record<'_>) -> Option<Entry> {
    if record.facts.kind == Kind::Outcome {
        return serde_json::from_slice::<Mark>(record.payload)
            .ok()
            .map(|mark| Entry::Replayed(mark.id));
    }
    let end = record.payload.iter().position(|b| *b == b'\n')?;
    let head: Head = serde_json::from_slice(&record.payload[..end]).ok()?;
    let tenant = &record.origin.tenant_id;
    Some(Entry::Letter(Letter {
        at: record.facts.received_at,
        source: record.origin.source_id.to_string(),
        tenant: (!tenant.as_str().is_empty()).then(|| tenant.clone()),
        tenants: head.tenants.map_or(Tenants::All, |some| {
            Tenants::Only(some.into_iter().map(TenantId::new).collect())
        }),
        is_foreign: head.foreign,
        peer: record.peer.to_owned(),
        reason: head.reason,
        form: head.form,
        coding: head.coding,
        bytes: record.payload[end + 1..].to_vec(),
        truncated: record.facts.truncated,
    }))
}

/// Calls `visit` with everything that can be read, in order.
///
/// # Errors
/// If the disk cannot be read.
pub(crate) fn read(
    reader: &mut Reader,
    visit: &mut dyn FnMut(u64, Timestamp, Entry),
) -> Result<(), SpoolError> {
    let mut block = Block::new();
    loop {
        match reader.next(&mut block)? {
            Next::CaughtUp => return Ok(()),
            Next::Missing(_) => {}
            Next::Block => {
                for record in block.records() {
                    if let Some(entry) = entry(&record) {
                        visit(record.seq.0, record.facts.received_at, entry);
                    }
                }
            }
        }
    }
}

/// What is known without reading.
#[derive(Debug, Default)]
struct Known {
    /// When letters were taken in after all.
    replayed: BTreeMap<u64, Timestamp>,
    /// Letters that are kept, or were since the start, by source.
    by_source: BTreeMap<String, u64>,
    /// The second at hand, and what came in it.
    second: (i64, u64, u64),
}

/// Dead letters.
pub(super) struct Letters {
    spool: Spool,
    known: Arc<Mutex<Known>>,
    not_kept: Arc<AtomicU64>,
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Letters {
    /// Opens those of a state folder, or makes room for them.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub(super) fn open(state: &Path, fresh: Epoch, now: Timestamp) -> anyhow::Result<Letters> {
        let disk = Folder::open(folder_of(state))?;
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            queue_bytes: 4 << 20,
            linger: Duration::from_millis(20),
            ..Options::new(fresh, now)
        };
        let spool = Spool::open(Arc::new(disk), options)?;
        let mut known = Known::default();
        read(&mut spool.reader(Seq(0)), &mut |_, at, entry| match entry {
            Entry::Letter(letter) => known.count(&letter.source),
            Entry::Replayed(id) => {
                known.replayed.insert(id, at);
            }
        })?;
        Ok(Letters { spool, known: Arc::new(Mutex::new(known)), not_kept: Arc::default() })
    }

    /// Letters by source, and those that were not kept: too many at once, or no room.
    pub(super) fn counts(&self) -> (BTreeMap<String, u64>, u64) {
        (lock(&self.known).by_source.clone(), self.not_kept.load(Ordering::Relaxed))
    }

    /// Removes what is old or too much.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub(super) fn keep_house(&self, now: Timestamp) -> Result<(), SpoolError> {
        let keep = Keep { age: Some(AGE_MAX), bytes: Some(BYTES_MAX) };
        self.spool.expire(keep, now, Hold { unread: Seq(u64::MAX), pinned: &[] })?;
        let oldest = self.oldest();
        let mut known = lock(&self.known);
        known.replayed = known.replayed.split_off(&oldest);
        Ok(())
    }

    fn oldest(&self) -> u64 {
        self.spool.segments().first().map_or(0, |segment| segment.first.0)
    }

    fn push(&self, letter: &Letter) -> Option<Batch> {
        let tenant = letter.tenant.clone().unwrap_or_else(|| TenantId::new(""));
        let origin = Arc::new(Origin {
            source_id: SourceId::new(letter.source.as_str()),
            tenant_id: tenant,
            source_type: "dead_letter".to_owned(),
            source_name: letter.source.clone(),
            transport: Transport::Http,
        });
        let (reason, form, coding) = (letter.reason.clone(), letter.form, letter.coding);
        let tenants = match &letter.tenants {
            Tenants::All => None,
            Tenants::Only(some) => Some(some.iter().map(TenantId::to_string).collect()),
        };
        let head = Head { reason, form, coding, tenants, foreign: letter.is_foreign };
        let mut payload = serde_json::to_vec(&head).ok()?;
        payload.push(b'\n');
        payload.extend_from_slice(&letter.bytes);
        let facts = Facts { truncated: letter.truncated, ..Facts::received(letter.at) };
        let mut batch = Batch::new();
        batch.push(&origin, &letter.peer, facts, &payload).ok()?;
        Some(batch)
    }

    fn kept(&self, record: &Record<'_>) -> Option<KeptLetter> {
        let Some(Entry::Letter(letter)) = entry(record) else { return None };
        let id = record.seq.0;
        let replayed_at = lock(&self.known).replayed.get(&id).copied();
        Some(KeptLetter { id, letter, replayed_at })
    }
}

impl Known {
    fn count(&mut self, source: &str) {
        let has_room = self.by_source.len() < SOURCES_MAX;
        if let Some(count) = self.by_source.get_mut(source) {
            *count += 1;
        } else if has_room {
            self.by_source.insert(source.to_owned(), 1);
        }
    }

    /// Whether there is room for one of this size in its second.
    fn has_room(&mut self, letter: &Letter) -> bool {
        let now = letter.at.as_secs();
        let (second, letters, bytes) = &mut self.second;
        if *second != now {
            (*second, *letters, *bytes) = (now, 0, 0);
        }
        (*letters, *bytes) = (*letters + 1, *bytes + letter.bytes.len() as u64);
        *letters <= LETTERS_PER_SEC && (*bytes <= BYTES_PER_SEC || *letters == 1)
    }
}

fn trouble(error: &SpoolError) -> StoreError {
    StoreError(format!("the dead letters cannot be read: {error}"))
}

impl DeadLetters for Letters {
    fn keep(&self, letter: Letter) {
        let has_room = lock(&self.known).has_room(&letter);
        let Some(batch) = Some(letter.clone()).filter(|_| has_room).and_then(|l| self.push(&l))
        else {
            self.not_kept.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let (known, not_kept) = (Arc::clone(&self.known), Arc::clone(&self.not_kept));
        let done = Box::new(move |answer: model::intake::Answer| match answer {
            Ok(_) => lock(&known).count(&letter.source),
            Err(_) => {
                not_kept.fetch_add(1, Ordering::Relaxed);
            }
        });
        if self.spool.try_append_then(batch, done).is_err() {
            self.not_kept.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn latest(
        &self,
        before: Option<u64>,
        visit: &mut dyn FnMut(KeptLetter) -> bool,
    ) -> Result<(), StoreError> {
        let next = self.spool.status().next.0;
        let mut end = before.map_or(next, |before| before.min(next));
        let oldest = self.oldest();
        while end > oldest {
            let start = end.saturating_sub(CHUNK).max(oldest);
            let seqs: Vec<Seq> = (start..end).map(Seq).collect();
            let mut chunk = Vec::new();
            let read = self.spool.raw().records(&seqs, &mut |record| {
                chunk.extend(self.kept(record));
            });
            read.map_err(|error| trouble(&error))?;
            if !chunk.into_iter().rev().all(&mut *visit) {
                break;
            }
            end = start;
        }
        Ok(())
    }

    fn letter(&self, id: u64) -> Result<Option<KeptLetter>, StoreError> {
        let mut found = None;
        let read = self.spool.raw().records(&[Seq(id)], &mut |record| found = self.kept(record));
        read.map_err(|error| trouble(&error))?;
        Ok(found)
    }

    fn replayed(&self, id: u64, at: Timestamp) -> Result<(), StoreError> {
        let origin = Arc::new(Origin {
            source_id: SourceId::new(super::ticker::OWN),
            tenant_id: TenantId::new(""),
            source_type: super::ticker::OWN.to_owned(),
            source_name: super::ticker::OWN.to_owned(),
            transport: Transport::Own,
        });
        let facts = Facts { kind: Kind::Outcome, ..Facts::received(at) };
        let mut batch = Batch::new().urgent();
        let payload = serde_json::to_vec(&Mark { id }).unwrap_or_default();
        let pushed = batch.push(&origin, "", facts, &payload);
        pushed.map_err(|error| StoreError(error.to_string()))?;
        let answer = self.spool.try_append(batch).and_then(|ticket| ticket.wait().map(drop));
        answer.map_err(|returned| StoreError(returned.why.to_string()))?;
        lock(&self.known).replayed.insert(id, at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(n: u64, tenant: Option<&str>, bytes: &[u8]) -> Letter {
        Letter {
            at: Timestamp::from_secs(1_795_255_200 + n as i64),
            source: "http:shipper".to_owned(),
            tenant: tenant.map(TenantId::new),
            tenants: tenant.map_or(Tenants::All, |one| Tenants::Only(vec![TenantId::new(one)])),
            is_foreign: n == 1,
            peer: "192.0.2.7".to_owned(),
            reason: "not JSON: expected\nvalue".to_owned(),
            form: LetterForm::Event,
            coding: None,
            bytes: Vec::new(),
            truncated: false,
        }
        .with(bytes)
    }

    fn latest(letters: &Letters, before: Option<u64>, most: usize) -> Vec<KeptLetter> {
        let mut found = Vec::new();
        letters
            .latest(before, &mut |kept| {
                found.push(kept);
                found.len() < most
            })
            .unwrap();
        found
    }

    fn open(folder: &Path) -> Letters {
        Letters::open(folder, Epoch([7; 16]), Timestamp::from_secs(1_795_255_200)).unwrap()
    }

    /// What was handed in is durable a moment later.
    fn wait(letters: &Letters, count: u64) {
        while letters.counts().0.values().sum::<u64>() + letters.counts().1 < count {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn letters_come_back_as_they_were_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let binary = [0xff, b'\n', 0, b'{'];
        let all = [letter(0, Some("acme"), b"{"), letter(1, None, &binary), letter(2, None, b"x")];
        {
            let letters = open(folder.path());
            for (n, letter) in all.iter().enumerate() {
                letters.keep(letter.clone());
                wait(&letters, n as u64 + 1);
            }
            letters.replayed(1, Timestamp::from_secs(1_795_255_300)).unwrap();
        }
        let letters = open(folder.path());
        let found = latest(&letters, None, 10);
        let ids: Vec<u64> = found.iter().map(|kept| kept.id).collect();
        assert_eq!(ids, [2, 1, 0]);
        for (kept, letter) in found.iter().rev().zip(&all) {
            assert_eq!(kept.letter, *letter);
        }
        assert_eq!(found[1].replayed_at, Some(Timestamp::from_secs(1_795_255_300)));
        assert_eq!(latest(&letters, Some(2), 1)[0].id, 1, "a page from the middle");
        assert_eq!(letters.letter(0).unwrap().unwrap().letter, all[0]);
        assert!(letters.letter(3).unwrap().is_none(), "a mark is no letter");
        assert!(letters.letter(99).unwrap().is_none());
        assert_eq!(letters.counts().0["http:shipper"], 3);
    }

    #[test]
    fn a_flood_is_counted_and_the_disk_stays_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let letters = open(folder.path());
        (0..LETTERS_PER_SEC + 100).for_each(|_| letters.keep(letter(0, None, b"x")));
        wait(&letters, LETTERS_PER_SEC + 100);
        assert!(letters.counts().1 >= 100, "{:?}", letters.counts());
        let cut = letter(1, None, &vec![b'x'; outputs::rest::LETTER_BYTES_MAX + 1]);
        assert!(cut.truncated && cut.bytes.len() == outputs::rest::LETTER_BYTES_MAX);
        // Bytes that do not compress.
        let mut draw = 7_u64;
        let mut noise = || {
            let next = (0..LETTER_BYTES).map(|_| {
                draw ^= draw << 13;
                draw ^= draw >> 7;
                draw ^= draw << 17;
                draw as u8
            });
            next.collect::<Vec<u8>>()
        };
        const LETTER_BYTES: usize = 250_000;
        for n in 0..320 {
            letters.keep(letter(10 + n, None, &noise()));
            wait(&letters, LETTERS_PER_SEC + 101 + n);
        }
        letters.keep_house(Timestamp::from_secs(1_795_256_000)).unwrap();
        let bytes = letters.spool.status().bytes;
        assert!(bytes <= BYTES_MAX + SEGMENT_BYTES, "{bytes}");
        let found = latest(&letters, None, 10_000);
        assert!((200..320).contains(&found.len()), "{}: the latest stay", found.len());
        assert_eq!(found[0].letter.at, Timestamp::from_secs(1_795_255_200 + 329));
    }
}
