//! The few words that may colour a judgement: words of failing, of recovering and of letting in, as
//! any log uses them. They are a prior for naming a pattern (does B heal A?); whether there is a pattern is
//! decided by counts alone.

/// Words that say that something stopped working.
const FAILING: &[&str] = &[
    "abort",
    "aborted",
    "broken",
    "crashed",
    "dead",
    "degraded",
    "deleting",
    "denied",
    "disconnected",
    "down",
    "dropped",
    "error",
    "exited",
    "expired",
    "fail",
    "failed",
    "failing",
    "failure",
    "fault",
    "giving",
    "hang",
    "hung",
    "inactive",
    "killed",
    "lost",
    "offline",
    "refused",
    "rejected",
    "reset",
    "retransmits",
    "stopped",
    "suspended",
    "terminated",
    "timeout",
    "unable",
    "unavailable",
    "unreachable",
    "unresponsive",
];

/// Words that say that something works again.
const RECOVERING: &[&str] = &[
    "active",
    "alive",
    "available",
    "back",
    "cleared",
    "connected",
    "established",
    "healthy",
    "joined",
    "normal",
    "ok",
    "online",
    "re-established",
    "reachable",
    "reconnected",
    "recovered",
    "reestablished",
    "registered",
    "restored",
    "resumed",
    "resynced",
    "returned",
    "running",
    "started",
    "succeeded",
    "up",
];

/// Words that say that somebody was let in.
const GRANTING: &[&str] = &[
    "accepted",
    "allowed",
    "authenticated",
    "authorized",
    "connected",
    "established",
    "granted",
    "logged",
    "login",
    "opened",
    "succeeded",
    "success",
    "successful",
    "successfully",
];

fn has_any(template: &str, words: &[&str]) -> bool {
    template
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .any(|token| words.iter().any(|w| w.eq_ignore_ascii_case(token)))
}

/// Whether the text speaks of failing.
pub fn is_failing(template: &str) -> bool {
    has_any(template, FAILING)
}

/// Whether the text speaks of recovering.
pub fn is_recovering(template: &str) -> bool {
    has_any(template, RECOVERING)
}

/// Whether the text says that somebody was let in.
pub fn is_granting(template: &str) -> bool {
    has_any(template, GRANTING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_apart_by_whole_words() {
        assert!(is_failing("link <*> is down"));
        assert!(is_recovering("tunnel <*> Re-established with <*>"));
        assert!(!is_failing("download finished"));
        assert!(!is_recovering("update queued"));
        assert!(is_granting("Accepted password for <*> from <*>"));
    }

    #[test]
    fn lists_are_sorted_and_disjoint() {
        for list in [FAILING, RECOVERING, GRANTING] {
            assert!(list.is_sorted());
        }
        assert!(FAILING.iter().all(|w| !RECOVERING.contains(w) && !GRANTING.contains(w)));
    }
}
