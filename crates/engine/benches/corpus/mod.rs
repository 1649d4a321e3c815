//! The lines that the benchmarks read: labelled samples where they lie beside the repository, else
//! invented ones.

use std::path::{Path, PathBuf};

const REPEATS: usize = 32;

/// 512 k message bodies in a fixed shuffle, one a line, as a reader's buffer holds them.
pub(crate) fn text() -> String {
    let bodies = samples().unwrap_or_else(|| {
        eprintln!("SKIPPED the labelled samples (no data/loghub in FORESHOCK_SHARED or a folder `shared` beside the repository): invented lines stand in");
        invented()
    });
    let mut lines: Vec<String> = Vec::new();
    for _ in 0..REPEATS {
        lines.extend(bodies.iter().cloned());
    }
    shuffle(&mut lines);
    lines.join("\n")
}

/// `FORESHOCK_SHARED`, or a folder `shared` beside the repository.
fn shared() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("FORESHOCK_SHARED") {
        return Some(path.into());
    }
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared"))
        .find(|shared| shared.join("data/loghub").is_dir())
}

/// The second column of each `*.templates.csv`.
fn samples() -> Option<Vec<String>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(shared()?.join("data/loghub"))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".templates.csv"))
        .collect();
    paths.sort();
    let mut bodies = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).ok()?;
        bodies.extend(text.lines().skip(1).map(second_column));
    }
    (!bodies.is_empty()).then_some(bodies)
}

fn second_column(row: &str) -> String {
    let rest = row.split_once(',').map_or(row, |(_, rest)| rest);
    let Some(quoted) = rest.strip_prefix('"') else {
        return rest.split(',').next().unwrap_or(rest).to_owned();
    };
    let mut body = String::new();
    let mut chars = quoted.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if chars.peek() == Some(&'"') => {
                chars.next();
                body.push('"');
            }
            '"' => break,
            _ => body.push(c),
        }
    }
    body
}

fn invented() -> Vec<String> {
    (0..16_000u64)
        .map(|n| {
            let x = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            match n % 8 {
                0 => format!(
                    "refused the login of invalid user u{x} from 192.0.2.{} port {x} ssh2",
                    n % 256
                ),
                1 => format!("block pool {x:x} verified in {} ms, 0 errors", x % 977),
                2 => format!("GET /api/v1/orders/{x}?page={} 200 {}", n % 9, x % 8191),
                3 => format!("link state of interface eth{} changed to up", n % 4),
                4 => format!("session {x:016x} for user \"tech {n}\" closed after {}s", x % 3600),
                5 => "the nightly index was rebuilt without findings".to_owned(),
                6 => format!(
                    "Connection from 198.51.100.{}:{} to /203.0.113.9:443 reset by peer",
                    n % 256,
                    x % 65536
                ),
                _ => format!("volume=data{} used={}% state=OK owner=root", n % 3, x % 100),
            }
        })
        .collect()
}

/// Fisher and Yates, with a fixed linear congruence for its choices.
fn shuffle(lines: &mut [String]) {
    let mut state: u64 = 42;
    for i in (1..lines.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        lines.swap(i, (state >> 33) as usize % (i + 1));
    }
}
