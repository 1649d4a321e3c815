//! A report → plain words for a tired person: what it means, what to check first, how to symbolise.
//!
//! [`Narrator`] is the door for other tellers; [`Heuristic`] is offline, deterministic and the
//! default. Suggested commands only read, and hold nothing that a log line chose.

use super::classify::Family;
use super::report::Report;
use serde::Serialize;

/// What is said about a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Narrative {
    /// What to check, in this order: a reason and a command that only reads.
    pub check: Vec<Check>,
    /// What it means, one or two sentences.
    pub meaning: String,
}

/// One thing to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A command that only reads; empty where there is none.
    pub command: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Tells what a report means.
pub trait Narrator {
    /// The name of the teller, to be shown with what it says.
    fn name(&self) -> &'static str;
    /// What is said about the report.
    fn tell(&self, report: &Report) -> Narrative;
}

/// Tells from a table, offline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heuristic;

const fn check(why: &'static str, command: &'static str) -> Check {
    Check { command, why }
}

/// What is known of a kind of trouble: beginnings of type names, else a family.
struct Knowledge {
    kinds: &'static [&'static str],
    meaning: &'static str,
    check: &'static [Check],
}

const LOGS: Check = check("what came before it in the kernel's log", "journalctl -k -b");
/// The same for a boot that is over.
const LOGS_BEFORE: Check =
    check("what came before it, if the machine has restarted since", "journalctl -k -b -1");
const CHANGES: Check = check("whether the kernel changed shortly before", "last -x reboot | head");
const DISK: Check = check("the disk's own record of errors", "smartctl -x /dev/<disk>");
const MEMORY: Check = check("memory errors that were counted", "ras-mc-ctl --summary");
const KDUMP: Check = check("whether a crash dump was kept", "ls -l /var/crash /sys/fs/pstore");

const KNOWLEDGE: &[Knowledge] = &[
    Knowledge {
        kinds: &["KASAN", "KFENCE", "KMSAN", "MEMORY_SAFETY", "REFCOUNT", "SLAB_CORRUPTION"],
        meaning: "The kernel used memory that it must not use. What was written there may be lost or \
                  damaged; the machine should be restarted soon, and the bug reported with this text.",
        check: &[LOGS, MEMORY, KDUMP],
    },
    Knowledge {
        kinds: &["NULL-POINTER", "BUG", "DoS"],
        meaning: "The kernel stopped code that could not go on. The task died, or the whole machine; \
                  locks that it held may stay taken until a restart.",
        check: &[KDUMP, LOGS, CHANGES],
    },
    Knowledge {
        kinds: &["HANG", "HUNG_IO"],
        meaning: "Something does not come back: a processor spins, or a task waits for a lock, a disk \
                  or a server. The frame names where, seldom why; look for what it waits for.",
        check: &[
            check("tasks that wait without end", "ps -eo pid,stat,wchan:32,comm | awk '$2 ~ /D/'"),
            check("whether disks or servers answer", "cat /proc/pressure/io"),
            LOGS,
        ],
    },
    Knowledge {
        kinds: &["OOM", "ALLOC_FAILURE"],
        meaning: "Memory ran out and the kernel ended a program, or refused memory. The victim is the \
                  largest, not always the one that leaks.",
        check: &[
            check("who holds memory now", "ps -eo pid,rss,comm --sort=-rss | head"),
            check("limits of control groups", "systemd-cgtop -m -n 1"),
            check("pressure on memory", "cat /proc/pressure/memory"),
        ],
    },
    Knowledge {
        kinds: &["MCE", "EDAC", "CPER", "MEMORY_FAILURE"],
        meaning: "Processor or memory reported an error of its own. Corrected ones that repeat announce \
                  uncorrectable ones: plan to replace the part.",
        check: &[MEMORY, check("events in the firmware's log", "ipmitool sel list"), LOGS],
    },
    Knowledge {
        kinds: &["AER"],
        meaning: "The link of a PCIe device made errors. Corrected ones cost speed; uncorrected ones cost \
                  data. Slots, risers and cables are the usual cause.",
        check: &[check("the device and the state of its link", "lspci -vvv"), LOGS],
    },
    Knowledge {
        kinds: &["ATA", "SCSI", "NVME", "BLOCK_IO", "MMC", "MULTIPATH"],
        meaning: "A disk or the way to it fails. Back up first; then tell the disk from the cable by its \
                  own error counters.",
        check: &[DISK, check("whether file systems went read-only", "findmnt -O ro"), LOGS],
    },
    Knowledge {
        kinds: &["FS_", "MD_"],
        meaning: "A file system or an array found damage, or lost its disk. Nothing should write there \
                  until it was checked.",
        check: &[
            check("whether it still takes writes", "findmnt"),
            check("the state of arrays", "cat /proc/mdstat"),
            DISK,
        ],
    },
    Knowledge {
        kinds: &["DEVICE_MAPPER"],
        meaning: "A layer between file system and disk found damaged data, or has no room left. What is above \
                  it may hang, become read-only or lose writes.",
        check: &[
            check("how full pools and snapshots are", "lvs -a"),
            check("the state of the mapped devices", "dmsetup status"),
            LOGS,
        ],
    },
    Knowledge {
        kinds: &["GPU"],
        meaning: "The graphics adapter, or work on it, does not answer. Work that ran there is lost; heat, power, \
                  the slot or the driver are the usual causes.",
        check: &[
            check("what the adapter says of itself, where it is NVIDIA's", "nvidia-smi -q"),
            check("the device and the state of its link", "lspci -vvv"),
            LOGS,
        ],
    },
    Knowledge {
        kinds: &["IOMMU"],
        meaning: "A device tried to reach memory that is not its own and was refused: a bug of its driver or \
                  firmware, or a device that is failing.",
        check: &[check("the device and its driver", "lspci -nnk"), LOGS],
    },
    Knowledge {
        kinds: &["LEAK"],
        meaning: "The kernel holds memory that nobody can reach any more. It is lost until a restart; how fast it \
                  grows decides whether that matters.",
        check: &[
            check("memory that the kernel's own caches hold", "slabtop -o -s c"),
            check("free memory", "cat /proc/meminfo"),
        ],
    },
    Knowledge {
        kinds: &["THERMAL"],
        meaning: "The machine is too hot and slows itself down.",
        check: &[check("temperatures and fans", "sensors")],
    },
    Knowledge {
        kinds: &["SEGFAULT", "TRAP", "SIGBUS"],
        meaning: "A program crashed; the kernel only notes it. It matters if it repeats or if the program does.",
        check: &[check("cores that were kept", "coredumpctl list")],
    },
    Knowledge {
        kinds: &["NETDEV", "LINK", "DEVICE_FIRMWARE"],
        meaning: "A network adapter stood still or lost its link: driver, firmware, cable or the other end.",
        check: &[
            check("error counters", "ip -s link"),
            check("driver and firmware", "ethtool -i <interface>"),
        ],
    },
];

/// What a type of report means.
pub fn meaning(kind: &str, family: Family) -> &'static str {
    knowledge(kind).map_or_else(|| of_family(family), |known| known.meaning)
}

/// What to check after a report of this type.
pub fn checks(kind: &str) -> Vec<Check> {
    knowledge(kind).map_or_else(|| vec![LOGS], |known| known.check.to_vec())
}

fn knowledge(kind: &str) -> Option<&'static Knowledge> {
    KNOWLEDGE.iter().find(|known| known.kinds.iter().any(|begin| kind.starts_with(begin)))
}

impl Narrator for Heuristic {
    fn name(&self) -> &'static str {
        "heuristic"
    }

    fn tell(&self, report: &Report) -> Narrative {
        let mut check = checks(report.kind);
        if report.panicked {
            check.iter_mut().filter(|c| **c == LOGS).for_each(|c| *c = LOGS_BEFORE);
        }
        let mut meaning = meaning(report.kind, report.family).to_owned();
        if let Some(particulars) = particulars(report) {
            meaning = format!("{particulars} {meaning}");
        }
        if report.corrupted {
            meaning.push_str(
                " The report is cut off or mixed with others: take its name as a hint only.",
            );
        }
        Narrative { check, meaning }
    }
}

/// What this report in particular says, where its details are worth a sentence.
fn particulars(report: &Report) -> Option<String> {
    let detail = |name: &str| report.details.get(name).map(String::as_str);
    if let (Some(lock), Some(holder)) = (detail("blocked_on"), detail("blocked_by")) {
        return Some(format!(
            "It waits for a {lock} that {holder} likely holds: look at that task first."
        ));
    }
    if !report.kind.starts_with("OOM_") {
        return None;
    }
    let mut text = format!("The kernel ended {}", detail("victim")?);
    if let Some(pid) = detail("victim_pid") {
        text.push_str(&format!(" ({pid})"));
    }
    if let Some(held) = detail("rss_kb").and_then(|kb| kb.parse::<u64>().ok()) {
        text.push_str(&format!(", which held {} MiB", held / 1_024));
    }
    if let Some(group) = detail("memcg").filter(|_| report.kind == "OOM_MEMCG") {
        text.push_str(&format!("; the control group {group} was at its limit"));
    }
    if let Some(trigger) = detail("trigger").filter(|t| Some(*t) != detail("victim")) {
        text.push_str(&format!("; {trigger} had asked for memory"));
    }
    text.push('.');
    Some(text)
}

fn of_family(family: Family) -> &'static str {
    match family {
        Family::Concurrency => {
            "The kernel found a way in which locks or shared data go wrong. Nothing has to have \
             happened yet; it is a bug to report."
        }
        Family::Warning => {
            "The kernel met a state that its programmers held impossible, and went on. Once it is a \
             note, often it is a symptom."
        }
        Family::Device => {
            "A device or the firmware does not behave as it should; most machines live with it."
        }
        Family::System => "The machine as a whole did something unexpected.",
        _ => "The kernel reported trouble.",
    }
}
