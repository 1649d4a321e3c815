//! What graphics drivers report.

use super::Sign;
use crate::kernel::classify::Family::{Hang, Hardware};
use crate::kernel::classify::Severity::{High, Medium};

/// NVIDIA's own driver, nouveau, and the drivers of `drivers/gpu/drm` with their scheduler.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        &["NVRM: Xid"],
        r"NVRM: Xid \((?:PCI:)?([0-9a-f:.]+)\): ([0-9]+)",
        "GPU_XID",
        (Hardware, High),
        "graphics error Xid {2} on {d}",
    )
    .on("gpu", 1)
    .with(&[("xid", 2)]),
    Sign::new(
        &["SXid ("],
        r"SXid \((?:PCI:)?([0-9a-f:.]+)\): ([0-9]+)",
        "GPU_XID",
        (Hardware, High),
        "switch error SXid {2} on {d}",
    )
    .on("gpu", 1)
    .with(&[("sxid", 2)]),
    Sign::new(
        &["fallen off the bus", "RmInitAdapter failed"],
        r"NVRM: .*?([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}(?:\.[0-9a-f])?).*?(fallen off the bus|RmInitAdapter failed)",
        "GPU_HANG",
        (Hang, High),
        "the graphics adapter {d} is gone",
    )
    .on("gpu", 1)
    .with(&[("what", 2)])
    .subtype("lost"),
    Sign::new(
        &[
            "GPU HANG",
            "GPU reset begin",
            "GPU lockup",
            "GPU fault detected",
            " timeout, signaled seq",
            "Timedout job: ",
            "submitted job timed out",
            "Engine reset: engine_class=",
            "gpu lockup",
            "hangcheck recover",
            "Resetting GPU for hang",
            "gpu sched timeout",
        ],
        r"(?:([a-z0-9_-]+ (?:[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]|[0-9a-f]+\.[a-z-]+)): )?.*?(GPU HANG|GPU reset begin|ring [a-z0-9_.]+ timeout|GPU lockup|GPU fault detected|Timedout job|submitted job timed out|Engine reset|detected gpu lockup|hangcheck recover|Resetting GPU for hang|gpu sched timeout)",
        "GPU_HANG",
        (Hang, High),
        "graphics hang on {d}",
    )
    .on("gpu", 1)
    .with(&[("what", 2)]),
    Sign::new(
        &["nouveau "],
        r"nouveau ([0-9a-f:.]+): (?:fifo: (fault|SCHED_ERROR|PBDMA)|gr: (?:TRAP|DATA_ERROR))",
        "GPU_HANG",
        (Hang, Medium),
        "graphics fault on {d}",
    )
    .on("gpu", 1)
    .subtype("fault"),
];
