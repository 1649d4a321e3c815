//! What a record of the clock says: what time it is; or that somebody asks for a client's digest now.
//!
//! A digest changes the state: the next one says what became of what this one told. So asking for it is a record like
//! any other, and whoever reads the spool again tells the same.

use model::{TenantId, Timestamp};
use serde::{Deserialize, Serialize};

/// A record of the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tick {
    /// It is this time.
    Time(Timestamp),
    /// A digest is asked for.
    Asked(Asked),
}

/// Which digest is asked for; as of the latest that is known of the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    digest_of: String,
    /// What was over by then is left out; by the latest digest, if nothing is said.
    since_micros: Option<i64>,
}

impl Tick {
    /// What a record of the clock says. A payload that no version wrote is passed over: the time holds.
    pub(super) fn of(received_at: Timestamp, payload: &[u8]) -> Tick {
        match serde_json::from_slice(payload) {
            Ok(asked) => Tick::Asked(asked),
            Err(_) => Tick::Time(received_at),
        }
    }
}

impl Asked {
    pub(super) fn new(tenant: &TenantId, since: Option<Timestamp>) -> Asked {
        Asked {
            digest_of: tenant.as_str().to_owned(),
            since_micros: since.map(Timestamp::as_micros),
        }
    }

    /// As the payload of a record.
    pub(super) fn payload(&self) -> Vec<u8> {
        // Plain data of ours: it always has a text.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn tenant(&self) -> TenantId {
        TenantId::new(self.digest_of.as_str())
    }

    pub(super) fn since(&self) -> Option<Timestamp> {
        self.since_micros.map(Timestamp::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_back_and_all_else_is_the_time() {
        let now = Timestamp::from_micros(7);
        let asked = Asked::new(&TenantId::new("acme \"1\""), Some(now));
        assert_eq!(Tick::of(now, &asked.payload()), Tick::Asked(asked.clone()));
        assert_eq!((asked.tenant(), asked.since()), (TenantId::new("acme \"1\""), Some(now)));
        for payload in [&b""[..], b"{}", b"\xff", br#"{"digest_of":"a","since_micros":1,"x":2}"#] {
            assert_eq!(Tick::of(now, payload), Tick::Time(now));
        }
    }
}
