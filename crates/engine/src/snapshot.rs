//! The state of all tenants ⇄ bytes: a mark, the number of the format, a check sum, and the state in
//! postcard's form. Maps are written in the order of their keys, so equal states are equal bytes.
//!
//! A snapshot saves time, never truth: the records are the truth, and an unknown format means that
//! they are read again.

use crate::elsewhere::Elsewhere;
use crate::tenant::Tenant;
use model::TenantId;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// What every snapshot begins with.
const MARK: &[u8; 8] = b"fshksnap";
/// Rises with every change of what is kept.
pub const FORMAT: u32 = 16;
const HEAD: usize = MARK.len() + 4 + 8;

/// Why bytes are no state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotError {
    /// They do not begin like a snapshot.
    NotASnapshot,
    /// They are of another format than this program knows.
    Format {
        /// The number that they name.
        found: u32,
    },
    /// They are damaged.
    Damaged,
}

impl std::fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SnapshotError::NotASnapshot => f.write_str("these bytes are no snapshot of an engine"),
            SnapshotError::Format { found } => write!(
                f,
                "the snapshot has format {found}, this program reads {FORMAT}: read the records again"
            ),
            SnapshotError::Damaged => {
                f.write_str("the snapshot is damaged: read the records again")
            }
        }
    }
}

impl std::error::Error for SnapshotError {}

pub(crate) fn write(tenants: &BTreeMap<TenantId, Tenant>, elsewhere: &Elsewhere) -> Vec<u8> {
    // Fails only where a type has no binary form at all, whatever its value: the tests would show it.
    let state = postcard::to_stdvec(&(tenants, elsewhere))
        .expect("every type of the state has a binary form");
    let mut bytes = Vec::with_capacity(HEAD + state.len());
    bytes.extend_from_slice(MARK);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&xxh3_64(&state).to_le_bytes());
    bytes.extend_from_slice(&state);
    bytes
}

pub(crate) fn read(bytes: &[u8]) -> Result<(BTreeMap<TenantId, Tenant>, Elsewhere), SnapshotError> {
    let rest = bytes.strip_prefix(MARK).ok_or(SnapshotError::NotASnapshot)?;
    let (format, rest) = rest.split_first_chunk().ok_or(SnapshotError::Damaged)?;
    let found = u32::from_le_bytes(*format);
    if found != FORMAT {
        return Err(SnapshotError::Format { found });
    }
    let (sum, state) = rest.split_first_chunk().ok_or(SnapshotError::Damaged)?;
    if u64::from_le_bytes(*sum) != xxh3_64(state) {
        return Err(SnapshotError::Damaged);
    }
    postcard::from_bytes(state).map_err(|_| SnapshotError::Damaged)
}
