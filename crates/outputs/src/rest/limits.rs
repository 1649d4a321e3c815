//! What one caller, one request and all of them together may take. Each number has its reason.

use super::Rate;
use std::time::Duration;

/// The limits of the HTTP API.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of a request's body as it comes. A shipper's batch has one to ten.
    pub body_bytes_max: usize,
    /// Bytes of a body once it is decompressed. Logs shrink to a tenth; a bomb to a thousandth.
    pub decompressed_bytes_max: usize,
    /// Bytes of bodies held at once, all requests together: what the API may take of memory.
    pub bodies_bytes_max: usize,
    /// Events in one request: their fates are told one by one, in memory.
    pub events_max: usize,
    /// Connections at once; what is beyond is told so and closed.
    pub connections_max: usize,
    /// Time to send the head of a request, and to rest between two.
    pub head_wait: Duration,
    /// Time to send a whole body.
    pub body_wait: Duration,
    /// Time in which somebody who takes no bytes of an answer must take some.
    pub write_wait: Duration,
    /// Time to wait for room before events are refused. Short, so that senders hear of it and hold back.
    pub room_wait: Duration,
    /// Time in which a question must be answered.
    pub answer_wait: Duration,
    /// Questions to the stores at once: each is worth a core.
    pub questions_max: usize,
    /// Time for what is under way when the service stops.
    pub stop_wait: Duration,
    /// Requests of one caller; `None` for any number.
    pub requests: Option<Rate>,
    /// Events of one caller; `None` for any number.
    pub events: Option<Rate>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes_max: 16 << 20,
            decompressed_bytes_max: 64 << 20,
            bodies_bytes_max: 192 << 20,
            events_max: 65_536,
            connections_max: 1_024,
            head_wait: Duration::from_secs(15),
            body_wait: Duration::from_secs(60),
            write_wait: Duration::from_secs(30),
            room_wait: Duration::from_secs(2),
            answer_wait: Duration::from_secs(30),
            questions_max: 4,
            stop_wait: Duration::from_secs(10),
            requests: None,
            events: None,
        }
    }
}
