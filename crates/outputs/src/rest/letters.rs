//! Dead letters: what came and could not be taken, with the reason and the bytes, so that nothing is lost for a slip of a
//! sender or a parser of ours. Here is what the API knows of them; where they are kept is for others.

use super::access::Tenants;
use model::port::StoreError;
use model::{TenantId, Timestamp};

/// No more bytes are kept of one.
pub const LETTER_BYTES_MAX: usize = 256 << 10;

/// What the bytes were taken for, so that they can be read again in the same way.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LetterForm {
    /// One event.
    Event,
    /// The body of a bulk request: an object or an array.
    Bulk,
    /// The body of a bulk request: one event a line.
    Lines,
}

/// How the bytes are compressed, as their sender said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterCoding {
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// One dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// When it came.
    pub at: Timestamp,
    /// The source: a token by its name.
    pub source: String,
    /// Whose it would have been; `None` if that is not known, or was refused.
    pub tenant: Option<TenantId>,
    /// For whom its sender's token was. Taken in again, its events go to nobody else.
    pub tenants: Tenants,
    /// It was refused because it names a tenant that its sender's token is not for. Only who names it by its number
    /// takes it in all the same.
    pub is_foreign: bool,
    /// Who delivered it.
    pub peer: String,
    /// Why it could not be taken, with a remedy.
    pub reason: String,
    /// What it was taken for.
    pub form: LetterForm,
    /// How it is compressed.
    pub coding: Option<LetterCoding>,
    /// The bytes as they came, at most [`LETTER_BYTES_MAX`].
    pub bytes: Vec<u8>,
    /// There were more.
    pub truncated: bool,
}

impl Letter {
    /// Keeps the bytes, as far as they are kept.
    #[must_use]
    pub fn with(mut self, bytes: &[u8]) -> Letter {
        self.truncated = bytes.len() > LETTER_BYTES_MAX;
        self.bytes = bytes[..bytes.len().min(LETTER_BYTES_MAX)].to_vec();
        self
    }
}

/// A letter that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLetter {
    /// Its number; a later one has a higher one.
    pub id: u64,
    /// The letter.
    pub letter: Letter,
    /// When it was taken in after all.
    pub replayed_at: Option<Timestamp>,
}

/// Keeps dead letters.
pub trait DeadLetters: Send + Sync {
    /// Keeps one if it can; else it is counted. Must not block.
    fn keep(&self, letter: Letter);

    /// Calls `visit` with the letters before `before`, the latest first, until it says that it has seen enough. May block.
    ///
    /// # Errors
    /// If they cannot be read.
    fn latest(
        &self,
        before: Option<u64>,
        visit: &mut dyn FnMut(KeptLetter) -> bool,
    ) -> Result<(), StoreError>;

    /// One letter; `None` if it is not (or no longer) there. May block.
    ///
    /// # Errors
    /// If it cannot be read.
    fn letter(&self, id: u64) -> Result<Option<KeptLetter>, StoreError>;

    /// Remembers that a letter was taken in after all. May block.
    ///
    /// # Errors
    /// If that cannot be written; then the letter may be taken in again, under the same ids.
    fn replayed(&self, id: u64, at: Timestamp) -> Result<(), StoreError>;
}
