//! Syslog as it comes over wires: byte streams and datagrams → frames, one message each → records. Nothing is
//! interpreted here but where a message begins and ends.

mod datagrams;
mod drops;
mod framing;
pub mod stream;
pub mod tls;
pub mod udp;
#[cfg(unix)]
pub mod unix;

pub use framing::{COUNT_MAX, Cut, FRAME_BYTES_MAX, Frame, Framed, Framer, datagram};
