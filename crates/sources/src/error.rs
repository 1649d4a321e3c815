//! What can go wrong while reading, in words for the person who has to act on it.

use std::io;
use std::path::Path;

/// Why an input could not be read, or not to its end. What was read before an error counts.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be opened or read at all, or reading broke off.
    #[error("cannot read {name}: {}", explain(.source))]
    Io {
        /// The input as people call it.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// Compressed data that breaks off or breaks its own rules.
    #[error(
        "cannot read {name} to its end: the {compression} data cannot be unpacked after {lines} \
         lines, it may be damaged or cut off ({source}); the lines before were used"
    )]
    Damaged {
        /// The input as people call it.
        name: String,
        /// The compression, as its file extension names it.
        compression: &'static str,
        /// Lines that were read before.
        lines: u64,
        /// What the decompressor said.
        source: io::Error,
    },
    /// Another file stands under the name since reading began (log rotation).
    #[error(
        "cannot read {name} to its end: it was replaced while being read (by log rotation?); run \
         again to read the new file"
    )]
    Replaced {
        /// The input as people call it.
        name: String,
    },
    /// More lines than a place can name.
    #[error("cannot read {name} to its end: it has more than {} lines", crate::place::LINE_MAX)]
    TooManyLines {
        /// The input as people call it.
        name: String,
    },
}

impl ReadError {
    pub(crate) fn io(path: &Path, source: io::Error) -> ReadError {
        ReadError::Io { name: printable(path), source }
    }
}

/// A path for messages: a name may hold anything, so what a terminal could take for a command is
/// shown as its escape.
pub(crate) fn printable(path: &Path) -> String {
    let text = path.to_string_lossy();
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// The system's reason in lower case and without its number, and what to do about it.
pub(crate) fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "permission denied (run as a user who may read it, or leave it out)".into()
        }
        io::ErrorKind::NotFound => "no such file or folder (check the spelling)".into(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut chars = text.chars();
            chars
                .next()
                .map(|first| first.to_lowercase().chain(chars).collect())
                .unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_and_what_to_do() {
        let denied =
            ReadError::io(Path::new("/var/log/btmp"), io::ErrorKind::PermissionDenied.into());
        assert_eq!(
            denied.to_string(),
            "cannot read /var/log/btmp: permission denied (run as a user who may read it, or leave \
             it out)"
        );
        let hostile = ReadError::io(Path::new("a\x1b[2J\nb"), io::ErrorKind::NotFound.into());
        let told = hostile.to_string();
        assert!(told.starts_with("cannot read a\\u{1b}[2J\\nb: no such"), "{told}");
        let odd = io::Error::from_raw_os_error(5);
        assert!(!explain(&odd).contains("os error"));
    }
}
