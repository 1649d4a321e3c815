//! A disk in memory for tests of durability: it can fill up, fail to sync, cut a write short, and lose
//! power. After a power cut what was synced is there; of what was not, any sectors may be, in any
//! order, and names that were not synced may be gone. That is what a real disk promises, and no more.

use super::{Disk, DiskFile, Listed};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// Disks write whole sectors or none.
const SECTOR: usize = 512;

/// A folder in memory. Clones are the same folder.
#[derive(Clone, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Names as the running system sees them.
    names: BTreeMap<String, Arc<SimFile>>,
    /// Names as they are on the disk.
    synced_names: BTreeMap<String, Arc<SimFile>>,
    /// Bytes that fit; none means no limit.
    capacity: Option<u64>,
    /// Syncs that will still succeed before one fails; none means that all do.
    syncs_before_failure: Option<u64>,
    /// How many syncs fail then.
    failures: u64,
    /// Whether cutting a file fails too.
    cuts_fail: bool,
    /// Syncs that succeeded.
    syncs: u64,
    /// Changes until the power goes; none means never.
    changes_before_cut: Option<u64>,
}

impl State {
    /// Counts one change.
    ///
    /// # Errors
    /// Once the power is gone.
    fn change(&mut self) -> io::Result<()> {
        match &mut self.changes_before_cut {
            Some(0) => Err(io::Error::other("there is no power")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

struct SimFile {
    state: Arc<Mutex<State>>,
    data: Mutex<Data>,
}

#[derive(Default)]
struct Data {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// Sectors whose sync failed: the system holds them for clean and never writes them again.
    dropped: BTreeSet<usize>,
}

impl Data {
    fn touch(&mut self, start: usize, end: usize) {
        for sector in start / SECTOR..end.div_ceil(SECTOR) {
            self.dropped.remove(&sector);
        }
    }

    fn sync(&mut self) {
        let mut synced = self.now.clone();
        for sector in &self.dropped {
            let start = sector * SECTOR;
            for place in start..(start + SECTOR).min(synced.len()) {
                synced[place] = self.synced.get(place).copied().unwrap_or(0);
            }
        }
        self.synced = synced;
    }

    fn drop_unsynced(&mut self) {
        for start in (0..self.now.len()).step_by(SECTOR) {
            let end = (start + SECTOR).min(self.now.len());
            if self.synced.get(start..end) != Some(&self.now[start..end]) {
                self.dropped.insert(start / SECTOR);
            }
        }
    }
}

impl SimDisk {
    /// An empty disk without faults.
    pub fn new() -> SimDisk {
        SimDisk::default()
    }

    /// Lets only so many bytes fit from now on; `None` takes the limit away.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock().capacity = bytes;
    }

    /// Lets `failures` syncs fail after `good` more that succeed. A failed sync leaves unknown what is on
    /// the disk, and the next one succeeds without writing it: as on Linux.
    pub fn fail_syncs(&self, good: u64, failures: u64) {
        let mut state = self.lock();
        state.syncs_before_failure = Some(good);
        state.failures = failures;
    }

    /// Lets cutting a file fail as well.
    pub fn fail_cuts(&self, fail: bool) {
        self.lock().cuts_fail = fail;
    }

    /// Lets the power go after so many more changes (writes, syncs, names): from then on each fails, and
    /// [`SimDisk::after_power_cut`] tells what is left.
    pub fn cut_power_after(&self, changes: u64) {
        self.lock().changes_before_cut = Some(changes);
    }

    /// Syncs of files that succeeded so far.
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// The disk as it may be found after a power cut now. `chance` gives random numbers.
    pub fn after_power_cut(&self, chance: &mut dyn FnMut() -> u64) -> SimDisk {
        let state = self.lock();
        let found = SimDisk::new();
        let mut names = state.synced_names.clone();
        for (name, file) in &state.names {
            if !names.contains_key(name) && chance().is_multiple_of(2) {
                names.insert(name.clone(), Arc::clone(file));
            }
        }
        names.retain(|name, _| state.names.contains_key(name) || chance().is_multiple_of(2));
        for (name, file) in names {
            let data = file.data.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let bytes = torn(&data, chance);
            let data = Data { now: bytes.clone(), synced: bytes, ..Data::default() };
            let file =
                Arc::new(SimFile { state: Arc::clone(&found.state), data: Mutex::new(data) });
            let mut other = found.lock();
            other.names.insert(name.clone(), Arc::clone(&file));
            other.synced_names.insert(name, file);
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn get(&self, name: &str) -> io::Result<Arc<SimFile>> {
        self.lock().names.get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// What was synced, and over it any of the sectors that were not.
fn torn(data: &Data, chance: &mut dyn FnMut() -> u64) -> Vec<u8> {
    let grown = data.now.len().saturating_sub(data.synced.len()) as u64;
    let size = match data.now.len() <= data.synced.len() {
        // A cut is durable or not.
        true if chance().is_multiple_of(2) => data.now.len(),
        true => data.synced.len(),
        false => data.synced.len() + (chance() % (grown + 1)) as usize,
    };
    let mut bytes = data.synced.clone();
    bytes.resize(size, 0);
    for start in (0..size).step_by(SECTOR) {
        let end = (start + SECTOR).min(size).min(data.now.len());
        if start < end && bytes[start..end] != data.now[start..end] && chance().is_multiple_of(2) {
            bytes[start..end].copy_from_slice(&data.now[start..end]);
        }
    }
    bytes
}

impl State {
    fn used(&self) -> u64 {
        let size = |file: &Arc<SimFile>| {
            file.data.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).now.len() as u64
        };
        self.names.values().map(size).sum()
    }
}

impl Disk for SimDisk {
    fn list(&self) -> io::Result<Vec<Listed>> {
        let state = self.lock();
        let list = state.names.iter().map(|(name, file)| {
            let data = file.data.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            Listed { name: name.clone(), bytes: data.now.len() as u64 }
        });
        Ok(list.collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.get(name)?)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        state.change()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let data = Mutex::new(Data::default());
        let file = Arc::new(SimFile { state: Arc::clone(&self.state), data });
        state.names.insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.change()?;
        let removed = state.names.remove(name);
        removed.map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.change()?;
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.change()?;
        state.synced_names = state.names.clone();
        Ok(())
    }

    fn free(&self) -> io::Result<Option<u64>> {
        let state = self.lock();
        Ok(state.capacity.map(|capacity| capacity.saturating_sub(state.used())))
    }
}

impl SimFile {
    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn disk(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.data().now.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let data = self.data();
        let rest = data.now.get(offset as usize..).unwrap_or_default();
        let size = rest.len().min(buffer.len());
        buffer[..size].copy_from_slice(&rest[..size]);
        Ok(size)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk();
        state.change()?;
        let free = state.capacity.map(|capacity| capacity.saturating_sub(state.used()));
        let mut data = self.data();
        let end = offset as usize + bytes.len();
        let grows = end.saturating_sub(data.now.len()) as u64;
        // A full disk takes what fits.
        let missing = free.map_or(0, |free| grows.saturating_sub(free)) as usize;
        let taken = bytes.len().saturating_sub(missing);
        let end = offset as usize + taken;
        if data.now.len() < end {
            data.now.resize(end, 0);
        }
        data.now[offset as usize..end].copy_from_slice(&bytes[..taken]);
        data.touch(offset as usize, end);
        if missing > 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk();
        state.change()?;
        if let Some(good) = &mut state.syncs_before_failure {
            if *good == 0 {
                state.failures = state.failures.saturating_sub(1);
                if state.failures == 0 {
                    state.syncs_before_failure = None;
                }
                drop(state);
                self.data().drop_unsynced();
                return Err(io::Error::other("the disk failed"));
            }
            *good -= 1;
        }
        state.syncs += 1;
        drop(state);
        self.data().sync();
        Ok(())
    }

    fn set_size(&self, bytes: u64) -> io::Result<()> {
        {
            let mut state = self.disk();
            state.change()?;
            if state.cuts_fail {
                return Err(io::Error::other("the disk failed to cut a file"));
            }
        }
        self.data().now.resize(bytes as usize, 0);
        Ok(())
    }
}
