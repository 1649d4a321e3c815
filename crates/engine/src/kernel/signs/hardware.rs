//! Processor, memory, bus, temperature.

use super::Sign;
use crate::kernel::classify::Family::Hardware;
use crate::kernel::classify::Severity::{Critical, High, Info, Medium};

/// Machine checks, EDAC, APEI (UEFI CPER), AER and DPC, IOMMUs, thermal.
pub(super) const SIGNS: &[Sign] = &[
    // `MCG_STATUS` says whether the exception is being handled right now: then it could not be corrected.
    Sign::new(
        &["Machine Check Exception"],
        r"CPU ([0-9]+): Machine Check Exception: +([0-9a-f]*[4-7c-f]) Bank ([0-9]+): ([0-9a-f]+)",
        "MCE_FATAL",
        (Hardware, Critical),
        "machine check exception, bank {3}",
    )
    .on("cpu", 1)
    .with(&[("bank", 3), ("status", 4), ("mcg_status", 2)]),
    // Bit 61 of the status is `UC`; such an error is often found only after the restart that it caused.
    Sign::new(
        &["Machine Check"],
        r"CPU ([0-9]+): Machine Check(?: Exception)?: +([0-9a-f]+) Bank ([0-9]+): ([2367abef][0-9a-f]{15})",
        "MCE_UNCORRECTED",
        (Hardware, High),
        "uncorrected machine check, bank {3}",
    )
    .on("cpu", 1)
    .with(&[("bank", 3), ("status", 4), ("mcg_status", 2)]),
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
        &["achine check", "Processor context corrupt", "System Fatal error", "Uncorrected hardware memory error", "Uncorrected memory error"],
        r"(Fatal [Mm]achine check|Machine check in kernel mode|Uncorrected (?:hardware )?memory error|Processor context corrupt|\[Hardware Error\]: System Fatal error)",
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
        &["Memory failure: 0x"],
        r"Memory failure: 0x[0-9a-f]+: .*?(Recovered|Delayed|Failed|Ignored|unhandlable page|already hardware poisoned)",
        "MEMORY_FAILURE",
        (Hardware, High),
        "a page of memory failed",
    )
    .with(&[("outcome", 1)]),
    Sign::new(
        &["Hardware Error"],
        r"\{?[0-9]*\}?\[Hardware Error\]: event severity: (fatal)",
        "CPER",
        (Hardware, Critical),
        "firmware reports a fatal hardware error",
    ),
    Sign::new(
        &["Hardware Error"],
        r"\{?[0-9]*\}?\[Hardware Error\]: event severity: (recoverable)",
        "CPER",
        (Hardware, High),
        "firmware reports an uncorrected hardware error",
    ),
    Sign::new(
        &["Hardware Error"],
        r"\[Hardware Error\]: (?:event severity: (corrected|info)|Hardware error from APEI)",
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
    // `Uncorrected` and `Corrected` until 6.8, since then the words of the specification.
    Sign::new(
        &["severity=Uncorrect", "AER: Uncorrect", "AER: Multiple Uncorrect"],
        r"([^ ]+ [0-9a-f:.]+): (?:AER: )?(?:PCIe Bus Error: severity=Uncorrect(?:ed|able) \(Fatal\)|(?:AER: )?(?:Multiple )?Uncorrect(?:ed|able) \(Fatal\))",
        "AER_FATAL",
        (Hardware, Critical),
        "fatal PCIe error on {d}",
    )
    .on("pci", 1),
    Sign::new(
        &["severity=Uncorrect", "AER: Uncorrect", "AER: Multiple Uncorrect"],
        r"([^ ]+ [0-9a-f:.]+): (?:AER: )?(?:PCIe Bus Error: severity=Uncorrect(?:ed|able)|(?:AER: )?(?:Multiple )?Uncorrect(?:ed|able))",
        "AER_NONFATAL",
        (Hardware, High),
        "uncorrected PCIe error on {d}",
    )
    .on("pci", 1),
    Sign::new(
        &["AER: device recovery failed", "AER: Device recovery failed", ": DPC: containment event"],
        r"([^ ]+ [0-9a-f:.]+): (?:AER: [Dd]evice recovery failed|DPC: containment event)",
        "AER_NONFATAL",
        (Hardware, High),
        "the PCIe link of {d} was cut off",
    )
    .on("pci", 1)
    .subtype("link_lost"),
    Sign::new(
        &["severity=Correct", "AER: Correct", "AER: Multiple Correct", "Error of this Agent", "AER: can't find device"],
        r"([^ ]+ [0-9a-f:.]+): (?:AER: )?(?:PCIe Bus Error: severity=Correct(?:ed|able)|(?:AER: )?(?:Multiple )?Correct(?:ed|able) error|AER: +Error of this Agent|.*Error of this Agent|can't find device of ID)",
        "AER_CORRECTED",
        (Hardware, Medium),
        "corrected PCIe error on {d}",
    )
    .on("pci", 1),
    Sign::new(
        &["] Request device ["],
        r"DMAR: ?\[[^\]]+\] Request device \[([0-9a-f:.]+)\]",
        "IOMMU_FAULT",
        (Hardware, Medium),
        "{d} touched memory that is not its own",
    )
    .on("pci", 1),
    Sign::new(
        &["[IO_PAGE_FAULT "],
        r"(?:([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]): AMD-Vi|AMD-Vi): Event logged \[IO_PAGE_FAULT ",
        "IOMMU_FAULT",
        (Hardware, Medium),
        "{d} touched memory that is not its own",
    )
    .on("pci", 1),
    Sign::new(
        &["arm-smmu"],
        r"arm-smmu(?:-v3)? ([^ :]+): (?:Unhandled context fault|event 0x10 received)",
        "IOMMU_FAULT",
        (Hardware, Medium),
        "a device behind {d} touched memory that is not its own",
    )
    .on("iommu", 1),
    Sign::new(
        &["critical temperature reached", "CRITICAL TEMPERATURE"],
        "(critical temperature reached|CRITICAL TEMPERATURE)",
        "THERMAL",
        (Hardware, High),
        "too hot: the machine shuts down",
    )
    .subtype("critical"),
    Sign::new(
        &["above threshold"],
        "(?:CPU ?([0-9]+): )?(Core|Package) temperature (?:is )?above threshold",
        "THERMAL",
        (Hardware, Medium),
        "too hot: the processor slows down",
    )
    .on("cpu", 1),
    Sign::new(
        &["NMI: PCI system error", "NMI: IOCK", "Uhhuh. NMI received"],
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
