//! Tokens: what is kept of them is a hash; what they allow is a grant.

use model::TenantId;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A token shorter than this can be guessed, or is a placeholder.
pub const TOKEN_BYTES_MIN: usize = 16;
/// No token is longer; what is gets no hash.
pub const TOKEN_BYTES_MAX: usize = 512;

/// What is kept of a token: BLAKE3 of it, written `blake3:` and 64 hex digits. Tokens are made by chance and not by
/// people, so a hash that is slow on purpose would protect nothing more.
///
/// Equality takes the same time whatever is compared (that of [`blake3::Hash`]).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(blake3::Hash);

/// Why a text is no hash of a token, or no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a hash.
    #[error("not the hash of a token: write blake3: and 64 hex digits")]
    Hash,
    /// Too short or too long.
    #[error(
        "a token has {TOKEN_BYTES_MIN} to {TOKEN_BYTES_MAX} visible ASCII characters: make one with `openssl rand -hex 32`"
    )]
    Token,
}

impl TokenHash {
    /// The hash of a token.
    ///
    /// # Errors
    /// If it is too short, too long, or could not stand in a header.
    pub fn of(token: &str) -> Result<TokenHash, TokenError> {
        let fits = (TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX).contains(&token.len());
        if !fits || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TokenError::Token);
        }
        Ok(TokenHash(blake3::hash(token.as_bytes())))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blake3:{}", self.0.to_hex())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl FromStr for TokenHash {
    type Err = TokenError;
    fn from_str(text: &str) -> Result<TokenHash, TokenError> {
        let hex = text.strip_prefix("blake3:").ok_or(TokenError::Hash)?;
        blake3::Hash::from_hex(hex).map(TokenHash).map_err(|_| TokenError::Hash)
    }
}

/// One thing that a token may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Hand in events.
    Ingest,
    /// Ask for events, candidates, digests and the status.
    Read,
    /// Record what a person judged.
    Review,
    /// Everything, settings included.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 4] = [Scope::Ingest, Scope::Read, Scope::Review, Scope::Admin];

    /// Its name in settings.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Ingest => "ingest",
            Scope::Read => "read",
            Scope::Review => "review",
            Scope::Admin => "admin",
        }
    }

    /// The scope of this name.
    pub fn from_word(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// Whose events a caller may hand in and see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Everybody's.
    All,
    /// Of these only; the first one's where a request names none and there is no other.
    Only(Vec<TenantId>),
}

impl Tenants {
    /// Those that are among the others, too.
    pub(crate) fn within(&self, others: &Tenants) -> Tenants {
        match (self, others) {
            (Tenants::All, others) => others.clone(),
            (own, Tenants::All) => own.clone(),
            (Tenants::Only(own), Tenants::Only(others)) => {
                Tenants::Only(own.iter().filter(|one| others.contains(one)).cloned().collect())
            }
        }
    }
}

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What people call it: it names the source of what comes with it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// For whom.
    pub tenants: Tenants,
}

impl Grant {
    /// Whether it allows this.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Whether it allows to see and hand in what is of this tenant.
    pub fn covers(&self, tenant: &str) -> bool {
        match &self.tenants {
            Tenants::All => true,
            Tenants::Only(some) => some.iter().any(|one| one.as_str() == tenant),
        }
    }
}

/// Knows the tokens. A reload of the settings may change what it knows at any time.
pub trait Tokens: Send + Sync {
    /// What this token allows; `None` if it is not known. Takes the same time whichever one it is.
    fn grant(&self, token: &TokenHash) -> Option<Arc<Grant>>;
}

/// Tokens from the settings.
#[derive(Debug, Default)]
pub struct TokenList(pub Vec<(TokenHash, Arc<Grant>)>);

impl Tokens for TokenList {
    fn grant(&self, token: &TokenHash) -> Option<Arc<Grant>> {
        // Every one is compared, so the time tells nothing of which one it was.
        let mut found = None;
        for (hash, grant) in &self.0 {
            if hash == token {
                found = Some(grant);
            }
        }
        found.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_read_and_show_and_hide_the_token() {
        let hash = TokenHash::of("0123456789abcdef").unwrap();
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_ne!(TokenHash::of("0123456789abcdeg").unwrap(), hash);
        assert_eq!(format!("{hash:?}"), "TokenHash(…)");
        for token in ["", "short", "with blanks in it, longer", &"x".repeat(513)] {
            assert_eq!(TokenHash::of(token), Err(TokenError::Token), "{token}");
        }
        for text in ["", "blake3:", "blake3:00", "sha256:00"] {
            assert_eq!(text.parse::<TokenHash>(), Err(TokenError::Hash), "{text}");
        }
    }
}
