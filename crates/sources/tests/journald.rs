//! The journal by a child process, here a script that says what the test wrote.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod support;

use sources::follow::Begin;
use sources::inlet::State;
use sources::journald::{self, JournaldConfig};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;
use support::{Fake, inlet, tenancy, wait_until};

struct Journal {
    folder: tempfile::TempDir,
}

impl Journal {
    /// A program that notes its options, says what stands in `says`, and then does what is asked of it.
    fn new(then: &str) -> Journal {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let script = format!("#!/bin/sh\necho \"$@\" >> {at}/options\ncat {at}/says\n{then}\n");
        let path = folder.path().join("journalctl");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        Journal { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn says(&self, entries: std::ops::Range<u32>) {
        let entry = |n| format!("__CURSOR=s=1;i={n}\nMESSAGE=entry {n}\n_HOSTNAME=h\n\n");
        fs::write(self.path("says"), entries.map(entry).collect::<String>()).unwrap();
    }

    fn config(&self) -> JournaldConfig {
        JournaldConfig {
            journalctl: self.path("journalctl"),
            pause: Duration::from_millis(20),
            ..JournaldConfig::new("journal", self.path("place"), tenancy().default)
        }
    }

    fn options(&self) -> Vec<String> {
        fs::read_to_string(self.path("options")).unwrap().lines().map(str::to_owned).collect()
    }
}

#[test]
fn entries_come_as_they_are_and_reading_goes_on_behind_the_last_that_was_stored() {
    let (journal, fake) = (Journal::new("exec sleep 60"), Fake::new());
    journal.says(0..3);
    let receiver = journald::start(journal.config(), &inlet(&fake, "journald")).unwrap();
    fake.wait_for(3);
    let health = receiver.stop();
    let kept = fake.kept();
    assert_eq!(kept[1].payload, b"__CURSOR=s=1;i=1\nMESSAGE=entry 1\n_HOSTNAME=h\n");
    assert!(kept[1].old && kept[1].origin.transport == model::Transport::Journal);
    assert!(health.adds_up() && health.stored == 3);
    assert_eq!(fs::read_to_string(journal.path("place")).unwrap(), "s=1;i=2\n");
    // The entry before comes again: it has the same id.
    journal.says(2..5);
    let receiver = journald::start(journal.config(), &inlet(&fake, "journald")).unwrap();
    fake.wait_for(6);
    receiver.stop();
    let ids: Vec<_> = fake.kept().iter().map(|record| record.id).collect();
    assert_eq!(ids[2], ids[3]);
    let options = journal.options();
    assert_eq!(options[0], "--output=export --follow --no-pager --quiet --no-tail");
    assert!(options[1].ends_with("--no-tail --after-cursor=s=1;i=2"));
}

#[test]
fn what_was_not_answered_is_asked_for_again() {
    let (journal, fake) = (Journal::new("exec sleep 60"), Fake::new());
    journal.says(0..3);
    fake.hold();
    let receiver = journald::start(journal.config(), &inlet(&fake, "journald")).unwrap();
    while fake.held() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    fake.drop_held();
    receiver.stop();
    assert!(!journal.path("place").exists());
    let config = JournaldConfig { begin: Begin::End, ..journal.config() };
    let receiver = journald::start(config, &inlet(&fake, "journald")).unwrap();
    fake.wait_for(3);
    receiver.stop();
    assert!(journal.options()[1].ends_with("--lines=0"));
}

#[test]
fn a_child_that_ends_is_started_again_and_its_complaint_is_told() {
    let (journal, fake) =
        (Journal::new("echo 'No journal files were found.' >&2; exit 1"), Fake::new());
    journal.says(0..1);
    let inlet = inlet(&fake, "journald");
    let receiver = journald::start(journal.config(), &inlet).unwrap();
    fake.wait_for(3);
    let health = wait_until(&inlet, |health| health.state == State::Failing);
    assert!(health.last_error.unwrap().1.ends_with("No journal files were found."));
    receiver.stop();
    let missing = JournaldConfig { journalctl: "/no/such/program".into(), ..journal.config() };
    let inlet = support::inlet(&fake, "journald");
    let receiver = journald::start(missing, &inlet).unwrap();
    let health = wait_until(&inlet, |health| health.state == State::Failing);
    assert!(health.last_error.unwrap().1.contains("there is no such program"));
    receiver.stop();
}
