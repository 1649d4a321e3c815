//! Which lines belong to the line before: stack traces of Java, .NET, Python, Go, Ruby and Node,
//! indented lines behind a line with a header, records of the journal's export and of `/dev/kmsg`.
//!
//! A line with a header of its own never continues another. Indented lines are joined only to a
//! line *with* a header, and not in the kernel's log, whose ordinary lines are indented.

use super::super::{Reference, journal, normalize, with_header};
use super::AssemblerConfig;
use super::trace::{
    TRACEBACK, begins_goroutines, begins_trace, chains_traceback, exception_type,
    is_exception_line, is_frame, is_goroutine_line,
};
use model::{Defect, Event, Format, Severity};

/// The lines of one event, joined by line feeds, and what they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    first_line_bytes: usize,
    lines: u32,
    cut: bool,
    kind: Kind,
    /// The format and the severity of the first line, once somebody asked.
    first: Option<(Format, Option<Severity>)>,
}

/// What kind of block the lines form.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An ordinary line, maybe with indented ones behind it.
    #[default]
    Line,
    /// Inside a Python trace: frames are indented, the exception ends it.
    Traceback,
    /// A Python trace that has had its exception.
    TracebackEnded,
    /// A Go panic with its goroutines.
    Goroutines,
    /// A record of the journal's export: everything up to a blank line.
    Export,
}

/// What a blank line does to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtBlankLine {
    /// It belongs to the block.
    Joins,
    /// It ends the block.
    Ends,
    /// Nothing.
    Passes,
}

impl Block {
    /// Starts with the first line.
    pub(super) fn begin(&mut self, line: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(line);
        self.first_line_bytes = line.len();
        self.lines = 1;
        self.cut = false;
        self.first = None;
        self.kind = match line.first() {
            Some(b'_') if journal::begins_export(line) => Kind::Export,
            Some(b'p' | b'f' | b'g') if begins_goroutines(line) => Kind::Goroutines,
            _ if line.trim_ascii_end().ends_with(TRACEBACK) => Kind::Traceback,
            _ => Kind::Line,
        };
    }

    /// What a blank line does: it ends a record of the journal's export, unless it stands inside a
    /// value whose length says so; to any other block it means nothing.
    pub(super) fn at_blank_line(&self) -> AtBlankLine {
        match self.kind {
            Kind::Export if !self.cut && journal::is_open(&self.bytes) => AtBlankLine::Joins,
            Kind::Export => AtBlankLine::Ends,
            _ => AtBlankLine::Passes,
        }
    }

    /// Whether the next line belongs to the block.
    pub(super) fn continues(&mut self, line: &[u8], reference: &Reference) -> bool {
        let trimmed = line.trim_ascii();
        let indented = matches!(line.first(), Some(b' ' | b'\t'));
        match self.kind {
            Kind::Export => {
                return !line.starts_with(b"__CURSOR=")
                    && (journal::is_field(line) || !self.cut && journal::is_open(&self.bytes));
            }
            Kind::Goroutines if is_goroutine_line(line) => return true,
            Kind::Traceback | Kind::TracebackEnded if indented => {
                return !has_header(trimmed, reference);
            }
            Kind::Traceback | Kind::TracebackEnded if trimmed == TRACEBACK => {
                self.kind = Kind::Traceback;
                return true;
            }
            Kind::Traceback => {
                let ends = is_exception_line(trimmed) && !has_header(line, reference);
                self.kind = if ends { Kind::TracebackEnded } else { self.kind };
                return ends;
            }
            Kind::TracebackEnded if chains_traceback(trimmed) => return true,
            _ => {}
        }
        if is_frame(trimmed, indented) {
            return true;
        }
        if !indented && !begins_trace(trimmed) {
            return false;
        }
        let (format, severity) = self.first_line_is(reference);
        if indented {
            return match format {
                Format::Kmsg => line[0] == b' ' && trimmed.contains(&b'='),
                Format::Text | Format::Dmesg | Format::Access => false,
                Format::Json | Format::JournalJson | Format::JournalExport => false,
                _ => !has_header(trimmed, reference),
            };
        }
        // An unindented trace belongs to the line that reports it, not to one that happens to
        // stand in front of it: a program's last words follow whatever it said before.
        let reports = severity.is_none_or(|s| s.is_at_least(Severity::Warning));
        let joins = reports && !matches!(format, Format::Text | Format::Dmesg | Format::Kmsg);
        if joins && trimmed.ends_with(TRACEBACK) {
            self.kind = Kind::Traceback;
        }
        joins
    }

    fn first_line_is(&mut self, reference: &Reference) -> (Format, Option<Severity>) {
        let line = &self.bytes[..self.first_line_bytes];
        *self.first.get_or_insert_with(|| {
            let event = normalize(line, reference);
            (event.format, event.severity)
        })
    }

    /// Adds a line, up to the limits.
    pub(super) fn join(&mut self, line: &[u8], config: &AssemblerConfig) {
        self.lines = self.lines.saturating_add(1);
        if self.lines > config.lines_max || self.bytes.len() + line.len() > config.bytes_max {
            self.cut = true;
        }
        if !self.cut {
            self.bytes.push(b'\n');
            self.bytes.extend_from_slice(line);
        }
    }

    pub(super) fn lines(&self) -> u32 {
        self.lines
    }

    pub(super) fn first_line(&self) -> &[u8] {
        &self.bytes[..self.first_line_bytes]
    }

    /// All lines that were kept, joined by line feeds.
    pub(super) fn raw(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes that the event is read from: the first line, or all where a record has many.
    pub(super) fn head(&self) -> &[u8] {
        if self.is_record() { &self.bytes } else { self.first_line() }
    }

    fn is_record(&self) -> bool {
        self.kind == Kind::Export || matches!(self.first, Some((Format::Kmsg, _)))
    }

    /// The event of the block.
    pub(super) fn read(&self, reference: &Reference) -> Event<'_> {
        let mut event = normalize(self.head(), reference);
        if self.cut {
            event.defects.add(Defect::ContinuationsCut);
        }
        if self.lines > 1 && !self.is_record() {
            self.name_exception(&mut event);
        }
        event
    }

    /// Puts the exception's type into the attributes; a trace without a header of its own says
    /// nothing before its exception, so that becomes its body.
    fn name_exception<'a>(&'a self, event: &mut Event<'a>) {
        let rest = &self.bytes[self.first_line_bytes..];
        let python = matches!(self.kind, Kind::Traceback | Kind::TracebackEnded);
        let line = if python {
            rest.rsplit(|b| *b == b'\n')
                .find(|l| l.first().is_some_and(|b| !b.is_ascii_whitespace()))
        } else {
            let mut lines = rest.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_start);
            lines.find(|l| exception_type(l).is_some())
        };
        if let Some(line) = line.and_then(|l| std::str::from_utf8(l).ok()) {
            let line = line.trim_end();
            let name = line.split([':', ' ']).next().unwrap_or(line);
            if python && event.format == Format::Text {
                event.body = format!("{} {line}", event.body).into();
            }
            event.attributes.push(("exception".into(), name.into()));
        } else if let Some(name) =
            event.body.split(' ').find(|w| exception_type(w.as_bytes()).is_some())
        {
            let name = name.trim_end_matches(':').to_owned();
            event.attributes.push(("exception".into(), name.into()));
        }
    }
}

/// Whether some reader knows a header at the line's start. A setting (`key=value`) is none.
fn has_header(line: &[u8], reference: &Reference) -> bool {
    let text = String::from_utf8_lossy(&line[..line.len().min(512)]);
    with_header(&text, reference).is_some_and(|event| event.format != Format::Logfmt)
}
