//! A full disk, a failing disk: what is acknowledged stays, what is not is given back, and it goes on by
//! itself.

use crate::rig::{all, append, batch, open, options, told};
use model::Seq;
use std::sync::Arc;
use std::time::Duration;
use store::disk::{Disk, sim::SimDisk};
use store::spool::{Intake, Options, Spool, State, Why};

const LONG: Duration = Duration::from_secs(60);

/// Appends until the disk is full; returns how many records were acknowledged.
fn fill(spool: &Spool) -> u64 {
    let mut n = 0;
    loop {
        let answer = spool.append(batch(n, n + 100)).and_then(|ticket| ticket.wait());
        match answer {
            Ok(_) => n += 100,
            Err(returned) => {
                assert!(matches!(returned.why, Why::Full(_)), "{:?}", returned.why);
                assert_eq!(returned.batch.len(), 100);
                return n;
            }
        }
    }
}

#[test]
fn a_full_disk_stops_answers_and_resumes_alone() {
    for announced in [true, false] {
        let disk = SimDisk::new();
        disk.set_capacity(Some(if announced { 2 << 20 } else { 200_000 }));
        // A disk that does not say how much is free is found full by writing.
        let quota = Quota { disk: disk.clone(), announced };
        let spool = Spool::open(Arc::new(quota), options()).unwrap();
        let stored = fill(&spool);
        assert!(stored >= 1_000, "{stored}");
        assert!(matches!(spool.status().state, State::Full { .. }));
        // Reading goes on, and finds all that was acknowledged and nothing else.
        assert_eq!(told(&all(spool.reader(Seq(0)))), (0..stored).collect::<Vec<_>>());
        assert!(!spool.wait_writable(Duration::ZERO) || !announced);
        let counts = spool.status().counts;
        assert_eq!((counts.committed, counts.accepted), (stored, stored + counts.returned));
        disk.set_capacity(None);
        assert!(spool.wait_writable(LONG));
        append(&spool, stored, stored + 100);
        assert_eq!(spool.status().state, State::Writing);
        drop(spool);
        let expected: Vec<u64> = (0..stored + 100).collect();
        assert_eq!(told(&all(open(&disk).reader(Seq(0)))), expected);
    }
}

/// A disk that may keep to itself how much is free: as under a quota.
struct Quota {
    disk: SimDisk,
    announced: bool,
}

impl Disk for Quota {
    fn list(&self) -> std::io::Result<Vec<store::disk::Listed>> {
        self.disk.list()
    }
    fn open(&self, name: &str) -> std::io::Result<Arc<dyn store::disk::DiskFile>> {
        self.disk.open(name)
    }
    fn create(&self, name: &str) -> std::io::Result<Arc<dyn store::disk::DiskFile>> {
        self.disk.create(name)
    }
    fn remove(&self, name: &str) -> std::io::Result<()> {
        self.disk.remove(name)
    }
    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        self.disk.rename(from, to)
    }
    fn sync_names(&self) -> std::io::Result<()> {
        self.disk.sync_names()
    }
    fn free(&self) -> std::io::Result<Option<u64>> {
        if self.announced { self.disk.free() } else { Ok(None) }
    }
}

/// The same on a file system of 8 MiB, where the system lets us make one.
#[test]
fn a_full_file_system_stops_answers_and_resumes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let mount = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs", &path])
        .output();
    if !mount.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this user may not mount a small tmpfs");
        return;
    }
    struct Unmount(String);
    impl Drop for Unmount {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
        }
    }
    let _unmount = Unmount(path.clone());
    let disk = store::disk::Folder::open(folder.path()).unwrap();
    // No reserve: the system itself says that it is full.
    let ballast = folder.path().join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).unwrap();
    let options = Options { reserve_bytes: 0, segment_bytes: 1 << 20, ..options() };
    let spool = Spool::open(Arc::new(disk), options.clone()).unwrap();
    let stored = fill(&spool);
    assert!(stored >= 1_000, "{stored}");
    assert_eq!(told(&all(spool.reader(Seq(0)))), (0..stored).collect::<Vec<_>>());
    std::fs::remove_file(&ballast).unwrap();
    assert!(spool.wait_writable(LONG));
    append(&spool, stored, stored + 100);
    drop(spool);
    let disk = store::disk::Folder::open(folder.path()).unwrap();
    let spool = Spool::open(Arc::new(disk), options).unwrap();
    assert_eq!(told(&all(spool.reader(Seq(0)))), (0..stored + 100).collect::<Vec<_>>());
}

#[test]
fn a_failed_sync_is_never_an_answer() {
    for cuts_fail in [false, true] {
        let disk = SimDisk::new();
        let spool = open(&disk);
        append(&spool, 0, 500);
        disk.fail_syncs(0, 1);
        disk.fail_cuts(cuts_fail);
        let returned = spool.append(batch(500, 600)).unwrap().wait().unwrap_err();
        assert!(matches!(returned.why, Why::Failed(_)), "{:?}", returned.why);
        assert!(matches!(spool.status().state, State::Failing { .. }));
        // Nothing of it is seen.
        assert_eq!(told(&all(spool.reader(Seq(0)))), (0..500).collect::<Vec<_>>());
        // Handed in again it gets its numbers, in another file.
        let receipt = spool.append(returned.batch).unwrap().wait().unwrap();
        assert_eq!(receipt.first, Seq(500));
        assert_eq!(spool.status().state, State::Writing);
        append(&spool, 600, 700);
        assert_eq!(spool.segments().len(), 2);
        assert_eq!(told(&all(spool.reader(Seq(0)))), (0..700).collect::<Vec<_>>());
        drop(spool);
        // Each once, though the first file may still have what failed.
        let spool = open(&disk);
        let read = all(spool.reader(Seq(0)));
        assert_eq!((told(&read), read.missing.len()), ((0..700).collect(), 0));
    }
}

#[test]
fn a_first_sync_that_fails_leaves_nothing_behind() {
    let disk = SimDisk::new();
    let spool = open(&disk);
    disk.fail_syncs(0, 2);
    for _ in 0..2 {
        assert!(spool.append(batch(0, 10)).unwrap().wait().is_err());
    }
    let names: Vec<String> = disk.list().unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["epoch"], "no segment");
    append(&spool, 0, 10);
    assert_eq!(told(&all(spool.reader(Seq(0)))), (0..10).collect::<Vec<_>>());
}
