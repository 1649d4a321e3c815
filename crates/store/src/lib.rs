//! Durable state. What comes in is made durable before anyone looks at it; what is understood of it can be
//! searched; what is known and what people judged survives.
//!
//! 1. [`spool`] takes batches of raw records and answers once they are on the disk; readers follow;
//! 2. [`events`] keeps what was understood, to be searched;
//! 3. [`state`] keeps what is known, and what people judged;
//! 4. [`packs`] keeps evidence beyond the life of its segment;
//! 5. [`disk`] is the folder as all of it sees it, and the door for faults in tests;
//! 6. [`lock`] keeps a second program out.
//!
//! Format, recovery and figures: `docs/store.md`.

pub mod disk;
pub mod events;
mod lock;
pub mod packs;
pub mod spool;
pub mod state;
mod varint;

pub use lock::{Lock, LockError, is_locked, lock};
