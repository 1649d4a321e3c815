//! Bytes in: files, folders, standard input, recorded streams; wires, growing files, the journal. Frames
//! bytes into records with their places and never interprets them.
//!
//! The path of a byte that is read once:
//!
//! 1. [`walk`] turns the paths of a command line into [`Input`]s in a fixed order, and says what it
//!    left out and why;
//! 2. [`peek`] shows the first lines of an input, so that inputs can be put in the order of their
//!    times and opened only when it is their turn;
//! 3. [`LineReader`] reads one input in bounded memory: decompresses it, cuts it into lines, hands
//!    them out in [`Batch`]es;
//! 4. [`place`] says how a line's place (input, line) and its `Seq` become each other;
//! 5. [`Readback`] finds the raw bytes of single lines again, for evidence;
//! 6. [`Envelopes`] reads lines that are envelopes of an earlier time;
//!
//! What runs on and on: receivers turn what comes in into records and hand them to an
//! [`Intake`](model::intake::Intake), all through an [`Inlet`]:
//!
//! - [`syslog`]: UDP, TCP, TLS, sockets of this machine;
//! - [`follow`]: files that grow, through every rotation;
//! - [`journald`], [`kmsg`]: the journal, the kernel's ring.

mod batch;
mod error;
#[cfg(unix)]
pub mod follow;
pub mod inlet;
mod input;
#[cfg(unix)]
pub mod journald;
#[cfg(unix)]
pub mod kmsg;
mod lines;
#[cfg(unix)]
mod noted;
mod parkable;
mod peek;
pub mod place;
mod pump;
mod readback;
mod recorded;
mod sniff;
mod stream;
pub mod syslog;
mod tail;
mod walk;
mod window;

pub use batch::{Batch, Line, Reached};
pub use error::ReadError;
pub use inlet::{Counters, Health, Inlet, Receiver, Stop};
pub use input::{Input, Kind};
pub use lines::{LINE_BYTES_MAX, LineReader, More};
pub use peek::{Peek, peek};
pub use place::Place;
pub use readback::Readback;
pub use recorded::{BadLine, Envelopes, RECORD_BYTES_MAX, Record};
pub use stream::Compression;
pub use tail::last_line;
pub use walk::{Reason, Skipped, Walk, walk};
