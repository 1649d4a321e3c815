//! The lines of a report → what they state besides the story: task, processor, taint, registers,
//! address, access, stack traces.

use super::frames;
use super::report::{Access, Taint, Trace};
use super::stack;
use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Registers that are kept.
const REGISTERS_MAX: usize = 64;
/// Traces and their frames.
const TRACES_MAX: usize = 32;
const FRAMES_MAX: usize = 128;

const TASK: u8 = 1;
const ACCESS: u8 = 2;
const HARDWARE: u8 = 4;
const HEADING: u8 = 8;

/// Words and what a line with them may tell.
const TOPICS: &[(&str, u8)] = &[
    ("PID: ", TASK),
    ("Pid: ", TASK),
    ("INFO: task ", TASK),
    ("soft lockup", TASK),
    (" of size ", ACCESS),
    ("supervisor ", ACCESS),
    ("address", ACCESS),
    ("at addr ", ACCESS),
    ("dereference at ", ACCESS),
    ("request at ", ACCESS),
    ("Hardware name: ", HARDWARE),
    ("llocated", HEADING),
    ("Freed", HEADING),
    ("Uninit was", HEADING),
    ("Local variable", HEADING),
    ("all Trace", HEADING),
    ("all trace", HEADING),
    ("acktrace", HEADING),
    ("status: ", HEADING),
];

static TOPIC_WORDS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(TOPICS.iter().map(|(words, _)| words)).ok());

fn topics(line: &str) -> u8 {
    let Some(words) = TOPIC_WORDS.as_ref() else {
        return u8::MAX;
    };
    words.find_overlapping_iter(line).fold(0, |all, w| all | TOPICS[w.pattern().as_usize()].1)
}

/// Facts of a report.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) cpu: Option<u32>,
    pub(super) pid: Option<u32>,
    pub(super) comm: Option<String>,
    pub(super) taint: Option<Taint>,
    pub(super) kernel: Option<String>,
    pub(super) hardware: Option<String>,
    pub(super) address: Option<String>,
    pub(super) access: Option<Access>,
    pub(super) registers: BTreeMap<String, String>,
    pub(super) traces: Vec<Trace>,
    pub(super) details: BTreeMap<String, String>,
}

/// Reads the lines of a report.
pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Facts {
    let mut facts = Facts::default();
    let mut kind = "call";
    for line in lines {
        let topics = topics(line);
        if topics & TASK != 0 {
            facts.task(line);
        }
        if topics & ACCESS != 0 {
            facts.access(line);
        }
        if topics & HARDWARE != 0
            && let Some((_, model)) = line.split_once("Hardware name: ")
        {
            facts.hardware.get_or_insert_with(|| model.trim().to_owned());
        }
        if topics & HEADING != 0
            && let Some(heading) = heading(line)
        {
            kind = heading;
            facts.open(kind);
        } else if let Some(frame) = frame(line) {
            let is_pointer = is_pointer(line);
            if is_pointer && facts.traces.last().is_none_or(|t| t.frames.is_empty()) {
                facts.open("pointer");
            }
            if facts.traces.is_empty() {
                facts.open(kind);
            }
            if let Some(trace) = facts.traces.last_mut()
                && trace.frames.len() < FRAMES_MAX
            {
                trace.frames.push(frame);
            }
        } else {
            facts.registers(line);
            facts.lock(line);
        }
    }
    facts.traces.retain(|t| !t.frames.is_empty());
    facts
}

fn frame(line: &str) -> Option<frames::Frame> {
    if !line.contains("+0x") && !line.contains("[inline]") {
        return None;
    }
    frames::parse(line)
}

fn is_pointer(line: &str) -> bool {
    [
        "RIP: ",
        "EIP: ",
        "EIP is at",
        "NIP ",
        "pc : ",
        "PC is at",
        "epc",
        "ERA: ",
        "Krnl PSW",
        "TPC: ",
    ]
    .iter()
    .any(|head| line.trim_start().starts_with(head))
}

/// What kind of trace a heading opens.
fn heading(line: &str) -> Option<&'static str> {
    if line.contains("Allocated by") || line.contains("Allocated:") {
        Some("alloc")
    } else if line.contains("Freed by") || line.contains("Freed:") {
        Some("free")
    } else if line.contains("Uninit was") || line.contains("Local variable") {
        Some("origin")
    } else if stack::opens_trace(line) || line.contains("stack backtrace:") {
        Some("call")
    } else {
        None
    }
}

impl Facts {
    fn open(&mut self, kind: &'static str) {
        if self.traces.len() < TRACES_MAX {
            self.traces.push(Trace { frames: Vec::new(), kind });
        }
    }

    /// `#0: (lock){+.+.}, at: [<…>] function+0x2f/0x550`: where a lock was taken.
    fn lock(&mut self, line: &str) {
        let Some(frame) = line.find("at: ").and_then(|at| frame(&line[at + 4..])) else {
            return;
        };
        if self.traces.last().is_none_or(|t| t.kind != "lock") {
            self.open("lock");
        }
        if let Some(trace) = self.traces.last_mut()
            && trace.kind == "lock"
            && trace.frames.len() < FRAMES_MAX
        {
            trace.frames.push(frame);
        }
    }

    /// `CPU: 1 PID: 18786 Comm: name Not tainted 4.9.60 #83`, `Pid: 737, comm: name Tainted: P …`.
    fn task(&mut self, line: &str) {
        if let Some((comm, pid)) = victim(line) {
            (self.comm, self.pid) = (Some(comm.to_owned()), Some(pid));
            return;
        }
        if let Some((lock, holder)) = blocker(line) {
            self.details.insert("blocked_on".to_owned(), lock.to_owned());
            self.details.insert("blocked_by".to_owned(), holder.to_owned());
            return;
        }
        let Some(at) = line.find("PID: ").or_else(|| line.find("Pid: ")) else {
            return;
        };
        let number = |text: &str| {
            let end = text.bytes().take_while(u8::is_ascii_digit).count();
            text[..end].parse::<u32>().ok()
        };
        if self.pid.is_none() {
            self.pid = number(&line[at + 5..]);
        }
        if let Some(at) = line.find("CPU: ")
            && self.cpu.is_none()
        {
            self.cpu = number(line[at + 5..].trim_start());
        }
        let Some(at) = line.find("Comm: ").or_else(|| line.find("comm: ")) else {
            return;
        };
        let behind = &line[at + 6..];
        let (name, rest) = match behind.find("Not tainted").or_else(|| behind.find("Tainted:")) {
            Some(end) => (&behind[..end], &behind[end..]),
            None => (behind, ""),
        };
        let name = name.trim_end().trim_end_matches("Kdump: loaded").trim_end();
        if self.comm.is_none() && !name.is_empty() {
            self.comm = Some(name.to_owned());
        }
        let version = match rest.strip_prefix("Tainted:") {
            Some(marks) => {
                let letters: String = marks
                    .split(' ')
                    .take_while(|w| {
                        w.bytes().all(|b| b.is_ascii_uppercase() || b == b'(' || b == b')')
                    })
                    .collect::<Vec<_>>()
                    .join(" ");
                let behind = marks.get(letters.len()..).unwrap_or_default();
                if self.taint.is_none() {
                    self.taint = Some(taint(letters.trim()));
                }
                behind
            }
            None => rest.strip_prefix("Not tainted").unwrap_or_default(),
        };
        let version = version.trim_start_matches([' ', '(']).split([' ', ')']).next();
        if self.kernel.is_none() {
            self.kernel =
                version.filter(|v| v.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned);
        }
    }

    fn access(&mut self, line: &str) {
        if self.access.is_none() {
            for (words, kind) in [("Read of size ", "read"), ("Write of size ", "write")] {
                if let Some(at) = line.find(words) {
                    let digits = &line[at + words.len()..];
                    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
                    self.access = Some(Access { kind, size: digits[..end].parse().ok() });
                }
            }
            for (words, kind) in [
                ("supervisor read access", "read"),
                ("supervisor write access", "write"),
                ("supervisor instruction fetch", "exec"),
            ] {
                if line.contains(words) {
                    self.access = Some(Access { kind, size: None });
                }
            }
        }
        if self.address.is_some() {
            return;
        }
        for words in [
            "virtual address ",
            "for address: ",
            ", address: ",
            "at addr ",
            "dereference at ",
            "request at ",
            "data at address ",
        ] {
            if let Some(at) = line.find(words) {
                let text = line[at + words.len()..].trim_start();
                let text = text.strip_prefix("0x").unwrap_or(text);
                let end = text.bytes().take_while(u8::is_ascii_hexdigit).count();
                if end >= 4 {
                    self.address = Some(text[..end].to_owned());
                    return;
                }
            }
        }
    }

    /// `RAX: 0000000000000000 RBX: …`, `x29: ffff8000… x28: …`, `r10: 0000 r9 : …`.
    fn registers(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace().peekable();
        while let Some(word) = words.next() {
            let name = match word.strip_suffix(':') {
                Some(name) => name,
                None if words.peek() == Some(&":") => {
                    words.next();
                    word
                }
                None => continue,
            };
            let is_name = (2..=6).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric())
                && name.starts_with(|c: char| c.is_ascii_alphabetic());
            let Some(value) = words.peek() else {
                return;
            };
            let digits = value.split_once(':').map_or(*value, |(_, behind)| behind);
            let is_value =
                (8..=16).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
            if is_name && is_value && self.registers.len() < REGISTERS_MAX {
                self.registers.entry(name.to_owned()).or_insert_with(|| (*value).to_owned());
            }
        }
    }
}

/// The task that a hang is about: `INFO: task name:88 blocked for …`, `soft lockup - … [name:88]`.
fn victim(line: &str) -> Option<(&str, u32)> {
    let told = match line.find("INFO: task ") {
        Some(at) => {
            let behind = &line[at + 11..];
            let ends = [" blocked for ", " blocked in I/O wait ", " can't die for "];
            &behind[..ends.iter().find_map(|end| behind.find(end))?]
        }
        None if line.contains("soft lockup") => line.rsplit_once('[')?.1.split(']').next()?,
        None => return None,
    };
    let (comm, pid) = told.rsplit_once(':')?;
    Some((comm, pid.split(' ').next()?.parse().ok()?))
}

/// What a hung task waits for and who likely has it: `INFO: task name:88 is blocked on a mutex likely owned by
/// task other:90.`, of semaphores with `<reader>` or `<writer>` behind the names.
fn blocker(line: &str) -> Option<(&str, &str)> {
    let (_, behind) = line.split_once(" blocked on a")?;
    let (lock, holder) = behind.split_once(" likely ")?;
    let (_, holder) = holder.split_once(" by task ")?;
    Some((lock.trim_start_matches('n').trim(), holder.trim_end().trim_end_matches('.')))
}

/// Letters of taint and their meaning (kernel documentation, `tainted-kernels`).
const FLAGS: &[(char, &str)] = &[
    ('P', "proprietary module"),
    ('F', "module force loaded"),
    ('S', "out of specification"),
    ('R', "module force unloaded"),
    ('M', "machine check"),
    ('B', "bad page"),
    ('U', "set by a program"),
    ('D', "oops before"),
    ('A', "ACPI table overridden"),
    ('W', "warning before"),
    ('C', "staging driver"),
    ('I', "firmware bug worked around"),
    ('O', "out-of-tree module"),
    ('E', "unsigned module"),
    ('L', "soft lockup before"),
    ('K', "live patched"),
    ('X', "auxiliary"),
    ('T', "structure randomised"),
    ('N', "in-kernel test"),
    ('J', "fwctl"),
];

fn taint(raw: &str) -> Taint {
    let letters = raw.split('[').next().unwrap_or(raw);
    let flags = FLAGS.iter().filter(|(letter, _)| letters.contains(*letter));
    Taint { flags: flags.map(|(_, meaning)| *meaning).collect(), raw: raw.to_owned() }
}
