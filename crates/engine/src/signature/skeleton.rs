//! Literals and holes → the skeleton's text (`session opened for user <*>`), the list of holes and
//! the 128-bit key. Runs of holes become one, so that lists and optional parts do not split kinds.

use super::{TOKENIZER_VERSION, derive_id, lists};
use model::Signature;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// What stands for a value in a skeleton.
pub(super) const HOLE: &[u8] = b"<*>";

/// What kind of value stood in a hole. Kinds describe; they are no part of the identity, so that
/// `port 22` and `port ssh` or a hash with and without letters stay one kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoleKind {
    /// A decimal number, with sign, fraction, percent sign or thousands marks.
    Number,
    /// A hexadecimal number or digest.
    Hex,
    /// An IPv4 address, with mask if it has one; a port follows as a number.
    Ip4,
    /// An IPv6 address, with zone or mask if it has one.
    Ip6,
    /// A hardware address of six or more bytes.
    Mac,
    /// A UUID.
    Uuid,
    /// A path of a file system, Unix or Windows, or of a request.
    Path,
    /// A URL.
    Url,
    /// A host or domain name.
    Host,
    /// A mail address or `user@host`.
    Email,
    /// A date, a time of day, or both.
    Timestamp,
    /// A length of time with its unit.
    Duration,
    /// An amount of data with its unit.
    Size,
    /// Four or more words joined by commas, with digits among them.
    List,
    /// What stood in quotes.
    Quoted,
    /// A user after a cue word or key.
    User,
    /// A name after a key that says so (`name=`, `host=`), or shaped like one after a cue word.
    Name,
    /// true, false, null and their like.
    Boolean,
    /// A word with digits in it: ids, serials, versions, tokens.
    Id,
    /// What lies beyond the limits of one line.
    Tail,
}

/// One value: its kind and its byte range in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// What kind of value.
    pub kind: HoleKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// 128 bits of tokenizer version, service and skeleton. XXH3 is no cryptographic hash, yet at 128
/// bits a billion skeletons collide by accident with odds below 2⁻⁶⁸; the id that is stored and
/// shown is BLAKE3.
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
pub struct SkeletonKey(pub u128);

/// What fingerprinting one body found. Keep one and use it again: its buffers stay.
#[derive(Debug, Clone, Default)]
pub struct Skeleton {
    pub(crate) text: Vec<u8>,
    pub(crate) holes: Vec<Hole>,
    pub(crate) key: SkeletonKey,
    scratch: Vec<u8>,
    /// Length of `text` right after the last hole; 0 if there is none.
    after_hole: usize,
    /// That hole stands in a list: a hole, a list's separator, and it.
    listed: bool,
}

impl Skeleton {
    /// The key of service and skeleton.
    pub fn key(&self) -> SkeletonKey {
        self.key
    }

    /// The values' places in the body, in order.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// The text with `<*>` where values stood. It follows from the skeleton alone: all bodies of
    /// one key give the same text.
    pub fn template(&self, _body: &str) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }

    /// The signature with its lasting id.
    pub fn signature(&self, service: &str) -> Signature {
        Signature {
            id: derive_id(service, &self.text),
            service: service.to_owned(),
            template: self.template(""),
        }
    }

    /// A skeleton of which only the text is known.
    pub(super) fn of_text(text: &[u8]) -> Skeleton {
        Skeleton { text: text.to_vec(), ..Skeleton::default() }
    }

    /// Room of the second buffer.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.scratch.capacity()
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.holes.clear();
        self.after_hole = 0;
        self.listed = false;
    }

    pub(super) fn seal(&mut self, service: &str) {
        self.key = key_of(service, &self.text);
    }

    /// Appends text that is the same in all messages of the kind.
    pub(super) fn literal(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    /// Notes a value without a place of its own in the text.
    pub(super) fn note(&mut self, kind: HoleKind, start: usize, end: usize) {
        self.holes.push(Hole { kind, start: start as u32, end: end as u32 });
    }

    /// Appends a value. One that follows another after nothing, one blank or one comma joins it;
    /// lists of two and more values are one kind of text.
    pub(super) fn hole(&mut self, kind: HoleKind, start: usize, end: usize) {
        self.note(kind, start, end);
        if self.after_hole > 0 {
            let between = &self.text[self.after_hole..];
            if matches!(between, b"" | b" " | b",") {
                self.text.truncate(self.after_hole);
                return;
            }
            let list = matches!(between, b", " | b"; ");
            if list && self.listed {
                self.text.truncate(self.after_hole);
                return;
            }
            self.listed = list;
        }
        self.text.extend_from_slice(HOLE);
        self.after_hole = self.text.len();
    }

    /// Makes one element of lists of equal ones.
    pub(super) fn collapse_lists(&mut self) {
        lists::collapse(&mut self.text, &mut self.scratch);
        self.after_hole = 0; // places have moved
    }

    /// Whether the text ends in a hole, but for `between`.
    pub(super) fn ends_in_hole(&self, between: &[u8]) -> bool {
        self.after_hole > 0 && &self.text[self.after_hole..] == between
    }
}

/// The key: XXH3 of the skeleton, seeded with the hash of the service, seeded with the version.
pub(super) fn key_of(service: &str, text: &[u8]) -> SkeletonKey {
    let scope = xxh3_128_with_seed(service.as_bytes(), u64::from(TOKENIZER_VERSION));
    let low = xxh3_128_with_seed(text, scope as u64);
    // The upper half of the scope has no way into a 64-bit seed; it is mixed in afterwards.
    SkeletonKey(low ^ (scope >> 64).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}
