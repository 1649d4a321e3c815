//! The metrics that conditions are read from: their names, units, and how a value is shown.

/// A metric that a host may report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its unit: `ratio` (0–1), `per_s`, `ms`, `count`, `per_cpu`, `percent`.
    pub unit: &'static str,
    /// Where Linux tells it.
    pub from: &'static str,
}

const fn metric(name: &'static str, unit: &'static str, from: &'static str) -> Metric {
    Metric { name, unit, from }
}

/// All of them.
pub const METRICS: &[Metric] = &[
    metric("memory.used_ratio", "ratio", "/proc/meminfo: 1 - MemAvailable / MemTotal"),
    metric("memory.stall_some", "percent", "/proc/pressure/memory: some avg10"),
    metric("memory.stall_full", "percent", "/proc/pressure/memory: full avg10"),
    metric("load.per_cpu", "per_cpu", "/proc/loadavg over the number of processors"),
    metric(
        "load.excess",
        "per_cpu",
        "load.per_cpu less cpu.busy_ratio: what waits without computing",
    ),
    metric("cpu.busy_ratio", "ratio", "/proc/stat"),
    metric("io.stall_some", "percent", "/proc/pressure/io: some avg10"),
    metric("io.stall_full", "percent", "/proc/pressure/io: full avg10"),
    metric("io.wait_ratio", "ratio", "/proc/stat: iowait"),
    metric("net.retransmit_ratio", "ratio", "/proc/net/snmp: RetransSegs / OutSegs"),
    metric("net.drops_per_s", "per_s", "/proc/net/dev: drop"),
    metric("net.errors_per_s", "per_s", "/proc/net/dev: errs"),
    metric("tcp.ports_used_ratio", "ratio", "sockets over net.ipv4.ip_local_port_range"),
    metric("tcp.orphans_ratio", "ratio", "/proc/net/sockstat: orphan over tcp_max_orphans"),
    metric("tcp.listen_overflows_per_s", "per_s", "/proc/net/netstat: ListenOverflows"),
    metric("tcp.memory_ratio", "ratio", "/proc/net/sockstat: mem over the third of tcp_mem"),
    metric("swap.in_pages_per_s", "per_s", "/proc/vmstat: pswpin"),
    metric("swap.out_pages_per_s", "per_s", "/proc/vmstat: pswpout"),
    metric("swap.used_ratio", "ratio", "/proc/meminfo: 1 - SwapFree / SwapTotal"),
    metric("disk.busy_ratio", "ratio", "/proc/diskstats: time doing I/O"),
    metric("disk.await_ms", "ms", "/proc/diskstats: time of requests over requests"),
    metric("disk.queue", "count", "/proc/diskstats: weighted time over time"),
    metric(
        "sched.runnable_per_cpu",
        "per_cpu",
        "/proc/loadavg: runnable over the number of processors",
    ),
    metric("sched.wait_ms", "ms", "/proc/schedstat: time waiting over slices"),
    metric("cpu.stall_some", "percent", "/proc/pressure/cpu: some avg10"),
    metric("syscall.per_s", "per_s", "tracepoint raw_syscalls:sys_enter"),
    metric("syscall.error_ratio", "ratio", "tracepoint raw_syscalls:sys_exit: ret < 0"),
    metric("syscall.p99_ms", "ms", "tracepoints raw_syscalls:sys_enter and sys_exit"),
    metric("fault.major_per_s", "per_s", "/proc/vmstat: pgmajfault"),
    metric("fault.minor_per_s", "per_s", "/proc/vmstat: pgfault less pgmajfault"),
];

/// Shares may be a little above 1, where the limit is a soft one; beyond this they are no shares.
const RATIO_MAX: f64 = 1.5;

impl Metric {
    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|metric| metric.name == name)
    }

    /// Whether a value can be one of this metric: nothing is used to 9,000 %, but a sender may count otherwise.
    pub fn is_of_unit(name: &str, value: f64) -> bool {
        match Metric::named(name).map_or("count", |metric| metric.unit) {
            "ratio" => value <= RATIO_MAX,
            "percent" => value <= RATIO_MAX * 100.0,
            _ => true,
        }
    }

    /// A value with its unit, for a sentence.
    pub fn show(name: &str, value: f64) -> String {
        match Metric::named(name).map_or("count", |metric| metric.unit) {
            "ratio" => format!("{:.1} %", value * 100.0),
            "percent" => format!("{value:.1} %"),
            "per_s" => format!("{value:.0}/s"),
            "ms" => format!("{value:.1} ms"),
            "per_cpu" => format!("{value:.2} per processor"),
            _ => format!("{value:.1}"),
        }
    }
}
