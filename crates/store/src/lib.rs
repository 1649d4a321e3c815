//! Durable state. What comes in is made durable before anyone looks at it; what is understood of it can be
//! searched; what is known and what people judged survives.
//!
//! 1. [`spool`] takes batches of raw records and answers once they are on the disk; readers follow;
//! 2. [`events`] keeps what was understood, to be searched;
//! 3. [`disk`] is the folder as all of it sees it, and the door for faults in tests;
//! 4. [`lock`] keeps a second program out.
//!
//! Format, recovery and figures: `docs/store.md`.

pub mod disk;
pub mod events;
mod lock;
pub mod spool;
mod varint;

pub use lock::{Lock, LockError, lock};
