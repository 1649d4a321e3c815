//! The raw envelope: the bytes of one input as they came, where they came from and when. Nothing
//! in here is interpreted; everything derived later can be traced back to it.

use crate::{EnvelopeId, SourceId, TenantId, Timestamp};
use std::fmt;

/// The place of a record in the spool: counts up by one, never reused.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

macro_rules! transports {
    ($($(#[$doc:meta])* $name:ident => $word:literal,)*) => {
        /// How the bytes reached us.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum Transport { $($(#[$doc])* #[serde(rename = $word)] $name,)* }

        impl Transport {
            /// Every transport, in order.
            pub const ALL: &'static [Transport] = &[$(Transport::$name,)*];

            /// The name on the wire.
            pub fn word(self) -> &'static str {
                match self { $(Transport::$name => $word,)* }
            }

            /// The transport of this name.
            pub fn from_word(word: &str) -> Option<Transport> {
                Transport::ALL.iter().copied().find(|transport| transport.word() == word)
            }
        }
    };
}

transports! {
    /// Read from a file.
    File => "file",
    /// Read from standard input.
    Stdin => "stdin",
    /// Read from a recorded stream of envelopes.
    Replay => "replay",
    /// Datagrams: syslog over UDP.
    Udp => "udp",
    /// A plain stream: syslog over TCP.
    Tcp => "tcp",
    /// An encrypted stream: syslog over TLS.
    Tls => "tls",
    /// A socket of this machine.
    Unix => "unix",
    /// A request over HTTP.
    Http => "http",
    /// The journal of this machine.
    Journal => "journal",
    /// The kernel's ring of this machine.
    Kmsg => "kmsg",
    /// Made by the program itself: a gap that it counted, a tick, a review.
    Own => "own",
}

/// What all envelopes of one source share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source.
    pub source_id: SourceId,
    /// The client it belongs to.
    pub tenant_id: TenantId,
    /// What the source says that it is: `file`, `syslog`, `journald`, ….
    pub source_type: String,
    /// The source as people call it: a path, a host. It may stand in for a missing host.
    pub source_name: String,
    /// How its bytes reach us.
    pub transport: Transport,
}

/// Where in its source an envelope stood. A cursor makes redelivery idempotent and keeps two equal
/// lines apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cursor {
    /// In a file: a hash of the file's head (a renamed file keeps it), the byte offset of the
    /// line's first byte (in the decompressed bytes), and the 1-based line.
    File {
        /// Hash of the file's first bytes.
        head: u64,
        /// Offset of the first byte.
        offset: u64,
        /// 1-based line.
        line: u64,
    },
    /// In a stream that cannot be read again: byte offset and 1-based line.
    Stream {
        /// Offset of the first byte.
        offset: u64,
        /// 1-based line.
        line: u64,
    },
    /// Received over a wire that has no places: its number in the spool stands for one.
    Received {
        /// Its number in the spool.
        seq: Seq,
    },
    /// Named by its sender: an idempotency key, a journal's cursor, a boot and a number in it.
    Key {
        /// 128 bits of a hash of the name.
        hash: u128,
    },
}

impl Cursor {
    /// The 1-based line; 0 where the source has none.
    pub fn line(self) -> u64 {
        match self {
            Cursor::File { line, .. } | Cursor::Stream { line, .. } => line,
            Cursor::Received { .. } | Cursor::Key { .. } => 0,
        }
    }

    /// The byte offset of the first byte; 0 where the source has none.
    pub fn offset(self) -> u64 {
        match self {
            Cursor::File { offset, .. } | Cursor::Stream { offset, .. } => offset,
            Cursor::Received { .. } | Cursor::Key { .. } => 0,
        }
    }
}

/// `line 17, byte 2048`, `record 17` or `key 0f…`.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cursor::Received { seq } => write!(f, "record {}", seq.0),
            Cursor::Key { hash } => write!(f, "key {hash:032x}"),
            _ => write!(f, "line {}, byte {}", self.line(), self.offset()),
        }
    }
}

/// One raw input. Borrowed: whoever holds the bytes (a spool, a read buffer) lends them.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// Its place in the spool.
    pub seq: Seq,
    /// Where it came from.
    pub origin: &'a Origin,
    /// Where in its source it stood.
    pub cursor: Cursor,
    /// When we received it. When old files are read, the reader cannot know and says `None`;
    /// the engine then runs on the events' own times.
    pub received_at: Option<Timestamp>,
    /// The bytes, without the line's end.
    pub payload: &'a [u8],
    /// The line was longer than the reader's limit and this is only its head.
    pub truncated: bool,
}

impl Envelope<'_> {
    /// BLAKE3 of source, cursor and payload. A file's cursor has the hash of its head instead of
    /// its name, so a renamed file gives the same ids.
    pub fn id(&self) -> EnvelopeId {
        match self.cursor {
            Cursor::File { head, offset, .. } => EnvelopeId::derive(&[
                b"file",
                &head.to_le_bytes(),
                &offset.to_le_bytes(),
                self.payload,
            ]),
            Cursor::Stream { offset, .. } => EnvelopeId::derive(&[
                self.origin.source_id.as_str().as_bytes(),
                &offset.to_le_bytes(),
                self.payload,
            ]),
            Cursor::Received { seq } => EnvelopeId::derive(&[
                self.origin.source_id.as_str().as_bytes(),
                b"spool",
                &seq.0.to_le_bytes(),
                self.payload,
            ]),
            Cursor::Key { hash } => EnvelopeId::derive(&[
                self.origin.source_id.as_str().as_bytes(),
                b"key",
                &hash.to_le_bytes(),
                self.payload,
            ]),
        }
    }
}
