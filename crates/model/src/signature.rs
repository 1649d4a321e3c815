//! The signature: the lasting identity of "the same kind of message".

use crate::SignatureId;

/// One kind of message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Signature {
    /// Follows from service, skeleton and the tokenizer's version alone.
    pub id: SignatureId,
    /// The service that says it; empty if unknown.
    pub service: String,
    /// The text with `<*>` where values stood.
    pub template: String,
}
