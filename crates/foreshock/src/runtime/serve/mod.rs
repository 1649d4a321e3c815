//! The service: receivers → spool → understood in parallel → engine → stores, and what is published of it.
//!
//! ```text
//!  receivers ─► spool (answers after the sync) ─► read ─► understand ×N ─► fold ─► keep ─► state, events
//!                    ▲                            follow      sheet         │                 │
//!  clock ────────────┘ ticks                                                └► views ◄─ API   └► digests
//! ```
//!
//! | file | turns | into |
//! |---|---|---|
//! | `stores` | a state folder | the stores, open, and the place to go on from |
//! | `receivers` | settings | running receivers |
//! | `whose` | settings | whose the records of a listener are |
//! | `refused` | settings | what a start would refuse, without a start |
//! | `passed` | the service manager | sockets that it opened for us |
//! | `live` | settings that are read again | what changes while the service runs |
//! | `follow` | the spool | stretches of records, in order |
//! | `reading` | a spool | the same, once, to its end |
//! | `sheet` | a stretch | events, on any thread |
//! | `guard`, `quarantine` | records that make the program fail | set apart, the others as if they were not there |
//! | `again` | the latest snapshot | a state, and the records behind it |
//! | `seen` | records that come twice | once |
//! | `heard`, `health` | records, ticks | how each source fares, and how much was heard at all |
//! | `fold` | events and ticks | the state: the same from the start or from any snapshot |
//! | `keep` | what followed | rows, events, snapshots |
//! | `digests` | digests | files |
//! | `follower` | the above, in turn | a thread |
//! | `precedence` | busy processors | receivers before those who understand |
//! | `house` | age, size, bands | what goes, and evidence that stays |
//! | `views`, `shared`, `status`, `rows`, `backlog` | the state now and then | what readers see |
//! | `ticker` | the clock | records |
//! | `letters` | what could not be taken | dead letters, to be read and taken in again |
//! | `asked` | who wants a digest now | a record, and back |
//! | `known` | a state folder | what is known, for who only reads |
//! | `once` | files, read once | what is new in them, in the spool; the digest of it |
//! | `zone` | the first who says | the zone of times that name none |
//! | `api` | all of it | what stands behind the HTTP API |
//!
//! Nothing here holds up a receiver: they wait for the spool alone.

mod again;
mod api;
mod asked;
mod backlog;
mod digests;
mod fold;
mod follow;
mod follower;
mod guard;
mod health;
mod heard;
mod house;
mod keep;
pub(crate) mod known;
pub(crate) mod letters;
mod live;
pub(crate) mod once;
mod passed;
mod precedence;
mod quarantine;
mod reading;
mod receivers;
mod refused;
mod rows;
mod seen;
mod shared;
mod sheet;
mod status;
mod stores;
#[cfg(test)]
mod tests;
mod ticker;
mod views;
mod whose;
mod zone;

pub(crate) use api::{TOKEN_NEW, tokens};
pub(crate) use digests::folder_of;
pub(crate) use fold::DigestTimes;
pub(crate) use house::Retention;
pub(crate) use passed::Passed;
pub(crate) use reading::Reading;
pub(crate) use refused::{certificates, refused, tokens_of};
pub(crate) use rows::SourceNow;
pub(crate) use status::{CoverageNow, Intake, Status};
pub(crate) use stores::{Stores, Understanding};

use anyhow::Context;
use backlog::Backlog;
use follow::End;
use house::House;
use live::Live;
use model::Timestamp;
use outputs::rest::{Anonymous, Server};
use receivers::Receivers;
use shared::Shared;
use sources::inlet::{Stop, system_clock};
use status::Facts;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use store::spool::Epoch;
use stores::Rest;
use ticker::Ticker;

/// The clock enters so often.
const TICK_EVERY: Duration = Duration::from_secs(10);
/// The service says how it is so often.
const STATUS_EVERY: Duration = Duration::from_secs(1);
/// Threads that answer requests; questions to the stores have further ones.
const HTTP_THREADS: usize = 2;
/// House is kept so often.
const HOUSE_EVERY: Duration = Duration::from_secs(30);
/// The signs to end are looked at so often.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running service.
pub(crate) struct Service {
    rest: Rest,
    receivers: Receivers,
    ticker: Ticker,
    house: JoinHandle<()>,
    http: Option<Server>,
    stop: Stop,
    facts: Arc<Facts>,
    end: End,
    follower: JoinHandle<bool>,
    live: Live,
}

impl Service {
    /// Starts what a folder and settings ask for.
    ///
    /// # Errors
    /// If the folder cannot be used, an address is taken, or the system gives no threads.
    pub(crate) fn start(
        folder: &Path,
        how: Understanding,
        settings: &crate::config::Service,
        mut passed: Passed,
    ) -> anyhow::Result<Service> {
        let now = (system_clock())();
        let stores = Stores::open(folder, now)?;
        let how = Understanding { zone_offset_secs: zone::settle(folder, None)?, ..how };
        let (shared, unread, end) = (Arc::new(Shared::default()), Arc::default(), End::default());
        let (follower, mut rest) = stores.follower(how, &shared, &unread, &end)?;
        let http = listen_http(settings, passed.http.take())?;
        let address = http.as_ref().map(TcpListener::local_addr).transpose()?;
        let live = Live::new(settings);
        live.set(settings, live::tokens(settings, address)?);
        let receivers = Receivers::start(settings, passed, &rest.spool, folder)?;
        let letters = letters::Letters::open(folder, Epoch(stores::random()), now);
        let letters = Arc::new(letters.context("cannot use the folder of dead letters")?);
        let facts = Facts {
            spool: Arc::clone(&rest.spool),
            events: Arc::clone(&rest.events),
            receivers: receivers.counters(),
            meter: Arc::default(),
            tokens: Arc::clone(&live.tokens),
            shared: Arc::clone(&shared),
            unread: Arc::clone(&unread),
            quarantine: Arc::clone(&rest.quarantine),
            letters: Arc::clone(&letters),
            http: OnceLock::new(),
            backlog: Backlog::default(),
            tenants: std::mem::take(&mut rest.tenants),
            started_at: now,
        };
        let facts = Arc::new(facts);
        let http =
            http.map(|listener| serve_http(listener, settings, &live, &facts)).transpose()?;
        if let Some(http) = &http {
            let _ = facts.http.set(http.local_addr());
        }
        let thread = std::thread::Builder::new().name("follow".to_owned());
        let follow = move || {
            precedence::give_way();
            follower.run()
        };
        let follower = thread.spawn(follow).context("cannot start a thread")?;
        let ticker = Ticker::new(rest.spool.clone());
        let stop = Stop::new();
        let memory = rest.memory.take().context("the memory is in use")?;
        let (spool, events) = (Arc::clone(&rest.spool), Arc::clone(&rest.events));
        let (retention, know) = (Arc::clone(&live.retention), Arc::clone(&shared));
        let house = House::new(&rest.folder, retention, spool, events, memory, know)?;
        let house = keep_house(house, letters, &shared, &stop).context("cannot start a thread")?;
        Ok(Service { rest, receivers, ticker, house, http, stop, facts, end, follower, live })
    }

    /// Where receivers listen, by their names.
    pub(crate) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let mut addresses = self.receivers.addresses();
        addresses.extend(self.http.as_ref().map(|http| ("http".to_owned(), http.local_addr())));
        addresses
    }

    /// What was found while opening that a person should know.
    pub(crate) fn notes(&self) -> &[String] {
        &self.rest.notes
    }

    /// How it is.
    pub(crate) fn status(&self, now: Timestamp) -> Status {
        self.facts.status(now)
    }

    /// Takes settings up that were read again: tokens, whose records are, the digests' times, retention, the files that
    /// are followed, certificates.
    ///
    /// # Errors
    /// If a file that they name is wrong: then what was before holds.
    pub(crate) fn reload(
        &mut self,
        settings: &crate::config::Service,
        files_changed: bool,
    ) -> anyhow::Result<()> {
        let tokens = live::tokens(settings, self.http.as_ref().map(Server::local_addr))?;
        self.receivers.reload(settings, files_changed)?;
        self.live.set(settings, tokens);
        self.facts.shared.set_times(DigestTimes::of_settings(settings));
        Ok(())
    }

    /// Works until `is_over`, which is asked many times a second and may do things in between; `each` is called about
    /// once a second with the state of things.
    pub(crate) fn run(
        &mut self,
        mut is_over: impl FnMut(&mut Service) -> bool,
        mut each: impl FnMut(&Status),
    ) {
        let clock = system_clock();
        let (mut ticked, mut told) = (None::<Instant>, None::<Instant>);
        let is_due = |last: Option<Instant>, every| last.is_none_or(|at| at.elapsed() >= every);
        while !is_over(self) {
            if is_due(ticked, TICK_EVERY) {
                self.ticker.tick(clock());
                ticked = Some(Instant::now());
            }
            if is_due(told, STATUS_EVERY) {
                let status = self.status(clock());
                // Who reads it may be served an older one; the disk may be full.
                let _ = status.write(&self.rest.folder);
                each(&status);
                told = Some(Instant::now());
            }
            if self.follower.is_finished() {
                return;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Ends in order: receivers stop, what they had is made durable, and the state is written down. Who follows gets at
    /// most `patience` to catch up; what it has not read by then is read after the next start. Whether all was well.
    pub(crate) fn stop(self, patience: Duration) -> bool {
        let Service { rest, receivers, facts, end, follower, http, .. } = self;
        self.stop.set();
        // Nobody is told that something is stored which is not: requests under way get their answers.
        let is_served = http.is_none_or(|http| http.stop().is_ok());
        receivers.stop();
        end.when_caught_up();
        let began = Instant::now();
        while !follower.is_finished() && began.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        end.now();
        let is_kept = follower.join().unwrap_or(false);
        let _ = self.house.join();
        let status = facts.status((system_clock())());
        let _ = Status { state: "stopped".to_owned(), ..status }.at_rest().write(&rest.folder);
        is_kept && is_served
    }
}

/// Threads that understand records.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8)
}

/// Where the API listens: at the address of the settings, or at a socket that was passed.
fn listen_http(
    settings: &crate::config::Service,
    passed: Option<TcpListener>,
) -> anyhow::Result<Option<TcpListener>> {
    if passed.is_some() {
        return Ok(passed);
    }
    let bind = |address| {
        TcpListener::bind(address).with_context(|| {
            format!("cannot listen for http on {address}; name another address, or stop who has it")
        })
    };
    settings.http.map(bind).transpose()
}

/// Answers requests on threads of their own.
fn serve_http(
    listener: TcpListener,
    settings: &crate::config::Service,
    live: &Live,
    facts: &Arc<Facts>,
) -> anyhow::Result<Server> {
    let status = {
        let facts = Arc::clone(facts);
        move || facts.status((system_clock())())
    };
    let mut backing = api::backing(facts, status, live, settings.tenant.clone());
    if settings.tokens_for_all {
        backing.settings.anonymous = Anonymous::Never;
    }
    Server::start(listener, backing, HTTP_THREADS).context("cannot serve http")
}

/// Keeps house on a thread of its own.
fn keep_house(
    mut house: House,
    letters: Arc<letters::Letters>,
    shared: &Arc<Shared>,
    stop: &Stop,
) -> io::Result<JoinHandle<()>> {
    let (shared, stop) = (Arc::clone(shared), stop.clone());
    std::thread::Builder::new().name("house".to_owned()).spawn(move || {
        while !stop.wait(HOUSE_EVERY) {
            let now = (system_clock())();
            let done = house.round(now).and_then(|round| {
                letters.keep_house(now)?;
                Ok(round)
            });
            shared.kept_house(done.map_err(|error| format!("{error:#}")));
        }
    })
}
