//! The ten conditions as data. Limits are those of documented sources; where a source names none, a
//! condition is judged against the host's own baseline alone.

use super::{Classifier, Needs, Term};
use crate::host::signal::Category;

const PSI: &str =
    "kernel documentation, accounting/psi; systemd-oomd acts at 60 % full (oomd.conf(5))";
const OWN: &str = "the host's own baseline";

const fn term(
    metric: &'static str,
    label: &'static str,
    phrase: &'static str,
    limits: Option<(f64, f64)>,
    matters_from: f64,
    source: &'static str,
) -> Term {
    Term { metric, label, phrase, limits, matters_from, source, needs: None }
}

const fn needing(term: Term, any_of: &'static [(&'static str, f64)], unknown_counts: bool) -> Term {
    Term { needs: Some(Needs { any_of, unknown_counts }), ..term }
}

/// The ten conditions, in the order of the document.
pub const CLASSIFIERS: &[Classifier] = &[
    Classifier {
        name: "memory_pressure",
        category: Category::Symptom,
        terms: &[
            term(
                "memory.used_ratio",
                "memory_nearly_full",
                "memory in use",
                Some((0.90, 0.98)),
                0.2,
                "kernel documentation, sysctl/vm: watermarks; oomd.conf(5) SwapUsedLimit= 90 %",
            ),
            term(
                "memory.stall_full",
                "stalled_on_memory",
                "time in which all work waits for memory",
                Some((10.0, 60.0)),
                1.0,
                PSI,
            ),
            term(
                "memory.stall_some",
                "waiting_for_memory",
                "time in which some work waits for memory",
                Some((30.0, 80.0)),
                2.0,
                PSI,
            ),
        ],
        hints: &[
            "which process grew: ps -eo pid,rss,comm --sort=-rss | head",
            "cat /proc/pressure/memory",
            "journalctl -k -g 'Out of memory'",
        ],
    },
    Classifier {
        name: "load_mismatch",
        category: Category::Symptom,
        terms: &[
            term(
                "load.excess",
                "load_without_computing",
                "load beyond what the processors are busy with",
                Some((2.0, 8.0)),
                0.5,
                "proc(5), loadavg: tasks that run or wait for disk",
            ),
            term(
                "load.per_cpu",
                "more_work_than_processors",
                "load",
                Some((2.0, 6.0)),
                0.7,
                "proc(5), loadavg: above 1 per processor tasks wait",
            ),
        ],
        hints: &[
            "tasks that wait for disk: ps -eo state,pid,wchan,comm | grep ^D",
            "cat /proc/pressure/io",
        ],
    },
    Classifier {
        name: "io_congestion",
        category: Category::Symptom,
        terms: &[
            term(
                "io.stall_full",
                "stalled_on_io",
                "time in which all work waits for disks",
                Some((20.0, 80.0)),
                2.0,
                PSI,
            ),
            term(
                "io.stall_some",
                "waiting_for_io",
                "time in which some work waits for disks",
                Some((40.0, 90.0)),
                5.0,
                PSI,
            ),
            term(
                "io.wait_ratio",
                "processors_wait_for_io",
                "processors that wait for disks",
                Some((0.3, 0.8)),
                0.05,
                "proc(5), stat: iowait",
            ),
        ],
        hints: &["which process: pidstat -d 1 5", "iostat -x 1 5"],
    },
    Classifier {
        name: "network_degradation",
        category: Category::Symptom,
        terms: &[
            term(
                "net.retransmit_ratio",
                "packets_sent_again",
                "segments sent again",
                Some((0.02, 0.10)),
                0.002,
                "RFC 5681: each loss halves the window; 2 % is felt on any path",
            ),
            term("net.drops_per_s", "packets_dropped", "packets dropped", None, 1.0, OWN),
            term(
                "net.errors_per_s",
                "broken_frames",
                "broken frames",
                Some((1.0, 100.0)),
                0.1,
                "ethtool(8): a sound link has none",
            ),
        ],
        hints: &["ip -s link", "ss -ti | grep retrans", "ethtool -S"],
    },
    Classifier {
        name: "tcp_exhaustion",
        category: Category::Symptom,
        terms: &[
            term(
                "tcp.ports_used_ratio",
                "local_ports_nearly_gone",
                "local ports in use",
                Some((0.7, 0.95)),
                0.1,
                "kernel documentation, networking/ip-sysctl: ip_local_port_range",
            ),
            term(
                "tcp.listen_overflows_per_s",
                "connections_refused",
                "connections that found the queue full",
                Some((0.1, 10.0)),
                0.1,
                "listen(2): beyond the backlog connections are dropped",
            ),
            term(
                "tcp.orphans_ratio",
                "orphaned_connections",
                "orphaned connections",
                Some((0.5, 0.9)),
                0.1,
                "kernel documentation, networking/ip-sysctl: tcp_max_orphans",
            ),
            term(
                "tcp.memory_ratio",
                "socket_memory_nearly_full",
                "memory of sockets",
                Some((0.7, 0.95)),
                0.1,
                "kernel documentation, networking/ip-sysctl: tcp_mem",
            ),
        ],
        hints: &["ss -s", "ss -tan state time-wait | wc -l", "nstat -az TcpExtListenOverflows"],
    },
    Classifier {
        name: "swap_thrashing",
        category: Category::Symptom,
        terms: &[
            term(
                "swap.in_pages_per_s",
                "reading_memory_back",
                "pages read back from swap",
                Some((200.0, 5_000.0)),
                20.0,
                "vmstat(8), si: steady reading back is thrashing; 200 pages are 0.8 MB a second",
            ),
            term(
                "swap.out_pages_per_s",
                "moving_memory_out",
                "pages moved out to swap",
                None,
                50.0,
                OWN,
            ),
            // Full swap that nobody touches costs nothing: thrashing is pages that move.
            needing(
                term(
                    "swap.used_ratio",
                    "swap_nearly_full",
                    "swap in use",
                    Some((0.9, 0.99)),
                    0.3,
                    "oomd.conf(5) SwapUsedLimit= 90 %, while pages move: vmstat(8), si and so",
                ),
                &[("swap.in_pages_per_s", 20.0), ("swap.out_pages_per_s", 50.0)],
                false,
            ),
        ],
        hints: &["vmstat 1 5", "which process: smem -s swap, or grep VmSwap /proc/*/status"],
    },
    Classifier {
        name: "block_device_saturation",
        category: Category::Symptom,
        terms: &[
            // A device that serves many requests at once is busy all the time long before it is saturated.
            needing(
                term(
                    "disk.busy_ratio",
                    "device_always_busy",
                    "time in which the device works",
                    Some((0.9, 1.0)),
                    0.3,
                    "iostat(1), %util: near 100 % a serial device is saturated; of one that serves requests in parallel it tells no limit, requests must wait",
                ),
                &[("disk.await_ms", 5.0), ("disk.queue", 2.0)],
                true,
            ),
            term(
                "disk.await_ms",
                "slow_requests",
                "time that a request takes",
                Some((50.0, 500.0)),
                5.0,
                "iostat(1), await; 50 ms is five turns of a disk of 7,200 rpm",
            ),
            term("disk.queue", "requests_queue_up", "requests that wait", None, 2.0, OWN),
        ],
        hints: &["iostat -x 1 5", "smartctl -a of the device", "journalctl -k -g 'I/O error'"],
    },
    Classifier {
        name: "scheduler",
        category: Category::Symptom,
        terms: &[
            term(
                "cpu.stall_some",
                "waiting_for_processors",
                "time in which some work waits for processors",
                Some((40.0, 90.0)),
                5.0,
                PSI,
            ),
            term(
                "sched.runnable_per_cpu",
                "run_queue_long",
                "tasks that could run",
                Some((3.0, 10.0)),
                1.0,
                "vmstat(8), r: above the number of processors tasks wait",
            ),
            term("sched.wait_ms", "late_to_run", "time that a task waits to run", None, 2.0, OWN),
        ],
        hints: &[
            "cat /proc/pressure/cpu",
            "pidstat -w 1 5",
            "ps -eo pid,pcpu,comm --sort=-pcpu | head",
        ],
    },
    Classifier {
        name: "syscall",
        category: Category::Context,
        terms: &[
            term("syscall.error_ratio", "calls_fail", "system calls that fail", None, 0.05, OWN),
            term(
                "syscall.p99_ms",
                "calls_are_slow",
                "time of the slowest hundredth of system calls",
                None,
                5.0,
                OWN,
            ),
            term("syscall.per_s", "more_calls", "system calls", None, 1_000.0, OWN),
        ],
        hints: &["which process: perf trace -s -a sleep 5", "strace -c -p of the process"],
    },
    Classifier {
        name: "page_fault",
        category: Category::Context,
        terms: &[
            term(
                "fault.major_per_s",
                "reading_pages_from_disk",
                "pages read from disk on access",
                Some((500.0, 5_000.0)),
                20.0,
                "getrusage(2), ru_majflt: each waits for a disk; 500 keep one of 7,200 rpm busy",
            ),
            term(
                "fault.minor_per_s",
                "mapping_many_pages",
                "pages mapped on access",
                None,
                5_000.0,
                OWN,
            ),
        ],
        hints: &["ps -eo pid,maj_flt,min_flt,comm --sort=-maj_flt | head", "vmstat 1 5"],
    },
];
