//! Functions that stand in a trace and are not to blame: the checkers themselves, the way into the
//! handler, and helpers whose caller made the mistake.
//!
//! Rules are parts of names: `^` binds to the beginning, `$` to the end. They are loose on purpose,
//! so that next year's `kmem_cache_alloc_something` is known already.

mod never;

use aho_corasick::AhoCorasick;
use never::NEVER;
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
