//! Processor, memory, bus, temperature, graphics.

use super::Sign;
use crate::kernel::classify::Family::{Hang, Hardware};
use crate::kernel::classify::Severity::{Critical, High, Info, Medium};

/// Machine checks, EDAC, AER, APEI (UEFI CPER), thermal, and what graphics drivers report.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        &["Machine Check"],
        r"CPU ([0-9]+): Machine Check(?: Exception)?: +([0-9a-f]+) Bank ([0-9]+): ([0-9a-f]+)",
        "MCE_CORRECTED",
        (Hardware, High),
        "machine check, bank {3}",
    )
    .on("cpu", 1)
    .with(&[("bank", 3), ("status", 4), ("mcg_status", 2)]),
    Sign::new(
        &["Machine check events logged"],
        "Machine check events logged",
        "MCE_CORRECTED",
        (Hardware, High),
        "machine check events logged",
    ),
    Sign::new(
        &["achine check"],
        r"(Fatal [Mm]achine check|Machine check in kernel mode|Uncorrected (?:hardware )?memory error|Processor context corrupt)",
        "MCE_FATAL",
        (Hardware, Critical),
        "fatal machine check",
    ),
    Sign::new(
        &["Deferred error", "Corrected error, no action required", "Uncorrected, software"],
        r"\[Hardware Error\]: (Deferred error|Corrected error|Uncorrected, software [a-z]+ error)",
        "MCE_CORRECTED",
        (Hardware, High),
        "machine check: {1}",
    ),
    Sign::new(
        &["Hardware Error"],
        r"\{?[0-9]*\}?\[Hardware Error\]: event severity: (fatal)",
        "CPER",
        (Hardware, Critical),
        "firmware reports a fatal hardware error",
    ),
    Sign::new(
        &["Hardware Error"],
        r"\[Hardware Error\]: (?:event severity: (corrected|recoverable|info)|Hardware error from APEI)",
        "CPER",
        (Hardware, Medium),
        "firmware reports a hardware error",
    ),
    Sign::new(
        &["EDAC"],
        r"EDAC ([A-Za-z0-9]+)(?: [A-Za-z0-9_]+)?:? .*?([0-9]+) UE |EDAC ([A-Za-z0-9]+): UE ",
        "EDAC_UE",
        (Hardware, Critical),
        "uncorrectable memory error on {d}",
    )
    .on("dimm", 1)
    .with(&[("count", 2)]),
    Sign::new(
        &["EDAC"],
        r"EDAC ([A-Za-z0-9]+)(?: [A-Za-z0-9_]+)?:? .*?([0-9]+) CE (?:.*? on ([^ ]+))?|EDAC ([A-Za-z0-9]+): CE ",
        "EDAC_CE",
        (Hardware, Medium),
        "corrected memory error on {d}",
    )
    .on("dimm", 1)
    .with(&[("count", 2), ("dimm", 3)]),
    Sign::new(
        &["PCIe Bus Error: severity=", "AER: aer_status", "Multiple Uncorrected", "AER: Uncorrected", "AER: Multiple Unc"],
        r"([^ ]+ [0-9a-f:.]+): (?:AER: )?(?:PCIe Bus Error: severity=Uncorrected \(Fatal\)|AER: (?:Multiple )?Uncorrected \(Fatal\))",
        "AER_FATAL",
        (Hardware, Critical),
        "fatal PCIe error on {d}",
    )
    .on("pci", 1),
    Sign::new(
        &["PCIe Bus Error: severity=", "AER: Uncorrected", "AER: Multiple Unc"],
        r"([^ ]+ [0-9a-f:.]+): (?:AER: )?(?:PCIe Bus Error: severity=Uncorrected|(?:AER: )?(?:Multiple )?Uncorrected)",
        "AER_NONFATAL",
        (Hardware, High),
        "uncorrected PCIe error on {d}",
    )
    .on("pci", 1),
    Sign::new(
        &["PCIe Bus Error: severity=", "AER: Corrected error", "AER: Multiple Corrected", "Error of this Agent", "AER: can't find device"],
        r"([^ ]+ [0-9a-f:.]+): (?:AER: )?(?:PCIe Bus Error: severity=Corrected|(?:AER: )?(?:Multiple )?Corrected error|AER: +Error of this Agent|.*Error of this Agent|can't find device of ID)",
        "AER_CORRECTED",
        (Hardware, Medium),
        "corrected PCIe error on {d}",
    )
    .on("pci", 1),
    Sign::new(
        &["temperature above threshold", "critical temperature reached", "hermal"],
        r"(?:CPU ?([0-9]+): )?(?:(Core|Package) temperature (?:is )?above threshold|(?:thermal [^ ]*: |THERMAL )?.*(critical temperature reached|CRITICAL TEMPERATURE))",
        "THERMAL",
        (Hardware, Medium),
        "too hot: the processor slows down",
    )
    .on("cpu", 1),
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
        &["GPU HANG", "GPU reset begin", "ring gfx", "GPU lockup", "GPU fault detected"],
        r"([a-z0-9_]+ [0-9a-f:.]+): .*?(GPU HANG|GPU reset begin|ring [a-z0-9_.]+ timeout|GPU lockup|GPU fault detected)",
        "GPU_HANG",
        (Hang, High),
        "graphics hang on {d}",
    )
    .on("gpu", 1),
    Sign::new(
        &["blocking interrupts", "NMI: PCI system error", "NMI: IOCK", "Uhhuh. NMI received"],
        r"(NMI: PCI system error|NMI: IOCK error|Uhhuh\. NMI received for unknown reason [0-9a-f]+)",
        "NMI",
        (Hardware, Medium),
        "unexplained NMI",
    ),
    Sign::new(
        &["clocksource: timekeeping watchdog"],
        "clocksource: timekeeping watchdog on CPU[0-9]+: .*(?:unstable|skew)",
        "CLOCK_UNSTABLE",
        (Hardware, Info),
        "a clock was marked unstable",
    ),
];
