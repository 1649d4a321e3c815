//! The kernel's ring, here one that the test fills: what is overwritten is counted to the record.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod support;

use sources::inlet::State;
use sources::kmsg::{self, KmsgConfig, Ring};
use sources::{Inlet, Receiver};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use support::{Fake, inlet, tenancy, wait_until};

#[derive(Default)]
struct Inside {
    records: VecDeque<String>,
    first: u64,
    next: u64,
    refuses: bool,
}

/// A kernel's ring of eight records.
#[derive(Clone, Default)]
struct Kernel(Arc<Mutex<Inside>>);

impl Kernel {
    fn says(&self, count: u64) {
        let mut inside = self.0.lock().unwrap();
        for _ in 0..count {
            let n = inside.next;
            inside.next += 1;
            inside.records.push_back(format!("6,{n},{n}000000,-;message {n}\n SUBSYSTEM=test\n"));
            if inside.records.len() > 8 {
                inside.records.pop_front();
                inside.first += 1;
            }
        }
    }

    fn config(&self, place: &Path, boot: &str) -> KmsgConfig {
        let kernel = self.clone();
        KmsgConfig {
            name: "kernel".into(),
            tenant: tenancy().default,
            place: place.to_owned(),
            boot_id: boot.into(),
            open: Box::new(move || {
                let inside = kernel.0.lock().unwrap();
                match inside.refuses {
                    true => Err(io::ErrorKind::PermissionDenied.into()),
                    false => Ok(Box::new(Reader { at: inside.first, kernel: kernel.clone() })),
                }
            }),
        }
    }

    fn start(&self, place: &Path, boot: &str, inlet: &Inlet) -> Receiver {
        kmsg::start(self.config(place, boot), inlet).unwrap()
    }
}

struct Reader {
    at: u64,
    kernel: Kernel,
}

impl Ring for Reader {
    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let inside = self.kernel.0.lock().unwrap();
        if self.at < inside.first {
            self.at = inside.first;
            return Err(io::Error::from_raw_os_error(32));
        }
        let Some(record) = inside.records.get((self.at - inside.first) as usize) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        buffer[..record.len()].copy_from_slice(record.as_bytes());
        self.at += 1;
        Ok(record.len())
    }
}

#[test]
fn each_record_comes_once_and_each_loss_is_counted() {
    let (folder, fake, kernel) = (tempfile::tempdir().unwrap(), Fake::new(), Kernel::default());
    let place = folder.path().join("place");
    kernel.says(5);
    let inlet = inlet(&fake, "kmsg");
    let receiver = kernel.start(&place, "boot-1", &inlet);
    fake.wait_for(5);
    // While nothing is taken the ring runs over.
    fake.set_full(true);
    kernel.says(1);
    wait_until(&inlet, |health| health.waits_for.is_some());
    kernel.says(20);
    fake.set_full(false);
    fake.wait_for(5 + 1 + 8 + 1);
    let health = receiver.stop();
    assert_eq!((health.lost["kernel_ring_overwritten"], health.stored), (12, 14));
    assert_eq!(fake.gaps()[0]["records"], 12);
    assert_eq!(fake.texts()[0], "6,0,0000000,-;message 0\n SUBSYSTEM=test");
    assert!(fake.kept()[0].old && health.adds_up());
    // After a restart only what is new, and what was lost meanwhile is counted; another boot is another ring.
    kernel.says(10);
    let receiver = kernel.start(&place, "boot-1", &support::inlet(&fake, "kmsg"));
    fake.wait_for(15 + 1 + 8);
    let health = receiver.stop();
    assert_eq!((health.lost["kernel_ring_overwritten"], health.stored), (2, 8));
    let receiver = kernel.start(&place, "boot-2", &support::inlet(&fake, "kmsg"));
    fake.wait_for(24 + 8);
    let health = receiver.stop();
    assert!(health.lost.is_empty() && health.stored == 8);
    let mut ids: Vec<_> = fake.kept().iter().map(|record| record.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 32);
}

#[test]
fn records_that_were_not_noted_come_again_with_the_same_ids() {
    let (folder, fake, kernel) = (tempfile::tempdir().unwrap(), Fake::new(), Kernel::default());
    kernel.says(3);
    for round in 1..=2 {
        let place = folder.path().join(format!("place-{round}"));
        let receiver = kernel.start(&place, "boot", &inlet(&fake, "kmsg"));
        fake.wait_for(3 * round);
        receiver.stop();
    }
    let ids: Vec<_> = fake.kept().iter().map(|record| record.id).collect();
    assert_eq!(ids[..3], ids[3..]);
}

#[test]
fn a_ring_that_may_not_be_read_is_told_with_what_to_do() {
    let (folder, fake, kernel) = (tempfile::tempdir().unwrap(), Fake::new(), Kernel::default());
    kernel.0.lock().unwrap().refuses = true;
    let inlet = inlet(&fake, "kmsg");
    let receiver = kernel.start(&folder.path().join("place"), "boot", &inlet);
    let health = wait_until(&inlet, |health| health.state == State::Failing);
    assert!(health.last_error.unwrap().1.contains("CAP_SYSLOG"));
    receiver.stop();
}
