//! Counters of the API itself, for `/metrics`.

use axum::http::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the intervals of the time to an acknowledgement, in milliseconds.
pub(crate) const ACK_MS: [f64; 11] =
    [1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 25.0, 50.0, 100.0, 250.0, 1_000.0];

#[derive(Debug, Default)]
pub(crate) struct Count {
    /// Answers by the first digit of their status.
    answers: [AtomicU64; 6],
    /// Open connections.
    pub(crate) connections: AtomicU64,
    /// Connections that were refused because there were too many.
    pub(crate) connections_refused: AtomicU64,
    ack: [AtomicU64; ACK_MS.len() + 1],
    ack_micros: AtomicU64,
}

/// The time to acknowledgements.
pub(crate) struct Acks {
    /// In each interval, and beyond the last.
    pub(crate) counts: [u64; ACK_MS.len() + 1],
    /// All together.
    pub(crate) secs: f64,
}

pub(crate) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

pub(crate) fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Count {
    pub(crate) fn answer(&self, status: StatusCode) {
        add(&self.answers[usize::from(status.as_u16() / 100).min(5)], 1);
    }

    /// Answers of each class: 1xx to 5xx.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.answers.iter().map(get).enumerate().skip(1)
    }

    pub(crate) fn acknowledged(&self, took: Duration) {
        let ms = took.as_secs_f64() * 1e3;
        let place = ACK_MS.iter().position(|end| ms <= *end).unwrap_or(ACK_MS.len());
        add(&self.ack[place], 1);
        add(&self.ack_micros, took.as_micros() as u64);
    }

    pub(crate) fn acks(&self) -> Acks {
        let mut counts = [0; ACK_MS.len() + 1];
        for (count, counter) in counts.iter_mut().zip(&self.ack) {
            *count = get(counter);
        }
        Acks { counts, secs: get(&self.ack_micros) as f64 / 1e6 }
    }
}
