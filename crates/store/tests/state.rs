//! SQLite keeps the promises of both stores, and what only a file can break.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use model::{Seq, Timestamp};
use store::spool::Epoch;
use store::state::{
    AuditLine, Checkpoint, Delta, MemoryStore, SqliteMemory, SqliteState, StateError, StateStore,
    Was, contract,
};

#[test]
fn sqlite_keeps_the_promises_of_a_state_store() {
    let folder = tempfile::tempdir().unwrap();
    contract::state(|| SqliteState::open(&folder.path().join("state.db")).unwrap().0);
}

#[test]
fn sqlite_keeps_the_promises_of_a_memory_store() {
    let folder = tempfile::tempdir().unwrap();
    contract::memory(|| SqliteMemory::open(&folder.path().join("memory.db")).unwrap());
}

fn delta(next: u64) -> Delta {
    Delta::at(Checkpoint { epoch: Epoch([1; 16]), next: Seq(next) })
}

/// A state that cannot be used is set aside, for it can be made again; a memory never is.
#[test]
fn a_damaged_state_is_set_aside_and_a_damaged_memory_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (state, memory) = (folder.path().join("state.db"), folder.path().join("memory.db"));
    {
        let (mut store, was) = SqliteState::open(&state).unwrap();
        assert_eq!(was, Was::Whole);
        store.commit(&delta(5)).unwrap();
        SqliteMemory::open(&memory).unwrap();
    }
    for file in [&state, &memory] {
        let mut bytes = std::fs::read(file).unwrap();
        bytes[..100].fill(b'x');
        std::fs::write(file, bytes).unwrap();
    }
    let (store, was) = SqliteState::open(&state).unwrap();
    assert!(matches!(was, Was::SetAside(_)), "{was:?}");
    assert_eq!(store.checkpoint().unwrap(), None);
    assert!(folder.path().join("state.db.unusable").exists());
    let before = std::fs::read(&memory).unwrap();
    assert!(SqliteMemory::open(&memory).is_err());
    assert_eq!(std::fs::read(&memory).unwrap(), before);
}

#[test]
fn a_file_of_a_later_program_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let memory = folder.path().join("memory.db");
    SqliteMemory::open(&memory).unwrap();
    let db = rusqlite::Connection::open(&memory).unwrap();
    db.execute_batch("PRAGMA user_version=99").unwrap();
    drop(db);
    assert!(matches!(SqliteMemory::open(&memory), Err(StateError::Later { found: 99, .. })));
}

#[test]
fn a_changed_audit_trail_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.db");
    let mut store = SqliteMemory::open(&path).unwrap();
    for n in 0..5 {
        let line = AuditLine {
            at: Timestamp::from_secs(n),
            actor: "ann".into(),
            action: "permit given".into(),
            target: format!("act_{n}"),
            detail: "{}".into(),
        };
        store.audit(&line).unwrap();
    }
    assert_eq!(store.first_broken().unwrap(), None);
    let db = rusqlite::Connection::open(&path).unwrap();
    assert!(db.execute("UPDATE audit SET actor = 'eve' WHERE number = 3", []).is_err());
    assert!(db.execute("DELETE FROM audit WHERE number = 3", []).is_err());
    db.execute_batch("DROP TRIGGER audit_stays; UPDATE audit SET actor = 'eve' WHERE number = 3")
        .unwrap();
    assert_eq!(store.first_broken().unwrap(), Some(3));
}
