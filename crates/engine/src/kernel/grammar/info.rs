//! Reports that open with `INFO:`: stalls, hangs, and what lockdep said in older kernels.

use super::{CALL_TRACE, Form, Formless, Header, IN_TRACE, POINTER, Pick, Stack, Step};
use Step::{Seek, Trace};

const OLD_LOCK_AT: &str = "at: {PC} +{FUNC}";

pub(super) static INFO: Header = Header {
    words: "INFO:",
    forms: &[
        Form::new(
            "INFO: possible circular locking dependency detected",
            "possible deadlock in {1}",
        )
        .then(&[
            r"INFO: possible circular locking dependency detected \]",
            "is trying to acquire lock",
            OLD_LOCK_AT,
        ]),
        Form::new(
            "INFO: possible irq lock inversion dependency detected",
            "possible deadlock in {1}",
        )
        .then(&[
            r"INFO: possible irq lock inversion dependency detected \]",
            "just changed the state of lock",
            OLD_LOCK_AT,
        ]),
        Form::new(
            "INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected",
            "possible deadlock in {1}",
        )
        .then(&[
            r"INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected \]",
            "is trying to acquire",
            OLD_LOCK_AT,
        ]),
        Form::new("INFO: possible recursive locking detected", "possible deadlock in {1}").then(&[
            r"INFO: possible recursive locking detected \]",
            "is trying to acquire lock",
            OLD_LOCK_AT,
        ]),
        Form::new("INFO: inconsistent lock state", "inconsistent lock state in {1}").then(&[
            r"INFO: inconsistent lock state \]",
            "takes",
            OLD_LOCK_AT,
        ]),
        Form::new(
            "INFO: rcu_[a-z_]+ (?:self-)?detected(?: expedited)? stall",
            "INFO: rcu detected stall in {f}",
        )
        .also(&["stall in {f}"])
        .stack(Stack {
            // What was running stands below the interrupt that noticed.
            steps: &[Seek("apic_timer_interrupt"), Seek(POINTER), Trace],
            otherwise: &[Seek("apic_timer_interrupt|Exception stack|el1h_64_irq"), Trace],
            skip: &["apic_timer_interrupt", "rcu"],
            pick: Pick::BelowDispatch,
        }),
        Form::new(
            "INFO: trying to register non-static key",
            "INFO: trying to register non-static key in {f}",
        )
        .steps(IN_TRACE)
        .skip(&["stack", "lock", "IRQ"]),
        Form::new("INFO: suspicious RCU usage", "INFO: suspicious RCU usage in {f}")
            .then(&["INFO: suspicious RCU usage", "{SRC}"])
            .steps(&[Seek(CALL_TRACE), Trace])
            .skip(&["rcu", "kmem", "slab"]),
        Form::new(
            "INFO: task {TASK} blocked (?:in I/O wait )?for more than [0-9]+ seconds",
            "INFO: task hung in {f}",
        )
        .also(&["hang in {f}"])
        .steps(IN_TRACE)
        .pick(Pick::Blocked),
        Form::new(
            "INFO: task {TASK} can't die for more than .* seconds",
            "INFO: task can't die in {f}",
        )
        .also(&["hang in {f}"])
        .steps(IN_TRACE)
        .skip(&["schedule"]),
        // What is left of a damaged report of old KASAN.
        Form::new("INFO: (Freed|Allocated) in (.*)", "INFO: {1} in {2}").broken(),
        Form::new(r"INFO:[[:space:]]*$", "INFO: corrupted").broken(),
    ],
    not: &[
        "INFO: lockdep is turned off",
        // Behind a hang: what it waits for, as far as the kernel knows.
        "INFO: task {TASK}(?:<[a-z]+> )?(?:is )?blocked on an? ",
        "INFO: Stall ended before state dump start",
        "INFO: NMI handler",
        "INFO: recovery required on readonly filesystem",
        "(?:handler|interrupt).*took too long",
        "INFO: sys_.* is not present in /proc/kallsyms",
        "INFO: no syscalls can create resource",
        "rmt_storage:INFO:",
        "_INFO:",
    ],
    formless: Formless::Nothing,
};
