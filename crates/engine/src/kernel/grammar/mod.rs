//! What the kernel's reports look like, as data: which words open one, which forms it takes, how it
//! is named and where its guilty frame stands.
//!
//! Names follow the ones that the fuzzing community gives to crashes ("KASAN: use-after-free Read in
//! foo"), so that a report here and a bug there can be recognised as the same.
//!
//! To add a form: one [`Form`] in the table of its header. Among the forms of a header the one that
//! matches earliest in the line wins, then the one listed first.

mod bug;
mod fault;
mod info;
mod panic;
mod user;
mod warning;

use super::pattern::Pattern;
use std::sync::LazyLock;

/// The words that open a report, and the forms it can have.
#[derive(Debug)]
pub(super) struct Header {
    /// Stands anywhere in the line.
    pub(super) words: &'static str,
    pub(super) forms: &'static [Form],
    /// A line with one of these is no report (patterns).
    pub(super) not: &'static [&'static str],
    /// What a line is that has the words and no form.
    pub(super) formless: Formless,
}

/// What a header without a known form means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Formless {
    /// A report named by its line, if the kernel said it.
    Report,
    /// Nothing, unless later lines show a form.
    Nothing,
    /// Nothing: its words are common, and the line itself must show a form.
    Never,
}

/// One form of a report.
#[derive(Debug)]
pub(super) struct Form {
    /// Stands in the line that opens the report.
    pub(super) title: &'static str,
    /// Patterns of this and later lines, each on a later line than the one before; what they capture
    /// fills the name instead of what the title captured. If one is missing, the report is damaged.
    pub(super) then: &'static [&'static str],
    /// The name: `{1}`… is what was captured, `{f}` the guilty frame, `{g}` the second one.
    pub(super) says: &'static str,
    /// Other names of the same trouble.
    pub(super) also: &'static [&'static str],
    pub(super) stack: Option<Stack>,
    /// Such a report is complete without a stack trace.
    pub(super) traceless: bool,
    /// A report of this form is always a damaged one: its true beginning is missing.
    pub(super) broken: bool,
}

/// Where the guilty frame is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stack {
    pub(super) steps: &'static [Step],
    /// If `steps` lead to nothing.
    pub(super) otherwise: &'static [Step],
    /// Functions that are not to blame in such reports, besides those that never are.
    pub(super) skip: &'static [&'static str],
    pub(super) pick: Pick,
}

/// One step on the way to the guilty frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// On to the next line with this pattern; what it captures is a frame.
    Seek(&'static str),
    /// Collect the frames of the stack trace that begins here.
    Trace,
}

/// Which of the frames that were found is the guilty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// The innermost.
    First,
    /// The one inside of what the kernel dispatched: the top of a spinning stack is chance.
    BelowDispatch,
    /// What a blocked task waits for.
    Blocked,
}

impl Form {
    pub(super) const fn new(title: &'static str, says: &'static str) -> Form {
        Form { title, then: &[], says, also: &[], stack: None, traceless: false, broken: false }
    }

    pub(super) const fn then(mut self, then: &'static [&'static str]) -> Form {
        self.then = then;
        self
    }

    pub(super) const fn also(mut self, also: &'static [&'static str]) -> Form {
        self.also = also;
        self
    }

    pub(super) const fn steps(self, steps: &'static [Step]) -> Form {
        self.stack(Stack { steps, otherwise: &[], skip: &[], pick: Pick::First })
    }

    pub(super) const fn stack(mut self, stack: Stack) -> Form {
        self.stack = Some(stack);
        self
    }

    /// Functions that are not to blame here.
    pub(super) const fn skip(mut self, skip: &'static [&'static str]) -> Form {
        if let Some(mut stack) = self.stack {
            stack.skip = skip;
            self.stack = Some(stack);
        }
        self
    }

    pub(super) const fn pick(mut self, pick: Pick) -> Form {
        if let Some(mut stack) = self.stack {
            stack.pick = pick;
            self.stack = Some(stack);
        }
        self
    }

    pub(super) const fn traceless(mut self) -> Form {
        self.traceless = true;
        self
    }

    pub(super) const fn broken(mut self) -> Form {
        self.broken = true;
        self
    }
}

/// The line with the instruction pointer, on any architecture (after the bar: loongarch, mips, sparc, s390);
/// captures the function if it has one.
pub(super) const POINTER: &str = r"(?:IP|NIP|pc |PC is at):? (?:(?:[0-9]+:)?(?:{PC} +){0,2}\.?{FUNC}|(?:[0-9]+:)?0x[0-9a-f]+|(?:[0-9]+:)?{PC} +\[< *\(null\)>\] +\(null\)|[0-9]+: +\(null\))|(?:^ *(?:ERA|epc *): [0-9a-f]+ +|TPC: <|PSW : [0-9a-f]+ [0-9a-f]+ \(){FUNC}";
pub(super) const CALL_TRACE: &str = r"Call [Tt]race:|Backtrace:";
/// How lockdep names the place of a lock.
pub(super) const LOCK_AT: &str = r"at: (?:{PC} +)?{FUNC}";

/// From the beginning of the call trace.
pub(super) const IN_TRACE: &[Step] = &[Step::Seek(CALL_TRACE), Step::Trace];
/// The instruction pointer, then the call trace.
pub(super) const FROM_POINTER: &[Step] =
    &[Step::Seek(POINTER), Step::Seek(CALL_TRACE), Step::Trace];
/// Only the instruction pointer.
pub(super) const ONLY_POINTER: &[Step] = &[Step::Seek(POINTER)];

/// All headers, in the order in which they are tried on a line.
pub(super) static HEADERS: &[&Header] = &[
    &bug::BUG,
    &warning::WARNING,
    &info::INFO,
    &fault::UNABLE,
    &fault::PROTECTION,
    &fault::STACK_SEGMENT,
    &panic::PANIC,
    &panic::DOUBLE_FAULT,
    &panic::RUST,
    &bug::KERNEL_BUG,
    &bug::KERNEL_BUG_OLD,
    &bug::KMALLOC,
    &bug::SLAB,
    &fault::DIVIDE,
    &fault::DIVIDE_NEW,
    &fault::OPCODE,
    &fault::BREAKPOINT,
    &bug::UBSAN,
    &panic::REBOOT,
    &bug::NETDEVICE,
    &bug::VFS_CLOSE,
    &bug::VFS_BUSY,
    &fault::INTERNAL,
    &fault::UNHANDLED,
    &fault::ALIGNMENT,
    &panic::TRUSTY,
    &user::GO,
    &user::FUZZER_FAIL,
    &user::FUZZER_FATAL,
    &user::PANIC,
    &panic::HARD_LOCKUP,
    &fault::OOPS,
    &bug::IRQ,
    &fault::CFI,
];

/// A header with its patterns ready to use.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) header: &'static Header,
    pub(super) not: Vec<Pattern>,
    pub(super) forms: Vec<ReadyForm>,
}

/// A form with its patterns ready to use.
#[derive(Debug)]
pub(super) struct ReadyForm {
    pub(super) form: &'static Form,
    pub(super) title: Pattern,
    pub(super) then: Vec<Pattern>,
    pub(super) stack: Option<ReadyStack>,
}

/// A stack with its patterns ready to use.
#[derive(Debug)]
pub(super) struct ReadyStack {
    pub(super) steps: Vec<ReadyStep>,
    pub(super) otherwise: Vec<ReadyStep>,
    pub(super) skip: Vec<super::skip::Rule>,
    pub(super) pick: Pick,
}

/// A step with its pattern ready to use.
#[derive(Debug)]
pub(super) enum ReadyStep {
    Seek(Pattern),
    Trace,
}

/// The tables, ready to use; patterns are compiled when they are first asked for.
pub(super) static READY: LazyLock<Vec<Ready>> =
    LazyLock::new(|| HEADERS.iter().map(|header| Ready::new(header)).collect());

impl Ready {
    fn new(header: &'static Header) -> Ready {
        let forms = header.forms.iter().map(ReadyForm::new).collect();
        Ready { header, not: header.not.iter().map(|p| Pattern::new(p)).collect(), forms }
    }

    /// Whether the line opens a report of this header.
    pub(super) fn opens(&self, text: &str) -> bool {
        text.contains(self.header.words)
            && !self.not.iter().any(|p| p.is_match(text))
            && (self.header.formless != Formless::Never || self.has_form(text))
    }

    /// Whether any form is in the text, those of damaged reports too.
    pub(super) fn has_any_form(&self, text: &str) -> bool {
        self.forms.iter().any(|f| f.title.is_match(text))
    }

    /// Whether a form is in the line itself.
    pub(super) fn has_form(&self, text: &str) -> bool {
        self.forms.iter().any(|f| !f.form.broken && f.title.is_match(text))
    }
}

impl ReadyForm {
    fn new(form: &'static Form) -> ReadyForm {
        ReadyForm {
            form,
            title: Pattern::new(form.title),
            then: form.then.iter().map(|p| Pattern::new(p)).collect(),
            stack: form.stack.as_ref().map(|stack| ReadyStack {
                steps: ready(stack.steps),
                otherwise: ready(stack.otherwise),
                skip: stack.skip.iter().map(|s| super::skip::Rule::new(s)).collect(),
                pick: stack.pick,
            }),
        }
    }
}

fn ready(steps: &'static [Step]) -> Vec<ReadyStep> {
    let one = |step: &Step| match step {
        Step::Seek(pattern) => ReadyStep::Seek(Pattern::new(pattern)),
        Step::Trace => ReadyStep::Trace,
    };
    steps.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::pattern::compile;

    #[test]
    fn every_pattern_compiles() {
        for header in HEADERS {
            let steps = |s: &Stack| s.steps.iter().chain(s.otherwise).copied().collect::<Vec<_>>();
            let mut patterns: Vec<&str> = header.not.to_vec();
            for form in header.forms {
                patterns.push(form.title);
                patterns.extend(form.then);
                for step in form.stack.as_ref().map(steps).unwrap_or_default() {
                    if let Step::Seek(pattern) = step {
                        patterns.push(pattern);
                    }
                }
            }
            for pattern in patterns {
                assert!(compile(pattern).is_ok(), "{pattern}");
            }
        }
    }
}
