//! Wire structs → JSON that is also harmless in a terminal.

use crate::safe;
use serde::Serialize;

/// Indented, with a line end.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    finish(serde_json::to_string_pretty(value))
}

/// On one line, with a line end.
pub(crate) fn line(value: &impl Serialize) -> String {
    finish(serde_json::to_string(value))
}

/// Serialising to memory fails only where a map has keys that are not strings, which none of the
/// wire's structs has; should one appear, the reader gets JSON that says so.
fn finish(serialised: serde_json::Result<String>) -> String {
    let text = match serialised {
        Ok(text) => text,
        Err(error) => serde_json::json!({ "error": error.to_string() }).to_string(),
    };
    format!("{}\n", safe::json(&text))
}
