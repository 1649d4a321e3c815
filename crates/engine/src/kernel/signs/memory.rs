//! Memory that ran out.

use super::Sign;
use crate::kernel::classify::Family::Resource;
use crate::kernel::classify::Severity::{High, Medium};

/// `mm/oom_kill.c`, `mm/page_alloc.c`, `mm/vmalloc.c`, `mm/kmemleak.c`.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        // Without the task's name until 2.6.16.
        &["invoked oom-killer", "oom-killer: gfp_mask="],
        r"^(?:(.{1,64}?) invoked )?oom-killer: gfp_mask=([^,]*)(?:.*?order=(-?[0-9]+))?",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("trigger", 1), ("gfp", 2), ("order", 3)])
    .episode(),
    Sign::new(
        &["oom-kill:constraint="],
        r"oom-kill:constraint=CONSTRAINT_([A-Z_]+).*?(?:oom_memcg=([^,]*),)?(?:task_memcg=([^,]*),)?task=(.*),pid=([0-9]+),uid=([0-9]+)",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("constraint", 1), ("memcg", 2), ("task_memcg", 3), ("victim", 4), ("victim_pid", 5), ("uid", 6)])
    .episode(),
    Sign::new(
        &["emory cgroup out of memory"],
        r"[Mm]emory cgroup out of memory: Kill(?:ed)? process ([0-9]+) \((.*)\)(?: score ([0-9]+))?(?:.*?total-vm:([0-9]+)kB, anon-rss:([0-9]+)kB)?",
        "OOM_MEMCG",
        (Resource, High),
        "out of memory in a control group",
    )
    .with(&[("victim_pid", 1), ("victim", 2), ("score", 3), ("total_vm_kb", 4), ("rss_kb", 5)])
    .episode(),
    Sign::new(
        // With a capital letter until 2.6.18.
        &["Out of memory", "Out of Memory"],
        r"Out of [Mm]emory(?: \([^)]*\))?: Kill(?:ed)? process ([0-9]+),? \(?([^),]*)\)?(?:.*?score ([0-9]+))?(?:.*?total-vm:([0-9]+)kB, anon-rss:([0-9]+)kB)?",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("victim_pid", 1), ("victim", 2), ("score", 3), ("total_vm_kb", 4), ("rss_kb", 5)])
    .episode(),
    Sign::new(
        &["Killed process "],
        r"^Killed process ([0-9]+)(?:, UID [0-9]+,)? \((.*)\),? (?:.*?total-vm:([0-9]+)kB, anon-rss:([0-9]+)kB)?",
        "OOM_KILL",
        (Resource, High),
        "out of memory",
    )
    .with(&[("victim_pid", 1), ("victim", 2), ("total_vm_kb", 3), ("rss_kb", 4)])
    .episode(),
    Sign::new(
        &["lowmemorykiller: Kill", "ROT: Kill"],
        r"lowmemorykiller: Kill(?:ing|ed) '([^']*)' \(([0-9]+)\)",
        "OOM_KILL",
        (Resource, Medium),
        "low memory killer ended a program",
    )
    .with(&[("victim", 1), ("victim_pid", 2)]),
    Sign::new(
        &["page allocation failure", "allocation failure:", "SLUB: Unable to allocate memory", "vmalloc error: size "],
        r"(page allocation failure|vmalloc: allocation failure|vmalloc error|SLUB: Unable to allocate memory)(?:.*?order:([0-9]+))?",
        "ALLOC_FAILURE",
        (Resource, Medium),
        "{1}",
    )
    .with(&[("order", 2)]),
    Sign::new(
        &["new suspected memory leaks"],
        "kmemleak: ([0-9]+) new suspected memory leaks",
        "LEAK",
        (Resource, Medium),
        "the kernel suspects leaks of its own memory",
    )
    .with(&[("leaks", 1)]),
];
