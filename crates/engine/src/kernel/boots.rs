//! Records in order → boots: where one ends and the next begins, and what each says of itself.
//!
//! A boot begins at the kernel's banner, at another boot's id or mark of the journal, or where the
//! time since boot falls back to the start. Small steps back are no boot: processors print out of order.

use super::clock::Clock;
use super::record::{Context, Record};
use model::Timestamp;
use std::collections::BTreeSet;

/// A clock that falls by more than this …
const FALL_US_MIN: i64 = 1_000_000;
/// … to less than this has started anew.
const EARLY_US_MAX: i64 = 5_000_000;
/// Records between the first sign of a boot and its banner.
const BANNER_RECORDS_MAX: u64 = 64;
/// Modules that are listed for a boot.
const MODULES_MAX: usize = 1_000;
/// Bytes of a line of metadata.
const FACT_BYTES_MAX: usize = 4_096;

/// One run of a kernel.
#[derive(Debug, Clone, Default)]
pub(super) struct Boot {
    /// Counted from 0 in the order of the log.
    pub index: u32,
    /// The journal's id of it.
    pub id: Option<String>,
    /// The whole banner, `Linux version …`.
    pub banner: Option<String>,
    /// The kernel's release.
    pub version: Option<String>,
    /// The kernel's command line.
    pub cmdline: Option<String>,
    /// The machine's model.
    pub hardware: Option<String>,
    /// The processor's family, as far as the log shows it.
    pub arch: Option<&'static str>,
    /// The machine's name.
    pub host: Option<String>,
    /// Names of modules from lists in reports.
    pub modules: BTreeSet<String>,
    /// The latest letters of taint.
    pub taint: Option<String>,
    /// Its clock.
    pub clock: Clock,
    /// Place of the first and last record.
    pub first_place: u64,
    /// Place of the last record.
    pub last_place: u64,
    /// First and last time since boot.
    pub first_mono_us: Option<i64>,
    /// Last time since boot.
    pub last_mono_us: Option<i64>,
    /// First wall time of a header.
    pub first_wall: Option<Timestamp>,
    /// Last wall time of a header.
    pub last_wall: Option<Timestamp>,
    /// Records of the kernel.
    pub records: u64,
    /// Those of them that the kernel marked; firmware before a boot has none.
    pub marked: u64,
    /// The kernel shut down in order.
    pub is_clean_end: bool,
    /// The kernel panicked.
    pub has_panicked: bool,
}

impl Boot {
    /// The log starts after this boot did.
    pub(super) fn is_start_missing(&self) -> bool {
        self.banner.is_none() && self.first_mono_us.is_none_or(|us| us > EARLY_US_MAX)
    }

    fn starting(index: u32, place: u64) -> Boot {
        Boot { index, first_place: place, last_place: place, ..Boot::default() }
    }
}

/// Cuts the log into boots.
#[derive(Debug, Clone, Default)]
pub(super) struct Boots {
    now: Option<Boot>,
    /// A separator of the journal was read: what follows is another boot.
    is_cut: bool,
}

impl Boots {
    /// The boot that is being read.
    pub(super) fn now_mut(&mut self) -> Option<&mut Boot> {
        self.now.as_mut()
    }

    /// The same, to look at.
    pub(super) fn now(&self) -> Option<&Boot> {
        self.now.as_ref()
    }

    /// Whether this record begins another boot.
    pub(super) fn begins(&self, record: &Record<'_>) -> bool {
        self.is_cut || self.now.as_ref().is_some_and(|boot| begins(boot, record))
    }

    /// `-- Boot 0f3c… --` and its kin.
    pub(super) fn cut(&mut self) {
        self.is_cut = self.now.is_some();
    }

    /// Whether this record begins another boot; if so the old one is returned, complete.
    pub(super) fn turn(&mut self, record: &Record<'_>) -> Option<Boot> {
        if !self.begins(record) {
            return None;
        }
        self.is_cut = false;
        self.now.take()
    }

    /// Adds a record to the boot that is being read; `next` is the number of the next one.
    pub(super) fn add(&mut self, record: &Record<'_>, next: &mut u32) {
        let boot = self.now.get_or_insert_with(|| {
            *next += 1;
            Boot::starting(*next - 1, record.place)
        });
        boot.last_place = record.place;
        if boot.host.is_none() {
            boot.host = record.host.as_deref().map(str::to_owned);
        }
        if boot.id.is_none() {
            boot.id = record.boot_id.as_deref().map(str::to_owned);
        }
        if let Some(wall) = record.wall {
            boot.first_wall.get_or_insert(wall);
            boot.last_wall = Some(wall);
        }
        if record.context == Context::Foreign {
            return;
        }
        boot.records += 1;
        boot.marked += u64::from(record.context != Context::Raw);
        if let Some(mono) = record.mono_us {
            boot.first_mono_us.get_or_insert(mono);
            boot.last_mono_us = Some(mono);
            if let Some(wall) = record.wall {
                boot.clock.pair(mono, wall, record.is_wall_fine);
            }
        }
    }

    /// The last boot.
    pub(super) fn finish(&mut self) -> Option<Boot> {
        self.now.take()
    }
}

fn begins(boot: &Boot, record: &Record<'_>) -> bool {
    if let (Some(held), Some(new)) = (&boot.id, &record.boot_id)
        && held != new
    {
        return true;
    }
    if record.context == Context::Foreign {
        return false;
    }
    let text: &str = &record.text;
    if is_banner(text) {
        // `Booting Linux on physical CPU` or firmware came before it; that was the same boot.
        return boot.banner.is_some() || boot.marked > BANNER_RECORDS_MAX;
    }
    if text.starts_with("Booting Linux on physical CPU") {
        return boot.banner.is_some() || boot.marked > BANNER_RECORDS_MAX;
    }
    match (boot.last_mono_us, record.mono_us) {
        (Some(last), Some(new)) => {
            last - new > FALL_US_MIN && last > EARLY_US_MAX && new < EARLY_US_MAX
        }
        _ => false,
    }
}

/// `Linux version 6.1.0 (…`.
pub(super) fn is_banner(text: &str) -> bool {
    text.strip_prefix("Linux version ")
        .is_some_and(|v| v.as_bytes().first().is_some_and(u8::is_ascii_digit))
}

/// Kinds of line that say something of the boot; the detector finds their words.
pub(super) fn learn(boot: &mut Boot, text: &str) {
    let fact = |text: &str| {
        let mut end = text.len().min(FACT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text[..end].trim().to_owned()
    };
    if is_banner(text) && boot.banner.is_none() {
        let version = text["Linux version ".len()..].split(' ').next().unwrap_or_default();
        boot.version = Some(fact(version));
        boot.arch = boot.arch.or_else(|| arch_of(text));
        boot.banner = Some(fact(text));
    } else if let Some(line) =
        text.strip_prefix("Command line: ").or_else(|| text.strip_prefix("Kernel command line: "))
    {
        boot.cmdline.get_or_insert_with(|| fact(line));
    } else if let Some(model) = after_any(text, &["DMI: ", "Hardware name: ", "Machine model: "]) {
        boot.hardware.get_or_insert_with(|| fact(model));
        boot.arch = boot.arch.or(text.starts_with("DMI: ").then_some("x86_64"));
    } else if let Some(list) = text.strip_prefix("Modules linked in:") {
        for name in list.split_ascii_whitespace().take_while(|w| !w.starts_with('[')) {
            let name = name.split('(').next().unwrap_or_default();
            if boot.modules.len() < MODULES_MAX && !name.is_empty() {
                boot.modules.insert(name.to_owned());
            }
        }
    } else if is_shutdown(text) {
        boot.is_clean_end = true;
    } else if text.contains("Kernel panic - not syncing") {
        boot.has_panicked = true;
    }
    if let Some(mono) = boot.last_mono_us {
        boot.clock.hint(text, mono);
    }
}

fn after_any<'t>(text: &'t str, heads: &[&str]) -> Option<&'t str> {
    heads.iter().find_map(|head| text.find(head).map(|at| &text[at + head.len()..]))
}

fn is_shutdown(text: &str) -> bool {
    [
        "reboot: Restarting system",
        "reboot: Power down",
        "reboot: System halted",
        "Restarting system.",
        "Power down.",
        "System halted.",
    ]
    .iter()
    .any(|end| text.starts_with(end))
}

/// The family of processors that a banner names by its compiler, its build or its words.
fn arch_of(text: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 12] = [
        ("x86_64", "x86_64"),
        ("amd64", "x86_64"),
        ("aarch64", "arm64"),
        ("arm64", "arm64"),
        ("riscv64", "riscv64"),
        ("powerpc64", "ppc64"),
        ("ppc64", "ppc64"),
        ("s390", "s390x"),
        ("arm-", "arm"),
        ("armv", "arm"),
        ("i686", "x86"),
        ("i386", "x86"),
    ];
    WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, arch)| *arch)
}
