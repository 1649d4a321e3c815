//! Names of hosts and services → whether two spellings mean the same. Ticket systems write "DB1",
//! logs write "db1.example.org".

use std::net::IpAddr;

/// The form in which names are compared.
pub(super) fn folded(name: &str) -> String {
    name.trim().trim_end_matches('.').to_lowercase()
}

/// Whether two folded names of hosts mean the same: they are equal, or one of them is the other
/// without its domain.
pub(super) fn is_same_host(one: &str, other: &str) -> bool {
    one == other || is_short_of(one, other) || is_short_of(other, one)
}

/// Whether `short` is `full` without its domain.
fn is_short_of(short: &str, full: &str) -> bool {
    let is_address = || full.parse::<IpAddr>().is_ok();
    match full.split_once('.') {
        Some((first, _)) => !short.is_empty() && first == short && !is_address(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_the_same_with_and_without_their_domain() {
        let same = |a: &str, b: &str| is_same_host(&folded(a), &folded(b));
        for (one, other) in
            [("DB1", "db1"), ("db1", "DB1.example.org"), ("db1.example.org.", " db1 ")]
        {
            assert!(same(one, other) && same(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("db1.example.org", "db1.example.net"),
            ("db1", "db10"),
            ("192", "192.0.2.7"),
            ("example", "db1.example"),
            ("", ".example"),
        ] {
            assert!(!same(one, other) && !same(other, one), "{one} {other}");
        }
    }
}
