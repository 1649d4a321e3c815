//! Records that made the program itself fail (a panic: a defect of ours) → set apart, with the reason and their bytes, so
//! that one record neither ends the service nor comes back with every start.
//!
//! What stands here is left out whenever the spool is read again by the same version of the program; another version
//! tries it anew. `quarantine.ndjson` in the state folder, a record a line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Seq;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::spool::{Epoch, Record};

/// The file in the state folder.
pub(super) const FILE: &str = "quarantine.ndjson";
/// Records that are written down. What is beyond is found anew when it is read again, and counted all the same.
const RECORDS_MAX: usize = 10_000;
/// … and bytes of the file.
const BYTES_MAX: u64 = 64 << 20;
/// … and of one line: a record's, in base64, with its reason.
const LINE_MAX: u64 = 32 << 20;
/// Letters of a reason that are kept.
const REASON_MAX: usize = 400;

/// One record.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// The spool that its number belongs to.
    epoch: String,
    seq: u64,
    received_micros: i64,
    source: String,
    tenant: String,
    /// Where the program failed, and how.
    reason: String,
    version: String,
    raw_base64: String,
}

/// The records that are set apart.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    epoch: String,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// `None`: nothing is written down.
    file: Option<File>,
    bytes: u64,
    seqs: BTreeSet<Seq>,
    /// Lines that are none.
    unreadable: u64,
    /// Since the start.
    new: u64,
}

impl Quarantine {
    /// What a state folder holds of them.
    ///
    /// # Errors
    /// If the file can be neither read nor written.
    pub(super) fn open(folder: &Path, epoch: Epoch) -> io::Result<Quarantine> {
        let path = folder.join(FILE);
        let file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        let (mut quarantine, is_whole) = Quarantine::read(&file, epoch)?;
        if !is_whole {
            // What is written next is a line of its own. A disk without room for that has none for the next either.
            let _ = (&file).write_all(b"\n");
        }
        let inner = quarantine.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        inner.file = Some(file);
        Ok(quarantine)
    }

    /// The same, for who writes nothing.
    ///
    /// # Errors
    /// If there is a file that cannot be read.
    pub(super) fn look(folder: &Path, epoch: Epoch) -> io::Result<Quarantine> {
        match File::open(folder.join(FILE)) {
            Ok(file) => Quarantine::read(&file, epoch).map(|(quarantine, _)| quarantine),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Quarantine::default()),
            Err(error) => Err(error),
        }
    }

    /// What a file says, and whether its last line has an end.
    fn read(file: &File, epoch: Epoch) -> io::Result<(Quarantine, bool)> {
        let epoch: String = epoch.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut inner = Inner { bytes: file.metadata()?.len(), ..Inner::default() };
        let (mut lines, mut line, mut is_whole) = (BufReader::new(file), Vec::new(), true);
        loop {
            line.clear();
            // A longer line is read in parts, and none of them is an entry.
            if lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            is_whole = line.ends_with(b"\n");
            // Cut short by a crash, or damaged: the record is found anew.
            let Ok(entry) = serde_json::from_slice::<Entry>(&line) else {
                inner.unreadable += u64::from(!line.trim_ascii().is_empty());
                continue;
            };
            if entry.epoch == epoch && entry.version == env!("CARGO_PKG_VERSION") {
                inner.seqs.insert(Seq(entry.seq));
            }
        }
        Ok((Quarantine { epoch, inner: Mutex::new(inner) }, is_whole))
    }

    /// Lines of the file that could not be read, if there were any.
    pub(super) fn unreadable(&self) -> Option<u64> {
        Some(self.lock().unreadable).filter(|lines| *lines > 0)
    }

    /// The numbers within a range that are to be left out.
    pub(super) fn within(&self, range: Range<Seq>) -> Vec<Seq> {
        self.lock().seqs.range(range).copied().collect()
    }

    /// Sets a record apart. It is durable when this returns, if there is room: a disk that is full does not keep the
    /// service from going on.
    pub(super) fn put(&self, record: &Record<'_>, reason: &str) {
        let mut inner = self.lock();
        if inner.seqs.contains(&record.seq) {
            return;
        }
        inner.new += 1;
        if inner.seqs.len() >= RECORDS_MAX {
            return;
        }
        inner.seqs.insert(record.seq);
        if inner.bytes + record.payload.len() as u64 * 2 > BYTES_MAX {
            return;
        }
        let entry = Entry {
            epoch: self.epoch.clone(),
            seq: record.seq.0,
            received_micros: record.facts.received_at.as_micros(),
            source: record.origin.source_id.as_str().to_owned(),
            tenant: record.origin.tenant_id.as_str().to_owned(),
            reason: reason.chars().take(REASON_MAX).collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            raw_base64: STANDARD.encode(record.payload),
        };
        // Plain data of ours: it always has a text.
        let mut line = serde_json::to_vec(&entry).unwrap_or_default();
        line.push(b'\n');
        inner.bytes += line.len() as u64;
        if let Some(file) = &mut inner.file {
            let _ = file.write_all(&line).and_then(|()| file.sync_data());
        }
    }

    /// How many were set apart since the start.
    pub(super) fn new_ones(&self) -> u64 {
        self.lock().new
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a panic said.
pub(super) fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::intake::Facts;
    use model::{Origin, SourceId, TenantId, Timestamp, Transport};
    use std::sync::Arc;

    #[test]
    fn damage_of_the_file_stops_nothing_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let line = |seq: u64| {
            let entry = Entry {
                epoch: "01".repeat(16),
                seq,
                received_micros: 5,
                source: "s".into(),
                tenant: "t".into(),
                reason: "index out of bounds".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                raw_base64: String::new(),
            };
            serde_json::to_string(&entry).unwrap()
        };
        let mut bytes = format!("{}\n", line(3)).into_bytes();
        bytes.extend_from_slice(b"\xff\xfe\x80 no text\n\n");
        bytes.extend_from_slice(format!("{}\n{{\"epoch\": cut sh", line(4)).as_bytes());
        std::fs::write(&path, &bytes).unwrap();
        let quarantine = Quarantine::open(folder.path(), Epoch([1; 16])).unwrap();
        assert_eq!(quarantine.within(Seq(0)..Seq(9)), [Seq(3), Seq(4)]);
        assert_eq!(quarantine.unreadable(), Some(2));
        let kept = std::fs::read(&path).unwrap();
        assert!(kept.starts_with(&bytes), "the file is kept");
        assert!(kept.ends_with(b"\n"), "the next entry is a line of its own");
    }

    #[test]
    fn what_is_set_apart_stays_so_for_this_spool() {
        let folder = tempfile::tempdir().unwrap();
        let origin = Arc::new(Origin {
            source_id: SourceId::new("s"),
            tenant_id: TenantId::new("t"),
            source_type: "test".into(),
            source_name: "s".into(),
            transport: Transport::Tcp,
        });
        let facts = Facts::received(Timestamp::from_micros(5));
        let record =
            Record { seq: Seq(7), facts, origin: &origin, peer: "", payload: b"\xff bytes" };
        let quarantine = Quarantine::open(folder.path(), Epoch([1; 16])).unwrap();
        quarantine.put(&record, "index out of bounds");
        quarantine.put(&record, "index out of bounds");
        assert_eq!(quarantine.new_ones(), 1);
        drop(quarantine);
        let again = Quarantine::open(folder.path(), Epoch([1; 16])).unwrap();
        assert_eq!(again.within(Seq(0)..Seq(8)), [Seq(7)]);
        assert_eq!((again.within(Seq(8)..Seq(9)), again.new_ones()), (vec![], 0));
        let other = Quarantine::open(folder.path(), Epoch([2; 16])).unwrap();
        assert_eq!(other.within(Seq(0)..Seq(8)), [], "numbers of another spool");
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(
            text.lines().count() == 1 && text.contains(&STANDARD.encode(b"\xff bytes")),
            "{text}"
        );
    }
}
