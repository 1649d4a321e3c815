//! Memory in discovery: what came before on the same subject, and how it ended.

pub mod recall;
