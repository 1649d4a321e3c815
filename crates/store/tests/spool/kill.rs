//! A program killed under load: each record that it was told to be durable is there when it is opened again.

use crate::rig::{all, batch, chance, number, options};
use model::Seq;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::disk::Folder;
use store::spool::{Intake, Options, Spool};

const FOLDER: &str = "STORE_TEST_KILLED_FOLDER";
const KILLS: &str = "STORE_TEST_KILLS";

fn spool(folder: &Path) -> Spool {
    let disk = Arc::new(Folder::open(folder).unwrap());
    Spool::open(disk, Options { segment_bytes: 1 << 20, ..options() }).unwrap()
}

/// No test of its own: the program that is killed. Four threads append; each answer is a line of output.
#[test]
fn killed_program() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let spool = spool(Path::new(&folder));
    let base = spool.status().next.0 * 1_000;
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let spool = &spool;
            scope.spawn(move || {
                let mut next = chance(base + worker);
                for round in 0.. {
                    let from = base + (worker << 40) + round * 200;
                    let count = 1 + next() % 200;
                    let receipt = spool.append(batch(from, from + count)).unwrap().wait().unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "ack {} {from} {count}", receipt.first.0).unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeMap<u64, u64> = BTreeMap::new();
    let mut next = chance(17);
    // STORE_TEST_KILLS=100 for the long run.
    let kills = std::env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(15);
    for round in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::killed_program", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut seen, enough) = (0, 5 + next() % 300);
        // To the end of what it said before it died.
        while let Some(Ok(line)) = lines.next() {
            let words: Vec<&str> = line.split(' ').collect();
            let at = words.iter().position(|word| word.ends_with("ack"));
            let Some(at) = at.filter(|at| words.len() == at + 4) else { continue };
            let [first, from, count] = [1, 2, 3].map(|n| words[at + n].parse::<u64>().unwrap());
            acknowledged.extend((0..count).map(|n| (first + n, from + n)));
            seen += 1;
            if seen == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(seen >= enough, "round {round}: the program ended early");
        let spool = spool(folder.path());
        let read = all(spool.reader(Seq(0)));
        assert!(read.missing.is_empty());
        let read: BTreeMap<u64, u64> =
            read.records.iter().map(|(seq, payload)| (seq.0, number(payload))).collect();
        for (seq, told) in &acknowledged {
            assert_eq!(read.get(seq), Some(told), "round {round}: record {seq}");
        }
    }
    println!("{kills} kills, {} records acknowledged, none missing", acknowledged.len());
    assert!(acknowledged.len() > 10_000, "{}", acknowledged.len());
}
