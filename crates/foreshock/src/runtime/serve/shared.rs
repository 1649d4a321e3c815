//! What the follower says to everyone else while it works: where it is, what troubles it, and what it published.
//! Reading it never waits for the engine.

use super::fold::DigestTimes;
use super::house::Round;
use super::views::Views;
use model::{Seq, Timestamp};
use outputs::rest::Created;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

/// What is said of a time before anything was received.
const NEVER: i64 = i64::MIN;

/// Written by the follower, read by anyone.
#[derive(Debug)]
pub(super) struct Shared {
    position: AtomicU64,
    latest: AtomicI64,
    needed: AtomicU64,
    trouble: Mutex<Option<String>>,
    house: Mutex<(Round, Option<String>)>,
    views: RwLock<Arc<Views>>,
    news: Mutex<News>,
    /// Told by who reads the settings again, until the follower takes it up.
    times: Mutex<Option<DigestTimes>>,
}

/// What single records brought lately.
#[derive(Debug, Default)]
struct News {
    /// Nothing is remembered of records before this one.
    from: Seq,
    /// Number, new kinds of message, new candidates; in the order in which they were taken in.
    all: VecDeque<(Seq, u64, u64)>,
}

/// Records that brought something and are remembered.
const NEWS_MAX: usize = 10_000;

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            position: AtomicU64::new(0),
            latest: AtomicI64::new(NEVER),
            needed: AtomicU64::new(0),
            trouble: Mutex::default(),
            house: Mutex::default(),
            views: RwLock::default(),
            news: Mutex::default(),
            times: Mutex::default(),
        }
    }
}

impl Shared {
    /// Says how far the engine has come.
    pub(super) fn came_to(&self, next: Seq, latest: Option<Timestamp>) {
        if let Some(latest) = latest {
            self.latest.fetch_max(latest.as_micros(), Ordering::Relaxed);
        }
        self.position.store(next.0, Ordering::Release);
    }

    /// Says from which record on the spool is needed to come back to where we are.
    pub(super) fn needs(&self, from: Seq) {
        self.needed.store(from.0, Ordering::Release);
    }

    /// Records from this one on must stay in the spool.
    pub(super) fn needed(&self) -> Seq {
        Seq(self.needed.load(Ordering::Acquire))
    }

    /// All records before this one are in what the engine knows.
    pub(super) fn position(&self) -> Seq {
        Seq(self.position.load(Ordering::Acquire))
    }

    /// Receipt of the latest record that the engine knows.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        let micros = self.latest.load(Ordering::Relaxed);
        (micros != NEVER).then(|| Timestamp::from_micros(micros))
    }

    /// Says what keeps the follower from going on, or that nothing does.
    pub(super) fn troubled(&self, by: Option<String>) {
        *self.trouble.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = by;
    }

    /// What keeps the follower from going on.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Says when digests are due from now on.
    pub(super) fn set_times(&self, times: DigestTimes) {
        *self.times.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(times);
    }

    /// When digests are due from now on, if that was said since this was last asked.
    pub(super) fn new_times(&self) -> Option<DigestTimes> {
        self.times.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }

    /// Says what keeping house came to.
    pub(super) fn kept_house(&self, done: Result<Round, String>) {
        let mut house = self.house.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match done {
            Ok(round) => *house = (house.0.and(&round), None),
            Err(why) => house.1 = Some(why),
        }
    }

    /// What keeping house has come to since the start, and what went wrong with it last.
    pub(super) fn house(&self) -> (Round, Option<String>) {
        self.house.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Says what records before `to` brought.
    pub(super) fn brought(&self, news: &[(Seq, u64, u64)]) {
        let mut known = self.news.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        known.all.extend(news);
        while known.all.len() > NEWS_MAX {
            if let Some((seq, ..)) = known.all.pop_front() {
                known.from = known.from.max(Seq(seq.0 + 1));
            }
        }
    }

    /// What the records from `first` to `last` brought; `None` if that is not known, or not any more.
    pub(super) fn created(&self, first: Seq, last: Seq) -> Option<Created> {
        if last >= self.position() {
            return None;
        }
        let known = self.news.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if first < known.from {
            return None;
        }
        let within = known.all.iter().filter(|(seq, ..)| (first..=last).contains(seq));
        Some(within.fold(Created::default(), |sum, (_, signatures, candidates)| Created {
            signatures: sum.signatures + signatures,
            candidates: sum.candidates + candidates,
        }))
    }

    /// Puts what is known now in the place of what was known before.
    pub(super) fn publish(&self, views: Views) {
        *self.views.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(views);
    }

    /// What is known, as it was published last.
    pub(super) fn views(&self) -> Arc<Views> {
        Arc::clone(&self.views.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}
