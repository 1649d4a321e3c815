//! Event → signature: one pass of typed tokens over the body gives the skeleton (literals with
//! `<*>` where values stood); service and skeleton, hashed, are the lasting identity of "the same
//! kind of message". No state takes part, so every node, restart and order of lines agrees.
//!
//! | file | turns | into |
//! |---|---|---|
//! | `class`, `lexicon` | bytes and words | the few classes that the tokenizer asks for |
//! | `tokenizer` | a body | literals and holes, in order |
//! | `expect` | the words before | what the next one may be |
//! | `word`, `quotes`, `brackets` | one word, one quotation, one bracket | a literal or a value |
//! | `value`, `kind` | one word with digits or marks in it | literal, value, or prefix and value |
//! | `shape`, `path` | text that runs over delimiters | clocks, addresses, URLs, paths with blanks |
//! | `lists` | lists in a skeleton | one of their elements |
//! | `skeleton` | literals and holes | the skeleton's text and its 128-bit key |
//! | `table`, `library` | keys | a bounded table of known signatures |
//! | `curate` | what users pin, merge and split | live aliases |
//! | `alias` | a new skeleton with many siblings | a dated, reversible alias of a wider one |

mod alias;
mod brackets;
mod class;
mod curate;
mod expect;
mod kind;
mod lexicon;
mod library;
mod lists;
mod path;
mod quotes;
mod shape;
mod skeleton;
mod table;
mod tokenizer;
mod value;
mod word;

#[cfg(test)]
mod tests;

pub use alias::{Alias, Cause};
pub use library::{Assigned, Library, LibraryConfig, LibraryError, SignatureIndex};
pub use skeleton::{Hole, HoleKind, Skeleton, SkeletonKey};

use model::{Signature, SignatureId};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Version of the tokenizer. It is part of every key and id: any change that gives some line
/// another skeleton must raise it, and old ids then live on as aliases.
pub const TOKENIZER_VERSION: u32 = 1;

/// Reads `body`, as `service` said it, into `skeleton`; what was in there before is gone. Total:
/// any text gives a skeleton. Allocates only while the scratch buffers grow.
pub fn fingerprint(service: &str, body: &str, skeleton: &mut Skeleton) {
    skeleton.clear();
    tokenizer::tokenize(body.as_bytes(), skeleton);
    skeleton.seal(service);
}

/// The signature of one body, by the slow path: with its BLAKE3 id and its text.
pub fn signature(service: &str, body: &str) -> Signature {
    let mut skeleton = Skeleton::default();
    fingerprint(service, body, &mut skeleton);
    skeleton.signature(service)
}

/// What `foreshock signatures` prints for one line: the signature by the stateless fingerprint
/// alone, so the same line has the same id in any order, process and year.
pub fn line_signature(service: &str, body: &str) -> Signature {
    signature(service, body)
}

/// The key of the kernel reports with this fingerprint, whose lines have many keys.
pub fn report_key(fingerprint: &str) -> SkeletonKey {
    SkeletonKey(xxh3_128_with_seed(fingerprint.as_bytes(), REPORTS))
}

/// Keeps keys of reports apart from those of lines.
const REPORTS: u64 = 0x6b65_726e_656c;

fn derive_id(service: &str, skeleton: &[u8]) -> SignatureId {
    let version = TOKENIZER_VERSION.to_le_bytes();
    SignatureId::derive(&[&version, service.as_bytes(), skeleton])
}
