//! Lines of evidence → what all of them name: an account, an address. The engine remembers values as
//! small hashes only; whoever has read the lines again can say them.

use crate::normalize::{Reference, normalize};
use crate::signature::{HoleKind, Skeleton, fingerprint};
use model::Timestamp;

/// Lines from which it is worth a sentence: two may agree by chance.
const LINES_MIN: usize = 3;
/// Values that are named.
const NAMED_MAX: usize = 3;

/// `all 4 lines shown name svc_backup and 10.20.4.57`, where they do.
pub fn named_by_all(lines: &[&str]) -> Option<String> {
    if lines.len() < LINES_MIN {
        return None;
    }
    let mut shared = values(lines[0]);
    for line in &lines[1..] {
        let others = values(line);
        shared.retain(|value| others.contains(value));
    }
    shared.truncate(NAMED_MAX);
    let (last, others) = shared.split_last()?;
    let named = match others {
        [] => last.clone(),
        others => format!("{} and {last}", others.join(", ")),
    };
    Some(format!("all {} lines shown name {named}", lines.len()))
}

/// The accounts, addresses and machines that a line names, each once.
fn values(line: &str) -> Vec<String> {
    let reference = Reference { now: Timestamp::default(), zone_offset_secs: 0 };
    let event = normalize(line.as_bytes(), &reference);
    let mut skeleton = Skeleton::default();
    fingerprint(event.service.as_deref().unwrap_or_default(), &event.body, &mut skeleton);
    let is_name = |kind: HoleKind| {
        matches!(
            kind,
            HoleKind::Ip4
                | HoleKind::Ip6
                | HoleKind::Mac
                | HoleKind::Host
                | HoleKind::Email
                | HoleKind::User
        )
    };
    let mut found: Vec<String> = Vec::new();
    for hole in skeleton.holes().iter().filter(|hole| is_name(hole.kind)) {
        let value = event.body.get(hole.start as usize..hole.end as usize).unwrap_or_default();
        if !value.is_empty() && !found.iter().any(|known| known == value) {
            found.push(value.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_lines_name_is_said() {
        let line = |host: &str, from: &str| {
            format!(
                "2026-11-20T02:14:06Z {host} sshd[1]: Failed password for deploy from {from} port 4000 ssh2"
            )
        };
        let lines = [line("a", "192.0.2.7"), line("b", "192.0.2.7"), line("c", "192.0.2.7")];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(
            named_by_all(&lines).as_deref(),
            Some("all 3 lines shown name deploy and 192.0.2.7")
        );
        assert_eq!(named_by_all(&lines[..2]), None);
        let other = line("d", "192.0.2.8");
        assert_eq!(
            named_by_all(&[lines[0], lines[1], other.as_str()]).as_deref(),
            Some("all 3 lines shown name deploy")
        );
        assert_eq!(named_by_all(&["", "\u{0}", "a b"]), None);
    }
}
