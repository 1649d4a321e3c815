//! Reports that open with `WARNING:`.

use super::{CALL_TRACE, Form, Formless, Header, IN_TRACE, LOCK_AT, Pick, Stack, Step};
use Step::{Seek, Trace};

/// On x86 the stack of a warning begins at the instruction pointer, on power behind the mark of the
/// interrupt; older kernels print only the call trace.
const fn warned(skip: &'static [&'static str]) -> Stack {
    Stack {
        steps: &[
            Seek(
                r"(?:(?:IP|NIP|pc |PC is at):? (?:(?:[0-9]+:)?(?:{PC} +){0,2}\.?{FUNC}|(?:[0-9]+:)?0x[0-9a-f]+|(?:[0-9]+:)?{PC} +\[< *\(null\)>\] +\(null\)|[0-9]+: +\(null\))|--- interrupt: [0-9]+ at {FUNC})",
            ),
            Trace,
        ],
        otherwise: IN_TRACE,
        skip,
        pick: Pick::First,
    }
}

pub(super) static WARNING: Header = Header {
    words: "WARNING:",
    forms: &[
        Form::new(
            r"WARNING: .*lib/debugobjects\.c.* (?:debug_print|debug_check|at)",
            "WARNING: ODEBUG bug in {f}",
        )
        .stack(warned(&[
            "debug_",
            "rcu",
            "hrtimer_",
            "timer_",
            "work_",
            "percpu_",
            "vunmap",
            "vfree",
            "__free_",
            "debug_check",
            "kobject_",
        ])),
        Form::new(
            r"WARNING: .*mm/usercopy\.c.* (?:usercopy_warn|at)",
            "WARNING: bad usercopy in {f}",
        )
        .stack(warned(&["usercopy", "__check"])),
        Form::new(r"WARNING: .*lib/kobject\.c.* (?:kobject_|at)", "WARNING: kobject bug in {f}")
            .stack(warned(&["kobject_"])),
        Form::new(
            r"WARNING: .*fs/proc/generic\.c.* (?:proc_register|at)",
            "WARNING: proc registration bug in {f}",
        )
        .stack(warned(&["proc_"])),
        Form::new(r"WARNING: .*lib/refcount\.c.* (?:refcount_|at)", "WARNING: refcount bug in {f}")
            .stack(warned(&["refcount", "kobject_"])),
        Form::new(r"WARNING: .*kernel/locking/lockdep\.c.*lock_", "WARNING: locking bug in {f}")
            .stack(warned(&["lock_sock", "release_sock"])),
        Form::new("WARNING: .*still has locks held!", "WARNING: still has locks held in {1}")
            .then(&["WARNING: .*still has locks held!", "at: {FUNC}"]),
        Form::new(
            "WARNING: Nested lock was not taken",
            "WARNING: nested lock was not taken in {f}",
        )
        .stack(warned(&[])),
        Form::new(
            "WARNING: lock held when returning to user space",
            "WARNING: lock held when returning to user space in {1}",
        )
        .then(&[
            "WARNING: lock held when returning to user space",
            "leaving the kernel with locks still held",
            LOCK_AT,
        ])
        .traceless(),
        Form::new(r"WARNING: .*mm/.*\.c.* k?.?malloc", "WARNING: kmalloc bug in {f}")
            .stack(warned(&["kmalloc", "krealloc", "slab", "kmem"])),
        Form::new(r"WARNING: .*mm/vmalloc\.c.*__vmalloc_node", "WARNING: zero-size vmalloc in {f}")
            .stack(warned(&[])),
        Form::new("WARNING: .* usb_submit_urb", "WARNING in {f}/usb_submit_urb").stack(warned(&[
            "usb_submit_urb",
            "usb_start_wait_urb",
            "usb_bulk_msg",
            "usb_interrupt_msg",
            "usb_control_msg",
        ])),
        // Since 6.19 the line has no function.
        Form::new("WARNING: {SRC} at 0x[0-9]+, CPU#[0-9]+", "WARNING in {f}").stack(warned(&[])),
        Form::new("WARNING: .* at {SRC} {FUNC}", "WARNING in {f}").stack(warned(&[])),
        // Before 3.11 neither processor nor process stood in front of the place.
        Form::new("WARNING: at ?{SRC}(?: {FUNC}|$)", "WARNING in {f}").stack(warned(&[])),
        Form::new("WARNING: {SRC} at {FUNC}", "WARNING in {f}").stack(warned(&[])),
        Form::new(r"WARNING: \[.*\] {SRC} at {FUNC}", "WARNING in {f}").stack(warned(&[])),
        Form::new(
            "WARNING: possible circular locking dependency detected",
            "possible deadlock in {f}",
        )
        .then(&[
            "WARNING: possible circular locking dependency detected",
            "is trying to acquire lock",
        ])
        .steps(&[Seek(LOCK_AT), Seek(LOCK_AT), Trace])
        // These take locks of the work items themselves.
        .skip(&[
            "process_one_work",
            "flush_workqueue",
            "drain_workqueue",
            "destroy_workqueue",
        ]),
        Form::new(
            "WARNING: possible irq lock inversion dependency detected",
            "possible deadlock in {1}",
        )
        .then(&[
            "WARNING: possible irq lock inversion dependency detected",
            "just changed the state of lock",
            LOCK_AT,
        ]),
        Form::new("WARNING: .*-safe -> .*-unsafe lock order detected", "possible deadlock in {f}")
            .steps(&[Seek("which became (?:.*) at:"), Trace]),
        Form::new("WARNING: possible recursive locking detected", "possible deadlock in {1}").then(
            &["WARNING: possible recursive locking detected", "is trying to acquire lock", LOCK_AT],
        ),
        Form::new("WARNING: inconsistent lock state", "inconsistent lock state in {f}")
            .then(&["WARNING: inconsistent lock state", "takes", LOCK_AT])
            .steps(IN_TRACE),
        Form::new("WARNING: suspicious RCU usage", "WARNING: suspicious RCU usage in {f}")
            .then(&["WARNING: suspicious RCU usage", "{SRC}"])
            .steps(&[Seek(CALL_TRACE), Trace])
            .skip(&["rcu", "kmem", "slab"]),
        Form::new(
            "WARNING: kernel stack regs at [0-9a-f]+ in [^ ]* has bad '([^']+)' value",
            "WARNING: kernel stack regs has bad '{1}' value",
        )
        .traceless(),
        Form::new(
            "WARNING: kernel stack frame pointer at [0-9a-f]+ in [^ ]* has bad value",
            "WARNING: kernel stack frame pointer has bad value",
        )
        .traceless(),
        Form::new("WARNING: bad unlock balance detected!", "WARNING: bad unlock balance in {f}")
            .steps(&[Seek("{PC} +{FUNC}"), Seek(CALL_TRACE), Trace]),
        Form::new("WARNING: held lock freed!", "WARNING: held lock freed in {1}")
            .then(&["WARNING: held lock freed!", "at:(?: {PC})? +{FUNC}"]),
        Form::new(
            "WARNING: kernel stack (?:regs .* has bad 'bp'|frame pointer .* has bad) value",
            "WARNING: kernel stack regs has bad value",
        )
        .traceless(),
        Form::new(r"WARNING:[[:space:]]*$", "WARNING: corrupted").broken(),
    ],
    // Notes that only look like a report.
    not: &[
        "WARNING: /etc/ssh/moduli does not exist",
        "WARNING: workqueue cpumask: online intersect > possible intersect",
        "WARNING: [Tt]he mand mount option",
        "WARNING: Unsupported flag value",
        "WARNING: Unprivileged eBPF is enabled",
        "WARNING: fbcon: Driver '.*' missed to adjust virtual screen size",
        "WARNING: See https",
        "WARNING: kernel not compiled with CPU_SRSO",
        r"EXT4-[Ff][Ss](?: \(.*\))?:",
        "(?:WARNING|Warning|warning): .* uses (?:deprecated v2 capabilities|wireless extensions)",
        r"XFS \([a-zA-Z0-9_-]+\): WARNING",
        // A sign of its own.
        "WARNING: Pool '.*' has encountered an uncorrectable I/O failure",
    ],
    formless: Formless::Report,
};
