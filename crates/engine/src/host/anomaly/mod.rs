//! Starts of processes and rows of values → three scores between 0 and 1, with reasons, and the alert
//! that joins them.
//!
//! | layer | file | asks |
//! |---|---|---|
//! | geometric | `rules` | does the tree of processes look as systems are built? |
//! | temporal | `temporal` | do values leave the range of their own past, several at once? |
//! | hero | `outlier` | does the row belong with the others? |
//! | all | `watch`, `memory` | all three of one start after the other, and what they are compared with |
//! | – | `process`, `users`, `cut` | what does a record say, also one that was cut? |
//! | – | `fusion`, `alert` | what does it cost to believe it, and how is it said? |

pub mod alert;
mod cut;
pub mod fusion;
pub mod memory;
pub mod outlier;
pub mod process;
pub mod rules;
pub mod temporal;
mod users;
pub mod watch;
