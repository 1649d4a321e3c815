//! The paths of a command line → the inputs to read, in an order that depends on names alone, and
//! what was left out, with the reason. Nothing is left out silently, nothing is opened that could
//! block, and no file is read twice.

use crate::error::{ReadError, explain, printable};
use crate::input::{Input, Kind};
use crate::peek::peek;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Folders within folders that are followed: far beyond any log folder, well within the stack.
const DEPTH_MAX: usize = 128;
/// Files and folders that one walk looks at. Each costs some 250 bytes of memory; the place of a
/// line could count sixteen times as many inputs.
const PATHS_MAX: usize = 1_000_000;
const _: () = assert!(PATHS_MAX <= crate::place::INPUTS_MAX);
/// Left-out paths that are listed one by one; beyond, they are only counted by reason.
const LISTED_MAX: usize = 10_000;

/// What the paths of a command line lead to.
#[derive(Debug, Default)]
pub struct Walk {
    /// To read, in this order: as given; within a folder by name, byte by byte.
    pub inputs: Vec<Input>,
    /// Left out, in the order of the walk; the first 10,000.
    pub skipped: Vec<Skipped>,
    /// How many were left out, by the reason's word.
    pub skipped_counts: BTreeMap<&'static str, u64>,
    failures: u64,
    seen: BTreeSet<PathBuf>,
}

/// A path that was left out.
#[derive(Debug)]
pub struct Skipped {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub reason: Reason,
}

/// Why a path was left out.
#[derive(Debug)]
pub enum Reason {
    /// It could not be opened or listed.
    Unreadable(io::Error),
    /// It holds no lines of text; what it is instead.
    NotText(&'static str),
    /// A name that begins with a dot, inside a folder.
    Hidden,
    /// A named pipe, socket or device, inside a folder: reading it could wait for ever.
    Special(&'static str),
    /// The same file or folder was reached before, by another name or a link.
    Again,
    /// A link, inside a folder, that leads nowhere or round in a circle.
    DeadLink,
    /// Folders nested deeper than 128.
    TooDeep,
    /// More files than one run looks at (1,000,000).
    TooMany,
}

impl Reason {
    /// The reason in one word, for counting.
    pub fn word(&self) -> &'static str {
        match self {
            Reason::Unreadable(_) => "unreadable",
            Reason::NotText(_) => "not text",
            Reason::Hidden => "hidden",
            Reason::Special(_) => "special",
            Reason::Again => "again",
            Reason::DeadLink => "dead link",
            Reason::TooDeep => "too deep",
            Reason::TooMany => "too many",
        }
    }

    /// Whether something is missing that was asked for, so that the result is partial. What is no
    /// log (a picture, a socket) is not missing.
    pub fn is_failure(&self) -> bool {
        matches!(self, Reason::Unreadable(_) | Reason::TooDeep | Reason::TooMany)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Unreadable(error) => f.write_str(&explain(error)),
            Reason::NotText(what) => f.write_str(what),
            Reason::Hidden => f.write_str("hidden (name it to read it)"),
            Reason::Special(what) => write!(f, "{what} (name it to read it)"),
            Reason::Again => f.write_str("read already, under another name"),
            Reason::DeadLink => f.write_str("a link that leads nowhere"),
            Reason::TooDeep => write!(f, "folders nested deeper than {DEPTH_MAX}"),
            Reason::TooMany => write!(f, "more than {PATHS_MAX} files; name fewer"),
        }
    }
}

/// `cannot read PATH: REASON` for what is missing, `left out PATH: REASON` otherwise.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.reason.is_failure() {
            true => "cannot read",
            false => "left out",
        };
        write!(f, "{verb} {}: {}", printable(&self.path), self.reason)
    }
}

/// Finds what `paths` lead to. A folder gives the files in it, recursively, links followed; `-` is
/// standard input. A pipe or device is read only when it is named itself.
pub fn walk<P: AsRef<Path>>(paths: &[P]) -> Walk {
    let mut walk = Walk::default();
    for path in paths.iter().map(AsRef::as_ref) {
        if path == Path::new("-") {
            walk.stdin();
        } else {
            walk.visit(path, None);
        }
    }
    walk
}

impl Walk {
    /// Bytes on disk of all inputs together: what a progress bar counts against. 0 if a pipe is
    /// among them.
    pub fn bytes(&self) -> u64 {
        match self.inputs.iter().any(|input| input.kind != Kind::File) {
            true => 0,
            false => self.inputs.iter().map(|input| input.bytes).sum(),
        }
    }

    /// How many of the left-out paths are missing from the result: they were asked for and could
    /// not be read.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    fn stdin(&mut self) {
        if self.seen.insert("-".into()) {
            self.inputs.push(Input::stdin());
        } else {
            self.skip(Path::new("-"), Reason::Again);
        }
    }

    /// `depth`: folders above within the walk; `None` for a path of the command line.
    fn visit(&mut self, path: &Path, depth: Option<usize>) {
        let known = fs::metadata(path).and_then(|m| Ok((m, fs::canonicalize(path)?)));
        let (metadata, canonical) = match known {
            Ok(known) => known,
            // Process substitution: a pipe that has no name of its own.
            Err(_) if depth.is_none() && fs::metadata(path).is_ok_and(|m| is_stream(&m)) => {
                return self.take(path, Kind::Pipe, 0);
            }
            Err(_) if depth.is_some() && path.is_symlink() && !is_denied(path) => {
                return self.skip(path, Reason::DeadLink);
            }
            Err(error) => return self.skip(path, Reason::Unreadable(error)),
        };
        if self.seen.len() >= PATHS_MAX {
            return self.skip(path, Reason::TooMany);
        }
        if !self.seen.insert(canonical) {
            return self.skip(path, Reason::Again);
        }
        if metadata.is_dir() {
            self.folder(path, depth.unwrap_or(0));
        } else if metadata.is_file() {
            self.file(path, metadata.len());
        } else if depth.is_none() && is_stream(&metadata) {
            self.take(path, Kind::Pipe, 0);
        } else {
            self.skip(path, Reason::Special(special(metadata.file_type())));
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        if depth >= DEPTH_MAX {
            return self.skip(path, Reason::TooDeep);
        }
        let listed: io::Result<Vec<_>> = fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
        let mut names = match listed {
            Ok(names) => names,
            Err(error) => return self.skip(path, Reason::Unreadable(error)),
        };
        names.sort();
        for name in names {
            let child = path.join(&name);
            if name.as_encoded_bytes().starts_with(b".") {
                self.skip(&child, Reason::Hidden);
            } else {
                self.visit(&child, Some(depth + 1));
            }
        }
    }

    fn file(&mut self, path: &Path, bytes: u64) {
        let input = Input { path: path.to_owned(), kind: Kind::File, bytes };
        match peek(&input, 0, 0) {
            Ok(peek) => match peek.not_text {
                Some(what) => self.skip(path, Reason::NotText(what)),
                None => self.inputs.push(input),
            },
            Err(ReadError::Io { source, .. }) => self.skip(path, Reason::Unreadable(source)),
            // Damaged from its first byte: whoever reads it will say so.
            Err(_) => self.inputs.push(input),
        }
    }

    fn take(&mut self, path: &Path, kind: Kind, bytes: u64) {
        self.inputs.push(Input { path: path.to_owned(), kind, bytes });
    }

    fn skip(&mut self, path: &Path, reason: Reason) {
        *self.skipped_counts.entry(reason.word()).or_default() += 1;
        self.failures += u64::from(reason.is_failure());
        if self.skipped.len() < LISTED_MAX {
            self.skipped.push(Skipped { path: path.to_owned(), reason });
        }
    }
}

/// Whether a link leads to something that may not be looked at.
fn is_denied(path: &Path) -> bool {
    fs::metadata(path).is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied)
}

/// Whether a path of the command line can be read as a stream.
#[cfg(unix)]
fn is_stream(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo() || metadata.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(metadata: &Metadata) -> bool {
    !metadata.is_file() && !metadata.is_dir()
}

#[cfg(unix)]
fn special(file_type: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match file_type {
        t if t.is_fifo() => "named pipe",
        t if t.is_socket() => "socket",
        t if t.is_char_device() => "device",
        t if t.is_block_device() => "block device",
        _ => "not a file",
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "not a file"
}
