//! Reports that open with `BUG`, and other checks of the kernel on its own state.

use super::{CALL_TRACE, FROM_POINTER, Form, Formless, Header, IN_TRACE, Pick, Stack, Step};
use Step::{Seek, Trace};

const KASAN_BAD_FREE: &str =
    "BUG: KASAN: (?:double-free or invalid-free|double-free|invalid-free) in {FUNC}";
/// KFENCE prints its stack right behind the line, without a heading.
const KFENCE: &[Step] = &[Seek("BUG: KFENCE: [a-z -]+ in {FUNC}"), Trace];
/// KMSAN too; then comes where the value was made.
const KMSAN: &[Step] =
    &[Trace, Seek("(Local variable .* created at:|Uninit was created at:)"), Trace];

pub(super) static BUG: Header = Header {
    words: "BUG:",
    forms: &[
        Form::new("BUG: KASAN:", "KASAN: {1} {3} in {f}")
            .then(&[
                "BUG: KASAN: ([a-z-]+) in {FUNC}",
                "(Read|Write) (?:of size|at addr) [0-9a-f]+",
            ])
            .also(&["bad-access in {f}"])
            .steps(&[Seek("BUG: KASAN: [a-z-]+ in {FUNC}"), Seek(CALL_TRACE), Trace])
            // How hardware tags report.
            .skip(&["kernel_fault", "tag_check", "mem_abort", "^el1_", "^el1h_"]),
        Form::new("BUG: KASAN:", "KASAN: invalid-free in {f}")
            .then(&[KASAN_BAD_FREE])
            .also(&["invalid-free in {f}"])
            .steps(&[Seek(KASAN_BAD_FREE), Seek(CALL_TRACE), Trace])
            .skip(&["slab_", "kfree", "vunmap", "vfree"]),
        Form::new("BUG: KASAN: ([a-z-]+) on address", "KASAN: {1} {2}")
            .then(&["BUG: KASAN: ([a-z-]+) on address", "(Read|Write) of size [0-9]+"]),
        Form::new("BUG: KASAN: (.*)", "KASAN: {1}").broken(),
        Form::new("BUG: KMSAN: kernel-usb-infoleak", "KMSAN: kernel-usb-infoleak in {f}")
            .then(&["BUG: KMSAN: kernel-usb-infoleak in {FUNC}"])
            .also(&["KMSAN origin in {g}"])
            .steps(KMSAN)
            .skip(&[
                "alloc_skb",
                "usb_submit_urb",
                "usb_start_wait_urb",
                "usb_bulk_msg",
                "usb_interrupt_msg",
                "usb_control_msg",
            ])
            .traceless(),
        Form::new("BUG: KMSAN:", "KMSAN: {1} in {f}")
            .then(&["BUG: KMSAN: ([a-z-]+) in {FUNC}"])
            .also(&["bad-access in {f}"])
            .steps(KMSAN)
            // Encryption touches every byte, and is seldom who forgot one.
            .skip(&[
                "alloc_skb",
                "netlink_ack",
                "netlink_rcv_skb",
                "_encrypt$",
                "^crypto_",
                "^cipher_",
                "^drbg_",
                "^rng_",
            ])
            .traceless(),
        Form::new("BUG: KCSAN:", "KCSAN: {1}").then(&["BUG: KCSAN: (.*)"]).traceless(),
        Form::new(
            "BUG: KFENCE: (use-after-free|out-of-bounds) (read|write) in {FUNC}",
            "KFENCE: {1} {2} in {f}",
        )
        .also(&["bad-access in {f}"])
        .steps(KFENCE),
        Form::new("BUG: KFENCE: invalid free in {FUNC}", "KFENCE: invalid free in {f}")
            .also(&["invalid-free in {f}"])
            .steps(KFENCE)
            .traceless(),
        Form::new("BUG: KFENCE: invalid (read|write) in {FUNC}", "KFENCE: invalid {1} in {f}")
            .also(&["bad-access in {f}"])
            .steps(KFENCE),
        Form::new("BUG: KFENCE: memory corruption in {FUNC}", "KFENCE: memory corruption in {f}")
            .steps(KFENCE)
            .traceless(),
        Form::new(
            "BUG: (?:unable to handle kernel paging request|unable to handle page fault for address|Unable to handle kernel data access)",
            "BUG: unable to handle kernel paging request in {f}",
        )
        .also(&["bad-access in {f}"])
        .steps(FROM_POINTER),
        Form::new(
            "BUG: (?:unable to handle kernel NULL pointer dereference|[kK]ernel NULL pointer dereference)",
            "BUG: unable to handle kernel NULL pointer dereference in {f}",
        )
        .also(&["bad-access in {f}"])
        .steps(FROM_POINTER),
        // Power, on a jump to nowhere.
        Form::new(
            "BUG: Unable to handle kernel instruction fetch",
            "BUG: unable to handle kernel instruction fetch in {f}",
        )
        .also(&["bad-access in {f}"])
        .steps(FROM_POINTER),
        // The line is printed in two pieces; the second one got lost.
        Form::new("BUG: [uU]nable to handle kernel", "BUG: unable to handle kernel").broken(),
        Form::new(
            "BUG: (spinlock|rwlock) (lockup suspected|already unlocked|recursion|cpu recursion|bad magic|wrong owner|wrong CPU|trylock failure on UP)",
            "BUG: {1} {2} in {f}",
        )
        .steps(IN_TRACE)
        .skip(&["spin_", "_lock", "_unlock"]),
        Form::new("BUG: soft lockup", "BUG: soft lockup in {f}")
            .also(&["stall in {f}"])
            .steps(FROM_POINTER)
            .pick(Pick::BelowDispatch),
        Form::new("BUG: .*still has locks held!", "BUG: still has locks held in {1}")
            .then(&["BUG: .*still has locks held!", "{PC} +{FUNC}"]),
        Form::new("BUG: scheduling while atomic", "BUG: scheduling while atomic in {f}")
            .steps(IN_TRACE)
            .skip(&["schedule"]),
        Form::new(
            "BUG: lock held when returning to user space",
            "BUG: lock held when returning to user space in {1}",
        )
        .then(&[
            "BUG: lock held when returning to user space",
            "leaving the kernel with locks still held",
            super::LOCK_AT,
        ])
        .traceless(),
        Form::new("BUG: bad unlock balance detected!", "BUG: bad unlock balance in {f}")
            .steps(&[Seek("{PC} +{FUNC}"), Seek(CALL_TRACE), Trace]),
        Form::new("BUG: held lock freed!", "BUG: held lock freed in {1}")
            .then(&["BUG: held lock freed!", "{PC} +{FUNC}"]),
        Form::new("BUG: Bad rss-counter state", "BUG: Bad rss-counter state").traceless(),
        Form::new("BUG: non-zero (nr_ptes|nr_pmds|pgtables_bytes) on freeing mm", "BUG: non-zero {1} on freeing mm")
            .traceless(),
        Form::new("BUG: Dentry .* still in use", "BUG: Dentry still in use in {1}")
            .then(&[r"BUG: Dentry .* still in use \([0-9]+\) \[(unmount) of ([^\]]+)\]"])
            .also(&["BUG: Dentry still in use [{1} of {2}]"]),
        Form::new("BUG: Bad page (state|cache)", "BUG: Bad page {1} in {f}")
            .steps(&[Seek("page last allocated"), Trace])
            .skip(&[
                "free_page",
                "put_page",
                "get_page",
                "update_page",
                "release_page",
                "free_unref",
                "^folio",
                "^_folio",
                "^__folio",
                "truncate_inode_pages",
                "page_frag_free",
                "alloc",
                "vmap",
                "page_owner",
            ]),
        Form::new("BUG: Bad page map", "BUG: Bad page map"),
        Form::new("BUG: workqueue lockup", "BUG: workqueue lockup").traceless(),
        Form::new(
            "BUG: sleeping function called from invalid context at ",
            "BUG: sleeping function called from invalid context in {f}",
        )
        .steps(IN_TRACE),
        Form::new(
            r"BUG: using ([a-z_]+)\(\) in preemptible",
            "BUG: using {1}() in preemptible code in {f}",
        )
        .steps(IN_TRACE)
        .skip(&["dump_stack", "preemption", "preempt", "debug_", "processor_id", "this_cpu"]),
        Form::new(
            "BUG: workqueue leaked lock or atomic",
            "BUG: workqueue leaked lock or atomic in {1}",
        )
        .then(&["BUG: workqueue leaked lock or atomic", "last function: ([a-zA-Z0-9_]+)$"])
        .traceless(),
        Form::new("BUG: memory leak", "memory leak in {f}")
            .steps(&[Seek(r"backtrace(?: \(crc [[:xdigit:]]*\))?:"), Trace])
            .skip(&[
                "kmemleak",
                "mmap",
                "kmem",
                "slab",
                "alloc",
                "create_object",
                "idr_get",
                "list_lru_init",
                "kasprintf",
                "kvasprintf",
                "pcpu_create",
                "strdup",
                "strndup",
                "memdup",
            ]),
        Form::new("BUG: .*stack guard page was hit at", "BUG: stack guard page was hit in {f}")
            .also(&["stack-overflow in {f}"])
            .steps(FROM_POINTER)
            .pick(Pick::BelowDispatch),
        // The checker of locks is full, and stops.
        Form::new("BUG: (MAX_[A-Z_]+) too low", "BUG: {1} too low").traceless(),
        // How arm says what x86 calls a locking bug.
        Form::new("BUG: Invalid wait context", "WARNING: locking bug in {f}")
            .steps(IN_TRACE)
            .skip(&["lock_sock", "release_sock"]),
        Form::new(r"BUG:[[:space:]]*$", "BUG: corrupted").broken(),
    ],
    not: &[
        "DEBUG:",
        "xlog_status:",
        "BUG: no syscalls can create resource",
        // How arm names the fault behind a BUG(); `Internal error:` is a header of its own.
        "Internal error: Oops - BUG:",
    ],
    formless: Formless::Report,
};

pub(super) static KERNEL_BUG: Header = Header {
    words: "kernel BUG",
    forms: &[
        Form::new(r"kernel BUG at mm/usercopy\.c", "BUG: bad usercopy in {f}")
            .steps(IN_TRACE)
            .skip(&["usercopy", "__check"]),
        Form::new(r"kernel BUG at lib/list_debug\.c", "BUG: corrupted list in {f}")
            .also(&["bad-access in {f}"])
            .steps(IN_TRACE),
        Form::new("kernel BUG at (.*)", "kernel BUG in {f}")
            .steps(FROM_POINTER)
            // Buffers of packets check themselves; who calls them is to blame.
            .skip(&["^skb_"]),
    ],
    not: &[],
    formless: Formless::Report,
};

pub(super) static KERNEL_BUG_OLD: Header = Header {
    words: "Kernel BUG",
    forms: &[Form::new("Kernel BUG (.*)", "kernel BUG {1}")],
    not: &[],
    formless: Formless::Report,
};

/// Checks of the allocator on other caches: `BUG name (Not tainted): Poison overwritten`.
pub(super) static SLAB: Header = Header {
    words: "BUG ",
    forms: &[Form::new(
        r"^BUG [^ ]+(?: \([^)]*\)| *): ?(.*(?:overwritten|Redzone|Poison|Freepointer|Objects remaining|already free|Padding|corrupt|not empty).*)",
        "slab corruption: {1}",
    )
    .traceless()],
    not: &[],
    formless: Formless::Never,
};

pub(super) static KMALLOC: Header = Header {
    words: "BUG kmalloc-",
    forms: &[Form::new("BUG kmalloc-.*: Object already free", "BUG: Object already free")],
    not: &[],
    formless: Formless::Report,
};

const UBSAN_SKIP: &[&str] = &["ubsan", "overflow"];

pub(super) static UBSAN: Header = Header {
    words: "UBSAN:",
    forms: &[
        Form::new("UBSAN:", "UBSAN: undefined-behaviour in {f}")
            .then(&["UBSAN: Undefined behaviour in"])
            .steps(IN_TRACE)
            .skip(UBSAN_SKIP),
        Form::new("UBSAN: array-index-out-of-bounds in", "UBSAN: array-index-out-of-bounds in {f}")
            .also(&["bad-access in {f}"])
            .steps(IN_TRACE)
            .skip(UBSAN_SKIP),
        Form::new("UBSAN:", "UBSAN: {1} in {f}")
            .then(&["UBSAN: (.*?) in"])
            .steps(IN_TRACE)
            .skip(UBSAN_SKIP),
    ],
    // arm64 stops there; the fault is a header of its own.
    not: &["Internal error: UBSAN:"],
    formless: Formless::Report,
};

pub(super) static NETDEVICE: Header = Header {
    words: "unregister_netdevice: waiting for",
    forms: &[Form::new(
        "unregister_netdevice: waiting for (?:.*) to become free",
        "unregister_netdevice: waiting for DEV to become free",
    )
    .traceless()],
    not: &[],
    formless: Formless::Report,
};

pub(super) static VFS_CLOSE: Header = Header {
    words: "VFS: Close: file count is 0",
    forms: &[Form::new(
        "VFS: Close: file count is 0",
        "VFS: Close: file count is zero (use-after-free)",
    )
    .traceless()],
    not: &[],
    formless: Formless::Report,
};

pub(super) static VFS_BUSY: Header = Header {
    words: "VFS: Busy inodes after unmount",
    forms: &[Form::new(
        "VFS: Busy inodes after unmount",
        "VFS: Busy inodes after unmount (use-after-free)",
    )
    .traceless()],
    not: &[],
    formless: Formless::Report,
};

pub(super) static IRQ: Header = Header {
    words: ": nobody cared",
    forms: &[Form::new("irq [0-9]+: nobody cared", "irq nobody cared in {f}").stack(Stack {
        steps: &[Seek("handlers:"), Trace],
        otherwise: IN_TRACE,
        skip: &["irq", "interrupt", "report_bad"],
        pick: Pick::First,
    })],
    not: &[],
    formless: Formless::Never,
};
