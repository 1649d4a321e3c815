//! A symbolised report → the source file to look at first.
//!
//! The first file of the report that is no helper; and if deeper in the same part of the tree another
//! one follows, that: `net/core/…` leads into `net/core/sub/…`.

use super::pattern::Pattern;

/// A path with a line.
static PLACE: Pattern = Pattern::new(r"([a-zA-Z0-9_./-]*[a-zA-Z0-9_-]+\.[ch]):[0-9]+");
/// Lines that name places of locks and registers, not of the code that ran.
static ASIDE: Pattern = Pattern::new(
    r"(?:hardirqs|softirqs)[ \t]+last[ \t]+(?:enabled|disabled)|,[ \t]+at:[ \t]+|^[ \t]*#[0-9]+:|^Register r[0-9]+ information",
);
/// Files of helpers: checkers, allocators, locks, the scheduler, entries of exceptions.
static HELPER: Pattern = Pattern::new(
    r"\.h$|^lib/|^virt/lib/|^mm/kasan/|^mm/kmsan/|^kernel/kcov\.c|^mm/sl.b|^mm/(?:filemap|folio-compat|truncate|memory|vmalloc|page_alloc|mempool|util)\.c|^mm/percpu|^kernel/rcu/|^arch/.*/kernel/traps\.c|^arch/.*/kernel/unwind.*\.c|^arch/.*/mm/(?:fault|physaddr)\.c|^arch/.*/kernel/stacktrace\.c|^arch/.*/kernel/apic/apic\.c|^arch/arm64/kernel/(?:entry.*|process)\.c|^kernel/locking/|^kernel/(?:panic|softirq|kthread|stacktrace|workqueue)\.c|^kernel/printk/printk.*\.c|^kernel/sched/|^kernel/time/timer\.c|^net/core/(?:dev|sock|skbuff)\.c|^fs/proc/generic\.c|^trusty/|^drivers/usb/core/urb\.c|^arch/.*/lib/crc",
);
/// Where the interrupted code begins in a stall's trace.
const INTERRUPT_ENDS: [&str; 3] = ["apic_timer_interrupt+0x", "el1h_64_irq+0x", "Exception stack"];

/// The guilty file of a report, if its lines name files.
pub(super) fn find(title: &str, lines: &[&str]) -> Option<String> {
    if title.starts_with("INFO: rcu detected stall") {
        for mark in INTERRUPT_ENDS {
            let found = lines.iter().position(|line| line.contains(mark));
            if let Some(file) = found.and_then(|at| first(&lines[at..])) {
                return Some(file);
            }
        }
    }
    first(lines)
}

fn first(lines: &[&str]) -> Option<String> {
    let mut fallback = None;
    let mut guilty: Option<String> = None;
    for line in lines {
        let Some(path) = place(line) else {
            continue;
        };
        if fallback.is_none() && guilty.is_none() {
            fallback = Some(path.to_owned());
        }
        if HELPER.is_match(path) || ASIDE.is_match(line) {
            continue;
        }
        let path = tidy(path);
        match &guilty {
            None => guilty = Some(path),
            Some(held) => {
                let folder = held.rsplit_once('/').map_or(".", |(folder, _)| folder);
                let deeper = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
                if deeper.is_some_and(|rest| rest.contains('/')) {
                    guilty = Some(path);
                }
            }
        }
    }
    guilty.or(fallback)
}

fn place(line: &str) -> Option<&str> {
    if !line.contains(".c:") && !line.contains(".h:") {
        return None;
    }
    PLACE.groups(line)?.into_iter().next()
}

/// `./a//b/../c.c` → `a/c.c`.
fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') { format!("/{joined}") } else { joined }
}
