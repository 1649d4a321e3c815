//! A seed → one tenant's fleet: hosts, services and kinds of message with the rhythm that each has on
//! each of its hosts. The mixture is written down here and nowhere else.

use crate::chance::Chance;
use crate::rhythm::{Beat, HOUR, Millis, Rhythm, Tide};
use crate::words::{Message, Press, names};
use model::Severity;

/// Share of the kinds that are daily jobs.
const JOBS: f64 = 0.12;
/// Share that are timers.
const TIMERS: f64 = 0.08;
/// Share of all kinds that have a day and a night. Only flows have one, so of those it is more.
const TIDES: f64 = 0.30;
/// Share of all kinds that are over-dispersed; half of them clumps, half waves. Drawn apart from the
/// tide, so that some have both, as in life.
const OVERDISPERSED: f64 = 0.25;
/// Share of the kinds that several hosts have.
const SHARED: f64 = 0.10;
/// Flows: the median rate an hour on one host, the deviation of its logarithm, and its bounds.
const MEDIAN_PER_HOUR: f64 = 2.0;
const SIGMA: f64 = 1.5;
const PER_HOUR: (f64, f64) = (0.02, 60.0);
/// What the host's own work does to the rate of a kind that several have.
const HOST_SIGMA: f64 = 0.4;

/// One kind of message on one host: the engine's cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) message: Message,
    pub(crate) rhythm: Rhythm,
}

/// How large a fleet is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) signatures: usize,
    pub(crate) hosts: usize,
    pub(crate) services: usize,
    pub(crate) days: u32,
}

impl Size {
    /// The stream ends here.
    pub(crate) fn end(&self) -> Millis {
        self.days * 24 * HOUR
    }
}

/// All cells of the tenant.
pub(crate) struct Fleet {
    pub(crate) size: Size,
    pub(crate) cells: Vec<Cell>,
}

impl Fleet {
    /// The fleet of this seed.
    pub(crate) fn drawn(seed: u64, size: Size) -> Fleet {
        let mut chance = Chance::of(&[seed, 1]);
        let hosts = names(&mut chance, size.hosts);
        let services = names(&mut chance, size.services);
        // Some hosts do far more than others.
        let work: Vec<f64> = hosts.iter().map(|_| chance.log_normal(1.0, 0.7)).collect();
        let mut press = Press::default();
        let mut cells = Vec::new();
        for number in 0..size.signatures as u64 {
            let mut chance = Chance::of(&[seed, 2, number]);
            let service = chance.pick(&services).clone();
            let severity = severity(&mut chance);
            let rhythm = rhythm(&mut chance);
            let mut homes = vec![chance.weighted(&work)];
            if chance.happens(SHARED) {
                let more = chance.whole(1, 7);
                homes.extend((0..more).map(|_| chance.weighted(&work)));
                homes.sort_unstable();
                homes.dedup();
            }
            let message = press.message(&mut chance, "", &service, severity);
            for home in homes {
                let mut rhythm = rhythm;
                if rhythm.is_flow() {
                    let rate = rhythm.per_hour * chance.log_normal(1.0, HOST_SIGMA);
                    rhythm.per_hour = rate.clamp(PER_HOUR.0, PER_HOUR.1);
                }
                cells.push(Cell { message: message.on(&hosts[home]), rhythm });
            }
        }
        Fleet { size, cells }
    }

    /// The usual times of one cell; what is injected comes on top and changes none of them.
    pub(crate) fn times(&self, seed: u64, cell: usize) -> Vec<Millis> {
        let mut chance = Chance::of(&[seed, 3, cell as u64]);
        self.cells[cell].rhythm.times(&mut chance, self.size.end())
    }
}

fn severity(chance: &mut Chance) -> Severity {
    let levels = [Severity::Info, Severity::Notice, Severity::Warning];
    levels[chance.weighted(&[0.78, 0.12, 0.10])]
}

fn rhythm(chance: &mut Chance) -> Rhythm {
    let kind = chance.share();
    if kind < JOBS {
        return job(chance);
    }
    if kind < JOBS + TIMERS {
        return timer(chance);
    }
    let flows = 1.0 - JOBS - TIMERS;
    let rate = chance.log_normal(MEDIAN_PER_HOUR, SIGMA).clamp(PER_HOUR.0, PER_HOUR.1);
    let tide = chance.happens(TIDES / flows).then(|| Tide::drawn(chance));
    let beat = match chance.happens(OVERDISPERSED / flows) {
        false => Beat::Single,
        true if chance.happens(0.5) => {
            Beat::Clumps { size: chance.between(2.0, 4.0), gap_secs: chance.log_between(2.0, 60.0) }
        }
        true => {
            // Below a shape of ½ a rare message would have whole hours of trouble now and then,
            // and those are no false alarms.
            let dispersion = chance.between(3.0, 8.0);
            Beat::Waves { shape: (rate / (dispersion - 1.0)).max(0.5) }
        }
    };
    Rhythm { per_hour: rate, beat, tide }
}

fn job(chance: &mut Chance) -> Rhythm {
    let lines = chance.log_between(5.0, 200.0);
    let beat = Beat::Job {
        // Night is the usual time of jobs, but not the only one.
        second_of_day: 3_600.0
            * if chance.happens(0.7) {
                chance.between(0.5, 6.0)
            } else {
                chance.between(6.0, 23.5)
            },
        lines,
        within_secs: chance.log_between(10.0, 600.0),
        jitter_secs: chance.log_between(5.0, 300.0),
        working_days: chance.happens(0.25),
    };
    Rhythm { per_hour: lines / 24.0, beat, tide: None }
}

fn timer(chance: &mut Chance) -> Rhythm {
    let every_secs = 60.0 * chance.log_between(1.0, 30.0);
    let beat = Beat::Timer { every_secs, jitter: chance.log_between(0.002, 0.1) };
    Rhythm { per_hour: 3_600.0 / every_secs, beat, tide: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mixture that is stated is the one that is drawn.
    #[test]
    fn the_mixture_is_as_stated() {
        let size = Size { signatures: 2_000, hosts: 40, services: 60, days: 21 };
        let fleet = Fleet::drawn(1, size);
        let mut kinds: Vec<&Cell> = fleet.cells.iter().collect();
        kinds.dedup_by_key(|cell| cell.message.signature);
        assert_eq!(kinds.len(), 2_000);
        let share = |is: &dyn Fn(&Rhythm) -> bool| {
            kinds.iter().filter(|cell| is(&cell.rhythm)).count() as f64 / 2_000.0
        };
        let is_overdispersed =
            |r: &Rhythm| matches!(r.beat, Beat::Clumps { .. } | Beat::Waves { .. });
        for (found, stated) in [
            (share(&|r| r.family() == "daily job"), JOBS),
            (share(&|r| r.family() == "timer"), TIMERS),
            (share(&|r| r.tide.is_some()), TIDES),
            (share(&is_overdispersed), OVERDISPERSED),
        ] {
            assert!((found - stated).abs() < 0.03, "{found} not {stated}");
        }
        let mut rates: Vec<f64> =
            kinds.iter().filter(|c| c.rhythm.is_flow()).map(|c| c.rhythm.per_hour).collect();
        rates.sort_by(f64::total_cmp);
        let at = |share: f64| rates[(rates.len() as f64 * share) as usize];
        assert!((at(0.5) / MEDIAN_PER_HOUR).ln().abs() < 0.15, "{}", at(0.5));
        // One deviation of the logarithm up and down holds 68 %.
        assert!(((at(0.841) / at(0.159)).ln() / 2.0 - SIGMA).abs() < 0.2);
        assert!(fleet.cells.len() > 2_300 && fleet.cells.len() < 3_200, "{}", fleet.cells.len());
    }
}
