//! Syslog as it comes over wires: byte streams and datagrams → frames, one message each. Nothing is
//! interpreted here but where a message begins and ends.

mod framing;

pub use framing::{COUNT_MAX, Cut, FRAME_BYTES_MAX, Frame, Framed, Framer, datagram};
