//! The pure pipeline: the path of an envelope from raw bytes to a digest item. Synchronous, no
//! I/O, no clock, no randomness, no environment; the same records give the same bytes.
//!
//! Modules stand in pipeline order.

pub mod batch;
pub mod config;
pub mod counterfactual;
pub mod criticality;
pub mod engine;
pub mod entities;
mod forensics;
pub mod lane;
pub mod sighting;
pub mod sites;
pub mod values;

pub mod kernel;
pub mod normalize;
pub mod signature;

pub mod attention;
pub mod checks;
pub mod discover;
pub mod elsewhere;
mod explain;
pub mod host;
pub mod lifecycle;
pub mod memory;
pub mod score;
pub mod snapshot;
pub mod tenant;

pub mod stats;

pub use batch::EventBatch;
pub use config::Config;
pub use engine::Engine;
pub use lane::{Lane, Latest};
pub use sighting::Sighting;
pub use snapshot::SnapshotError;
