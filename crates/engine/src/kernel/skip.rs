//! Functions that stand in a trace and are not to blame: the checkers themselves, the way into the
//! handler, and helpers whose caller made the mistake.
//!
//! Rules are parts of names: `^` binds to the beginning, `$` to the end. They are loose on purpose,
//! so that next year's `kmem_cache_alloc_something` is known already.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// One rule.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Is(&'static str),
    Begins(&'static str),
    Ends(&'static str),
    Contains(&'static str),
}

impl Rule {
    pub(super) fn new(rule: &'static str) -> Rule {
        match (rule.strip_prefix('^'), rule.strip_suffix('$')) {
            (Some(name), Some(_)) => Rule::Is(name.strip_suffix('$').unwrap_or(name)),
            (Some(head), None) => Rule::Begins(head),
            (None, Some(tail)) => Rule::Ends(tail),
            (None, None) => Rule::Contains(rule),
        }
    }

    pub(super) fn is_match(self, name: &str) -> bool {
        match self {
            Rule::Is(whole) => name == whole,
            Rule::Begins(head) => name.starts_with(head),
            Rule::Ends(tail) => name.ends_with(tail),
            Rule::Contains(part) => name.contains(part),
        }
    }
}

/// Never to blame, by class.
const NEVER: &[&[&str]] = &[
    // Checkers of memory and races, and their reports.
    &[
        "__sanitizer",
        "__asan",
        "kasan",
        "hwasan",
        "__msan",
        "kmsan",
        "kcsan_setup_watchpoint",
        "check_memory_region",
        "check_heap_object",
        "check_object",
        "read_word_at_a_time",
        "_nocheck",
        "print_address_description",
        "print_report",
        "__fortify_report",
    ],
    // Panic, warning and oops: the way into the report and the printing of it.
    &[
        "panic",
        "invalid_op",
        "report_bug",
        "fixup_bug",
        "do_error",
        "_trap$",
        "do_trap",
        "show_stack",
        "dump_stack",
        "walk_stack",
        "dump_backtrace",
        "warn_slowpath",
        "warn_alloc",
        "warn_bogus",
        "__warn",
        "print_tainted",
        "^get_taint$",
        "assertfail",
        "stack_trace_consume_entry",
        "arch_stack_walk",
        "stack_trace_save",
        "program_check_exception",
        "program_check_common",
        "do_kernel_fault",
        "do_translation_fault",
        "do_mem_abort",
        "el1_abort",
        "el1h_64_sync",
        "__phys_addr",
    ],
    // Allocators and the page cache.
    &[
        "alloc_page",
        "malloc",
        "zalloc",
        "calloc",
        "krealloc",
        "kmem_cache",
        "allocate_slab",
        "__alloc_frozen_pages_noprof",
        "folio_alloc",
        "folio_unlock",
        "filemap_alloc_folio",
        "__filemap_get_folio",
        "find_or_create_page",
        "do_read_cache_folio",
        "read_cache_page",
        "pagecache_get_page",
        "grab_cache_page_write_begin",
        "slab_",
        "^kfree$",
        "^kvfree$",
        "kfree_skb",
        "^lock_page",
        "^unlock_page",
        "find_lock_entries",
        "truncate_inode_pages_range",
        "mark_buffer_dirty",
    ],
    // Locks, and what watches them.
    &[
        "print_usage_bug",
        "debug_object",
        "timer_is_static_object",
        "work_is_static_object",
        "print_unlock",
        "imbalance_bug",
        "lockdep",
        "bh_enable",
        "bh_disable",
        "perf_trace",
        "lock_acquire",
        "lock_release",
        "lock_class",
        "mark_lock",
        "reacquire_held_locks",
        "mark_held_locks",
        "raw_spin_rq",
        "spin_lock",
        "spin_trylock",
        "spin_unlock",
        "read_lock",
        "read_trylock",
        "write_lock",
        "write_trylock",
        "read_unlock",
        "write_unlock",
        "^down$",
        "down_read",
        "down_write",
        "down_trylock",
        "up_read",
        "up_write",
        "^mutex_",
        "^__mutex_",
        "^rt_mutex_",
        "owner_on_cpu",
        "osq_lock",
        "osq_unlock",
        "__might_fault",
        "might_fault",
        "might_sleep",
        "__might_resched",
        "trace_hardirq",
        "trace_softirq",
        "seqprop_assert",
        "cleanup_srcu_struct",
    ],
    // Counters and bits.
    &[
        "atomic_dec",
        "atomic_inc",
        "atomic_read",
        "atomic_set",
        "atomic_or",
        "atomic_xor",
        "atomic_and",
        "atomic_add",
        "atomic_sub",
        "atomic_fetch",
        "atomic_xchg",
        "atomic_cmpxchg",
        "atomic_try",
        "atomic64_dec",
        "atomic64_inc",
        "atomic64_read",
        "atomic64_set",
        "atomic64_or",
        "atomic64_xor",
        "atomic64_and",
        "atomic64_add",
        "atomic64_sub",
        "atomic64_fetch",
        "atomic64_xchg",
        "atomic64_cmpxchg",
        "atomic64_try",
        "set_bit",
        "clear_bit",
        "change_bit",
        "test_bit",
        "^refcount_",
        "^kref_",
        "ref_tracker",
        "drop_nlink",
    ],
    // Memory and text.
    &[
        "memcpy",
        "memcmp",
        "memset",
        "memchr",
        "memmove",
        "memdup",
        "strcmp",
        "strncmp",
        "strcpy",
        "strlcpy",
        "strncpy",
        "strscpy",
        "strlen",
        "strstr",
        "strnstr",
        "strnlen",
        "strchr",
        "strdup",
        "strndup",
        "string",
        "pointer",
        "snprintf",
        "scnprintf",
        "kasprintf",
        "kvasprintf",
        "printk",
        "va_format",
        "hex_dump_to_buffer",
        "print_hex_dump",
        "logic_in",
        "logic_out",
        "readb$",
        "readw$",
        "readl$",
        "readq$",
        "writeb$",
        "writew$",
        "writel$",
        "writeq$",
        "crc_itu_t",
        "^crc1",
        "^crc3",
        "^crc4",
        "^crc6",
        "^crc7",
        "^crc8",
        "_indirect_thunk_",
    ],
    // To and from programs.
    &[
        "copy_to_user",
        "copy_from_user",
        "copy_to_iter",
        "copy_from_iter",
        "copy_page_to_iter",
        "copy_page_from_iter",
        "copy_folio_to_iter",
        "^copyin$",
        "^copyout$",
        "put_user",
        "get_user",
        "extract_user_to_sg",
        "extract_iter_to_sg",
    ],
    // Lists, trees, tables.
    &[
        "list_add",
        "list_del",
        "list_replace",
        "list_move",
        "list_splice",
        "^rb_",
        "^__rb_",
        "^klist_",
        "xas_start",
        "xas_load",
        "xas_find",
        "rhashtable_lookup",
        "ida_free",
    ],
    // Messages of drivers.
    &["dev_info", "dev_notice", "dev_warn", "dev_err", "dev_alert", "dev_crit", "dev_emerg"],
    // Timers, work, waiting.
    &[
        "__wake_up",
        "del_timer",
        "flush_work",
        "__cancel_work_timer",
        "cancel_work_sync",
        "try_to_grab_pending",
        "flush_workqueue",
        "drain_workqueue",
        "destroy_workqueue",
        "queue_work",
        "finish_wait",
        "kthread_stop",
        "^complete$",
        "wait_for_completion",
        "insert_work",
        "__queue_delayed_work",
        "queue_delayed_work_on",
        "lock_timer_base",
        "__timer_delete_sync",
        "sk_stop_timer_sync",
        "__mod_timer",
    ],
    // Devices and their registration.
    &[
        "kobject_",
        "add_uevent_var",
        "get_device_parent",
        "device_add",
        "device_del",
        "device_unregister",
        "device_destroy",
        "device_release",
        "devres_release_all",
        "hwrng_unregister",
        "i2c_del_adapter",
        "__unregister_client",
        "device_for_each_child",
        "rollback_registered",
        "unregister_netdev",
        "sysfs_remove",
        "device_remove_file",
        "tty_unregister_device",
        "^put_device$",
        "dummy_urb_enqueue",
        "usb_kill_urb",
        "usb_kill_anchored_urbs",
        "usb_control_msg",
        "usb_hcd_submit_urb",
        "usb_submit_urb",
    ],
    // References of files.
    &["^iput$", "^iput_final$", "^ihold$", "fast_dput", "dput"],
];

/// The rules of [`NEVER`]: those on any part of the name in one automaton, the others one by one.
#[derive(Debug)]
struct Never {
    parts: Option<AhoCorasick>,
    bound: Vec<Rule>,
}

static RULES: LazyLock<Never> = LazyLock::new(|| {
    let rules = NEVER.iter().flat_map(|class| class.iter()).map(|rule| Rule::new(rule));
    let (mut parts, mut bound) = (Vec::new(), Vec::new());
    for rule in rules {
        match rule {
            Rule::Contains(part) => parts.push(part),
            rule => bound.push(rule),
        }
    }
    Never { parts: AhoCorasick::new(parts).ok(), bound }
});

/// Whether a function is never to blame.
pub(super) fn is_never_guilty(name: &str) -> bool {
    RULES.parts.as_ref().is_some_and(|ac| ac.is_match(name))
        || RULES.bound.iter().any(|rule| rule.is_match(name))
}

/// Marks of where the kernel dispatches work: system calls, interrupts, timers, callbacks. What
/// stands right inside of one names a stall better than the chance top of the stack.
pub(super) const DISPATCH: &[&str] = &[
    // Entries of system calls and kernel threads.
    "process_one_work",
    "do_syscall_",
    "do_fast_syscall_",
    "sysenter_dispatch",
    "tracesys_phase2",
    "el0_svc_handler",
    "invoke_syscall",
    "ret_fast_syscall",
    "smpboot_thread_fn",
    "^kthread$",
    "start_secondary",
    "cpu_startup_entry",
    "ret_from_fork",
    "run_ksoftirqd",
    // Interrupts, timers, packets.
    "netif_receive_skb",
    "do_softirq",
    "call_timer_fn",
    "_run_timers",
    "run_timer_softirq",
    "hrtimer_run",
    "tasklet_action",
    "tasklet_hi_action",
    "smp_call_function",
    // Files.
    "vfs_write",
    "vfs_read",
    "vfs_iter_read",
    "vfs_iter_write",
    "do_iter_read",
    "do_iter_write",
    "call_read_iter",
    "call_write_iter",
    "new_sync_read",
    "new_sync_write",
    "vfs_ioctl",
    "ksys_ioctl",
    "compat_ioctl",
    "compat_sys_ioctl",
    "blkdev_driver_ioctl",
    "blkdev_ioctl",
    "^call_mmap",
    "mmap_region",
    "do_mmap",
    "do_dentry_open",
    "vfs_open",
    "__fput",
    "task_work_run",
    // Sockets.
    "^sock_sendmsg",
    "^sock_recvmsg",
    "^sock_release",
    "^__sock_release",
    "^setsockopt$",
    "kernel_setsockopt",
    "sock_common_setsockopt",
    "^listen$",
    "kernel_listen",
    "sk_common_release",
    "^sock_mmap",
    "^accept$",
    "kernel_accept",
    "^sock_do_ioctl",
    "^sock_ioctl",
    "^compat_sock_ioctl",
    "^nfnetlink_rcv_msg",
    "^rtnetlink_rcv_msg",
    "^netlink_dump",
    "^socketpair",
    "^connect",
    "^ioctl",
    "^sys_socketpair",
    "^sys_connect",
    "^sys_ioctl",
    // Page faults, and the way back to the program.
    "__do_fault",
    "do_page_fault",
    "^page_fault$",
    "exit_to_usermode",
];

/// What many hung tasks wait for together, and under which name.
pub(super) const COMMON_WAITS: &[(&str, Option<&str>)] = &[
    ("rtnl_lock", None),
    ("synchronize_rcu", Some("synchronize_rcu")),
    ("synchronize_srcu", Some("synchronize_rcu")),
    ("synchronize_net", Some("synchronize_rcu")),
    ("synchronize_sched", Some("synchronize_rcu")),
];

/// Parts of the names of functions that only wait.
pub(super) const WAITING: &[&str] = &[
    "sched",
    "_lock",
    "_slowlock",
    "down",
    "rwsem",
    "completion",
    "kthread",
    "wait",
    "synchronize",
    "context_switch",
    "__switch_to",
    "cancel_delayed_work",
    "rcu_barrier",
];

/// What compilers and architectures put in front of the function of a system call.
pub(super) const SYSCALL_PREFIXES: &[&str] = &[
    "SYSC_",
    "SyS_",
    "sys_",
    "__x64_",
    "__ia32_",
    "__arm64_",
    "____sys_",
    "___sys_",
    "__sys_",
    "__se_",
    "__se_sys_",
    "__do_sys_",
    "compat_SYSC_",
    "compat_SyS_",
    "ksys_",
];

/// A function's name without what stands in front of a system call: the shortest that is left.
pub(super) fn without_syscall_prefix(name: &str) -> &str {
    SYSCALL_PREFIXES
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix))
        .min_by_key(|rest| rest.len())
        .unwrap_or(name)
}
