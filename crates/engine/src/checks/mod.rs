//! What to check next: a signature's program and words → two to four exact checks of its family, with
//! what typically follows and what would change the mind. The knowledge is data (`engine/checks/*.toml`,
//! one file a family); users add families or replace ours (see docs/checks.md).
//!
//! | file | turns | into |
//! |---|---|---|
//! | `list` | – | the files that are built in, in plain sight |
//! | `schema` | TOML | families, as plain values |
//! | `catalogue` | families | a catalogue; those of users over ours |
//! | `matching` | service and template | the family that fits |
//! | `choose` | a family, a type and a template | the few checks that fit best, in order |
//! | `holes` | evidence lines | values for the blanks of commands |
//! | `quote`, `fill` | a command with blanks and values | a command that means the same whatever the values are |
//! | `lint` | a catalogue | what is wrong with it |
//!
//! All of it is asked only when an item is made, never per event.

mod catalogue;
mod choose;
mod fill;
mod holes;
mod lint;
mod list;
mod matching;
mod quote;
mod schema;

pub use catalogue::{Catalogue, Checks};
pub use choose::{CHECKS_MAX, choose};
pub use fill::{Piece, command, pieces, refill};
pub use holes::{find, is_plain};
pub use lint::{Problem, lint};
pub use list::BUILT_IN;
pub(crate) use quote::is_plain as is_plain_word;
pub use schema::{CheckRule, Family, HoleRule, On, Verified, When, parse};

#[cfg(test)]
mod tests;
