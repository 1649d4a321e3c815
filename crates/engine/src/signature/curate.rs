//! What users decide about signatures: pin, merge, split. Each decision is on record with its date
//! and can be undone; nothing that was assigned before is rewritten.

use super::alias::{Alias, Cause};
use super::library::{Library, LibraryError, SignatureIndex};
use super::skeleton::key_of;
use model::{SignatureId, Timestamp};

impl Library {
    /// Keeps a signature as it is: no merge takes it in.
    pub fn pin(&mut self, index: SignatureIndex) {
        self.pinned[index.0 as usize] = true;
    }

    /// A user's word that `from` is the same kind of message as `into`.
    ///
    /// # Errors
    /// When they are one already, `from` is pinned, or the record of aliases is full.
    pub fn merge(
        &mut self,
        from: SignatureIndex,
        into: SignatureIndex,
        at: Timestamp,
    ) -> Result<(), LibraryError> {
        let (from, into) = (self.resolve(from).0, self.resolve(into).0);
        if from == into {
            return Err(LibraryError::Circular);
        }
        if self.pinned[from as usize] {
            return Err(LibraryError::Pinned);
        }
        if self.aliases.len() >= self.config.aliases_max {
            return Err(LibraryError::Full);
        }
        let child = self.signatures[from as usize].clone();
        self.aliases.push(Alias {
            child_key: key_of(&child.service, child.template.as_bytes()),
            child,
            parent: SignatureIndex(into),
            at,
            cause: Cause::User { from },
            undone_at: None,
        });
        self.refresh();
        Ok(())
    }

    /// Undoes the live alias of this child: it is a signature of its own again, from now on.
    ///
    /// # Errors
    /// When there is no such alias, or no room for one more signature.
    pub fn split(
        &mut self,
        child: SignatureId,
        at: Timestamp,
    ) -> Result<SignatureIndex, LibraryError> {
        let live = |a: &Alias| a.child.id == child && a.undone_at.is_none();
        let place = self.aliases.iter().rposition(live).ok_or(LibraryError::Unknown)?;
        let alias = self.aliases[place].clone();
        let index = match alias.cause {
            Cause::User { from } => from,
            Cause::Siblings => {
                let service = alias.child.service.clone();
                self.register(&service, alias.child_key, alias.child).ok_or(LibraryError::Full)?
            }
        };
        self.aliases[place].undone_at = Some(at);
        self.pinned[index as usize] = true;
        self.refresh();
        Ok(self.resolve(SignatureIndex(index)))
    }

    /// Works out anew where each signature stands, from the users' live merges in order.
    fn refresh(&mut self) {
        self.forward = (0..self.signatures.len() as u32).collect();
        for alias in self.aliases.iter().filter(|a| a.undone_at.is_none()) {
            if let Cause::User { from } = alias.cause {
                let target = self.forward[alias.parent.0 as usize];
                for place in &mut self.forward {
                    if *place == from {
                        *place = target;
                    }
                }
            }
        }
    }
}
