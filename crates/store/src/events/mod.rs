//! Canonical events that can be searched: in columns, block by block, beside the spool. All of it follows from
//! the spool and can be made again.
//!
//! | file | turns | into |
//! |---|---|---|
//! | `rows` | events as they come | columns in memory |
//! | `template` | a message and its template | the values in the holes, and back |
//! | `filter` | the words of a block | a Bloom filter |
//! | `head`, `block` | columns | a stored block, and back |
//! | `files`, `store` | blocks | files in a folder |
//! | `keeping` | age, size, bands | what goes |
//! | `matcher`, `search` | a query | the events that it asks for, and how they are spread |

mod block;
mod files;
mod filter;
mod head;
mod keeping;
mod matcher;
mod rows;
mod search;
mod store;
mod template;

pub(crate) use matcher::says_all;
pub use rows::EventRow;
pub use store::{EventOptions, Events, EventsError, EventsStatus};
