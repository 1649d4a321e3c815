//! One thing to read: a file, a pipe or standard input.

use model::{Origin, SourceId, TenantId, Transport};
use std::borrow::Cow;
use std::path::PathBuf;

/// How an input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file: it can be opened late, closed in between and read again.
    File,
    /// A named pipe or character device: its bytes come once, at their own pace.
    Pipe,
    /// Standard input, as a pipe.
    Stdin,
}

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it is; `-` for standard input.
    pub path: PathBuf,
    /// How it is read.
    pub kind: Kind,
    /// Size on disk when it was found (compressed, if it is); 0 for pipes.
    pub bytes: u64,
}

impl Input {
    /// Standard input.
    pub fn stdin() -> Input {
        Input { path: PathBuf::from("-"), kind: Kind::Stdin, bytes: 0 }
    }

    /// The input as people call it.
    pub fn name(&self) -> Cow<'_, str> {
        match self.kind {
            Kind::Stdin => "standard input".into(),
            Kind::File | Kind::Pipe => self.path.to_string_lossy(),
        }
    }

    /// What the envelopes of this input share, when they belong to `tenant_id`.
    pub fn origin(&self, tenant_id: &TenantId) -> Origin {
        let (source_type, transport) = match self.kind {
            Kind::Stdin => ("stdin", Transport::Stdin),
            Kind::File | Kind::Pipe => ("file", Transport::File),
        };
        let name = self.name();
        Origin {
            source_id: SourceId::new(format!("{source_type}:{name}")),
            tenant_id: tenant_id.clone(),
            source_type: source_type.into(),
            source_name: name.into_owned(),
            transport,
        }
    }
}
