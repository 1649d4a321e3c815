//! A report's name → its type, family and severity: fixed tables, first match wins.
//!
//! Types of crashes are named as the fuzzing community names them. Severity comes from the type, and
//! rises with what followed and how often it came; it never falls. Words of a message such as
//! "error" or "failed" decide nothing: healthy boots hold dozens of them.

use serde::{Deserialize, Serialize};

/// The broad kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Memory was used that must not be.
    MemorySafety,
    /// Locks, races, sleeping where one must not.
    Concurrency,
    /// The processor or the kernel stopped the code.
    Fault,
    /// The kernel noticed something odd and went on.
    Warning,
    /// Something does not come back.
    Hang,
    /// Memory ran out or leaks.
    Resource,
    /// Processor, memory, bus.
    Hardware,
    /// Disks and file systems.
    Storage,
    /// Network adapters.
    Network,
    /// Other devices and firmware.
    Device,
    /// A program crashed.
    User,
    /// The machine as a whole.
    System,
}

impl Family {
    /// Its name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Family::MemorySafety => "memory-safety",
            Family::Concurrency => "concurrency",
            Family::Fault => "fault",
            Family::Warning => "warning",
            Family::Hang => "hang",
            Family::Resource => "resource",
            Family::Hardware => "hardware",
            Family::Storage => "storage",
            Family::Network => "network",
            Family::Device => "device",
            Family::User => "user",
            Family::System => "system",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// To know.
    Info,
    /// Odd; seldom hurts.
    Low,
    /// A fault that did not stop the machine.
    Medium,
    /// Work is lost or stands still.
    High,
    /// The kernel is down, its memory is damaged, or data is.
    Critical,
}

impl Severity {
    /// All, the least first.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// Its name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// The type.
    pub kind: &'static str,
    /// Its family.
    pub family: Family,
    /// Its severity before anything raises it.
    pub severity: Severity,
    /// A finer kind.
    pub subtype: Option<&'static str>,
}

const fn class(kind: &'static str, family: Family, severity: Severity) -> Class {
    Class { kind, family, severity, subtype: None }
}

const fn hang(subtype: &'static str, severity: Severity) -> Class {
    Class { kind: "HANG", family: Family::Hang, severity, subtype: Some(subtype) }
}

use Family::{Concurrency, Device, Fault, MemorySafety, Resource, System, User, Warning};
use Severity::{Critical, High, Info, Low, Medium};

const KASAN_WRITE: Class = class("KASAN-WRITE", MemorySafety, Critical);
const KASAN_READ: Class = class("KASAN-READ", MemorySafety, Critical);
const KASAN_FREED_WRITE: Class = class("KASAN-USE-AFTER-FREE-WRITE", MemorySafety, Critical);
const KASAN_FREED_READ: Class = class("KASAN-USE-AFTER-FREE-READ", MemorySafety, Critical);
const KASAN_BAD_FREE: Class = class("KASAN-INVALID-FREE", MemorySafety, Critical);
const KFENCE_WRITE: Class = class("KFENCE-WRITE", MemorySafety, Critical);
const KFENCE_READ: Class = class("KFENCE-READ", MemorySafety, Critical);
const UNINIT: Class = class("KMSAN-UNINIT-VALUE", MemorySafety, High);
const INFO_LEAK: Class = class("KMSAN-INFO-LEAK", MemorySafety, High);
const KMSAN_FREED: Class = class("KMSAN-USE-AFTER-FREE-READ", MemorySafety, Critical);
const DAMAGED: Class = class("MEMORY_SAFETY_BUG", MemorySafety, Critical);
const LOCKDEP: Class = class("LOCKDEP", Concurrency, Medium);
const ATOMIC: Class = class("ATOMIC_SLEEP", Concurrency, Medium);
const STOPPED: Class = class("DoS", Fault, Critical);
const BUG: Class = class("BUG", Fault, Critical);
const UNKNOWN: Class = class("UNKNOWN", Warning, Medium);

/// Beginnings of names, the more particular ones first.
const BY_TITLE: &[(&str, Class)] = &[
    ("KFENCE: use-after-free write", class("KFENCE-USE-AFTER-FREE-WRITE", MemorySafety, Critical)),
    ("KFENCE: use-after-free", class("KFENCE-USE-AFTER-FREE-READ", MemorySafety, Critical)),
    ("KFENCE: invalid write", KFENCE_WRITE),
    ("KFENCE: out-of-bounds write", KFENCE_WRITE),
    ("KFENCE: invalid read", KFENCE_READ),
    ("KFENCE: out-of-bounds", KFENCE_READ),
    ("KFENCE: memory corruption", class("KFENCE-MEMORY-CORRUPTION", MemorySafety, Critical)),
    ("KFENCE: invalid free", class("KFENCE-INVALID-FREE", MemorySafety, Critical)),
    ("KMSAN: uninit-value", UNINIT),
    ("KMSAN: kernel-infoleak-after-free", KMSAN_FREED),
    ("KMSAN: kernel-usb-infoleak-after-free", KMSAN_FREED),
    ("KMSAN: use-after-free", KMSAN_FREED),
    ("KMSAN: kernel-infoleak", INFO_LEAK),
    ("KMSAN: kernel-usb-infoleak", INFO_LEAK),
    (
        "KASAN: null-ptr-deref Write",
        class("KASAN-NULL-POINTER-DEREFERENCE-WRITE", MemorySafety, Critical),
    ),
    (
        "KASAN: null-ptr-deref Read",
        class("KASAN-NULL-POINTER-DEREFERENCE-READ", MemorySafety, Critical),
    ),
    (
        "BUG: unable to handle kernel NULL pointer dereference in",
        class("NULL-POINTER-DEREFERENCE", Fault, Critical),
    ),
    ("KASAN: global-out-of-bounds Write", KASAN_WRITE),
    ("KASAN: out-of-bounds Write", KASAN_WRITE),
    ("KASAN: slab-out-of-bounds Write", KASAN_WRITE),
    ("KASAN: stack-out-of-bounds Write", KASAN_WRITE),
    ("KASAN: user-memory-access Write", KASAN_WRITE),
    ("KASAN: vmalloc-out-of-bounds Write", KASAN_WRITE),
    ("KASAN: wild-memory-access Write", KASAN_WRITE),
    ("KASAN: global-out-of-bounds Read", KASAN_READ),
    ("KASAN: invalid-access Read", KASAN_READ),
    ("KASAN: out-of-bounds Read", KASAN_READ),
    // Where read or write is not said, it was at least read.
    ("KASAN: slab-out-of-bounds", KASAN_READ),
    ("KASAN: stack-out-of-bounds", KASAN_READ),
    ("KASAN: unknown-crash Read", KASAN_READ),
    ("KASAN: user-memory-access Read", KASAN_READ),
    ("KASAN: vmalloc-out-of-bounds Read", KASAN_READ),
    ("KASAN: wild-memory-access", KASAN_READ),
    ("KASAN: double-free or invalid-free", KASAN_BAD_FREE),
    ("KASAN: invalid-free", KASAN_BAD_FREE),
    ("KASAN: slab-use-after-free Write", KASAN_FREED_WRITE),
    ("KASAN: use-after-free Write", KASAN_FREED_WRITE),
    ("KASAN: slab-use-after-free Read", KASAN_FREED_READ),
    ("KASAN: use-after-free", KASAN_FREED_READ),
    ("BUG: corrupted list", DAMAGED),
    ("BUG: unable to handle kernel paging request", DAMAGED),
    ("BUG: unable to handle kernel write to", DAMAGED),
    ("BUG: unable to handle kernel read from", DAMAGED),
    ("BUG: unable to handle kernel execute from", DAMAGED),
    ("BUG: unable to handle kernel instruction fetch", DAMAGED),
    ("WARNING: refcount bug", class("REFCOUNT_WARNING", MemorySafety, High)),
    ("UBSAN: array-index-out-of-bounds", class("MEMORY_SAFETY_UBSAN", MemorySafety, High)),
    ("KCSAN: data-race", class("KCSAN-DATARACE", Concurrency, Medium)),
    ("KCSAN: assert: race in", class("KCSAN-ASSERT", Concurrency, Medium)),
    ("BUG: bad unlock balance in", LOCKDEP),
    ("BUG: held lock freed in", LOCKDEP),
    ("BUG: rwlock", LOCKDEP),
    ("BUG: spinlock", LOCKDEP),
    ("BUG: still has locks held in", LOCKDEP),
    ("BUG: using", LOCKDEP),
    ("WARNING: bad unlock balance in", LOCKDEP),
    ("WARNING: held lock freed in", LOCKDEP),
    ("WARNING: lock held", LOCKDEP),
    ("WARNING: locking bug in", LOCKDEP),
    ("WARNING: nested lock was not taken in", LOCKDEP),
    ("WARNING: still has locks held in", LOCKDEP),
    ("WARNING: suspicious RCU usage in", LOCKDEP),
    ("inconsistent lock state in", LOCKDEP),
    ("possible deadlock in", LOCKDEP),
    ("BUG: scheduling while atomic in", ATOMIC),
    ("BUG: sleeping function called from invalid context in", ATOMIC),
    ("memory leak in", class("LEAK", Resource, Medium)),
    ("BUG: bad usercopy in", BUG),
    ("kernel BUG", BUG),
    ("WARNING in", class("WARNING", Warning, Medium)),
    ("BUG: stack guard page was hit in", class("UNKNOWN", Fault, Critical)),
    ("WARNING: corrupted", UNKNOWN),
    ("WARNING: kernel stack frame pointer has bad value", UNKNOWN),
    ("WARNING: kernel stack regs has bad", UNKNOWN),
    ("BUG: soft lockup in", hang("soft_lockup", Critical)),
    ("hard lockup in", hang("hard_lockup", Critical)),
    ("INFO: rcu detected stall in", hang("rcu_stall", High)),
    ("INFO: task can't die in", hang("hung_task", High)),
    ("INFO: task hung in", hang("hung_task", High)),
    ("Oops in", STOPPED),
    ("Alignment trap in", STOPPED),
    ("BUG: Object already free", STOPPED),
    ("slab corruption", class("SLAB_CORRUPTION", MemorySafety, Critical)),
    ("BUG kmalloc-", class("UNKNOWN", MemorySafety, Critical)),
    ("Internal error in", STOPPED),
    ("PANIC: double fault", STOPPED),
    ("Unhandled fault in", STOPPED),
    ("CFI failure in", DAMAGED),
    ("VFS: Busy inodes after unmount (use-after-free)", STOPPED),
    ("VFS: Close: file count is zero (use-after-free)", STOPPED),
    ("divide error in", STOPPED),
    ("general protection fault in", STOPPED),
    ("go runtime error", class("DoS", User, High)),
    ("int3 in", STOPPED),
    ("invalid opcode in", STOPPED),
    ("kernel panic:", STOPPED),
    ("kernel stack overflow", STOPPED),
    ("panic:", class("DoS", User, High)),
    ("rust_kernel panicked", STOPPED),
    ("stack segment fault in", STOPPED),
    ("trusty:", STOPPED),
    ("unregister_netdevice: waiting for DEV to become free", class("DoS", Family::Network, High)),
    ("unexpected kernel reboot", class("REBOOT", System, High)),
    ("irq nobody cared", class("IRQ_NOBODY_CARED", Device, High)),
    ("SYZFAIL", class("SYZ_FAILURE", User, Medium)),
    ("SYZFATAL:", class("SYZ_FAILURE", User, Medium)),
    ("BUG: Bad page", class("UNKNOWN", MemorySafety, Critical)),
    ("BUG: workqueue lockup", class("UNKNOWN", Family::Hang, High)),
    ("BUG: MAX_", class("UNKNOWN", Concurrency, Low)),
    ("BUG: workqueue leaked lock", class("UNKNOWN", Concurrency, Medium)),
    ("WARNING:", class("WARNING", Warning, Medium)),
    ("BUG:", class("UNKNOWN", Fault, High)),
    ("INFO: suspicious RCU usage", class("UNKNOWN", Concurrency, Medium)),
    ("INFO: trying to register non-static key", class("UNKNOWN", Concurrency, Medium)),
    ("INFO: possible", class("UNKNOWN", Concurrency, Medium)),
    ("INFO: inconsistent lock state", class("UNKNOWN", Concurrency, Medium)),
    ("INFO:", class("UNKNOWN", Warning, Low)),
    ("KASAN:", class("KASAN-UNKNOWN", MemorySafety, Critical)),
    ("KFENCE:", class("KFENCE-UNKNOWN", MemorySafety, Critical)),
    ("KMSAN:", class("KMSAN-UNKNOWN", MemorySafety, High)),
    ("UBSAN:", class("UBSAN", Warning, High)),
    ("KCSAN:", class("KCSAN-UNKNOWN", Concurrency, Medium)),
];

/// The class of a report by its name.
pub fn classify(title: &str) -> Class {
    let found = BY_TITLE.iter().find(|(head, _)| title.starts_with(head));
    found.map_or(class("UNKNOWN", Warning, Medium), |(_, class)| *class)
}

/// The class of the signs of a type; `None` if it is the type of assembled reports only.
pub fn class_of(kind: &str) -> Option<Class> {
    super::signs::SIGNS.iter().map(|sign| sign.class).find(|class| class.kind == kind)
}

/// Occasions in one boot from which on a medium fault is a high one.
const MANY: u64 = 100;

/// Raises a severity by what followed and how often it came.
pub(super) fn escalate(class: Class, count: u64, led_to_panic: bool) -> Severity {
    let severity = class.severity;
    if led_to_panic && severity >= Medium {
        return Critical;
    }
    let repeats = matches!(class.family, Family::Hardware | Family::Storage) && count >= MANY;
    if repeats && severity == Medium { High } else { severity.max(Info) }
}
