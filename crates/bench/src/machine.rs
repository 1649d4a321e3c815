//! What the kernel tells of this machine and of a process: CPU time, memory, descriptors, threads.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// The kernel counts CPU time in hundredths of a second (`USER_HZ`, the same on every Linux).
const TICKS_PER_SEC: f64 = 100.0;

/// What a process has used and holds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    /// User and system time so far.
    pub(crate) cpu_secs: f64,
    pub(crate) rss_mib: f64,
    /// The highest `rss_mib` so far.
    pub(crate) peak_mib: f64,
    pub(crate) descriptors: u64,
    pub(crate) threads: u64,
}

/// What a process has used; nothing if it is gone.
pub(crate) fn usage(pid: u32) -> Usage {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let status = read("status");
    let field = |name: &str| -> f64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
    };
    Usage {
        cpu_secs: cpu_secs(&read("stat")),
        rss_mib: field("VmRSS:") / 1024.0,
        peak_mib: field("VmHWM:") / 1024.0,
        descriptors: fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |fds| fds.count() as u64),
        threads: field("Threads:") as u64,
    }
}

/// CPU seconds of the calling thread so far, to the nanosecond.
pub(crate) fn own_cpu_secs() -> f64 {
    use nix::time::{ClockId, clock_gettime};
    let spent = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(std::time::Duration::from);
    spent.map_or(f64::NAN, |spent| spent.as_secs_f64())
}

/// CPU seconds of each thread of a process, by name; a number at a name's end is left out.
pub(crate) fn threads(pid: u32) -> BTreeMap<String, f64> {
    let mut threads = BTreeMap::new();
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return threads };
    for task in tasks.flatten() {
        let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let name = read("comm");
        let name = name.trim().trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
        *threads.entry(name.to_owned()).or_insert(0.0) += cpu_secs(&read("stat"));
    }
    threads
}

/// proc(5): fields 14 and 15, after a name that may hold anything.
fn cpu_secs(stat: &str) -> f64 {
    let Some((_, rest)) = stat.rsplit_once(") ") else { return 0.0 };
    let ticks = |at: usize| rest.split(' ').nth(at).and_then(|f| f.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / TICKS_PER_SEC
}

/// Runnable processes of the last minute.
pub(crate) fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

/// What the figures depend on, in one line.
pub(crate) fn conditions() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{cores} cores ({}), Linux {}, load {:.1}: everything shares them, also what sends",
        model.map_or("unknown", |(_, name)| name),
        kernel.trim(),
        load()
    )
}

/// A wait between two looks.
pub(crate) fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_do_not_mislead() {
        let stat = "7 (a) R 9 (b) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 1 1 1";
        assert_eq!(cpu_secs(stat), 2.0);
        let own = usage(std::process::id());
        assert!(own.rss_mib > 0.0 && own.threads > 0 && own.descriptors > 2, "{own:?}");
    }
}
