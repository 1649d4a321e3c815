//! Daily digests → files in the state folder: JSON for programs, Markdown and text for people.
//!
//! `digests/<tenant>/<day>.json|md|txt`, the day being that of its hour, where that hour is one. Written under another name
//! and renamed, so that nobody reads half of one.

use super::keep::Stuck;
use crate::runtime::evidence::Evidences;
use model::port::RawReader;
use model::{Digest, TenantId};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Columns of the text.
const COLUMNS: usize = 100;

/// Who waits for digests: the latest of each tenant.
pub(super) type Latest = Arc<Mutex<BTreeMap<TenantId, Digest>>>;

/// Where digests are delivered.
pub(super) struct Digests {
    folder: PathBuf,
    /// Besides the folder.
    pub(super) latest: Option<Latest>,
}

impl Digests {
    /// Into this folder.
    pub(super) fn new(folder: PathBuf) -> Digests {
        Digests { folder, latest: None }
    }

    /// Delivers one, of that day; the same again is the same files.
    ///
    /// # Errors
    /// If it cannot be written at present.
    pub(super) fn deliver(
        &self,
        digest: &mut Digest,
        day: &str,
        raw: &mut dyn RawReader,
    ) -> Result<(), Stuck> {
        Evidences::default().fill(raw, digest.items.iter_mut());
        let folder = folder_of(&self.folder, &digest.tenant_id);
        let style = outputs::Style { color: false, width: COLUMNS };
        let forms = [
            ("json", outputs::digest::json(digest, None)),
            ("md", outputs::digest::markdown(digest, None)),
            ("txt", outputs::digest::text(digest, None, &style)),
        ];
        let write = || {
            fs::create_dir_all(&folder)?;
            forms.iter().try_for_each(|(form, page)| {
                write_whole(&folder.join(format!("{day}.{form}")), page.as_bytes())
            })
        };
        write().map_err(|error| {
            Stuck::new(format!("could not write the digest to {}: {error}", folder.display()))
        })?;
        if let Some(latest) = &self.latest {
            let mut latest = latest.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            latest.insert(digest.tenant_id.clone(), digest.clone());
        }
        Ok(())
    }
}

/// The folder of a tenant's digests. Its name is the tenant's, made fit for a file system.
pub(crate) fn folder_of(digests: &Path, tenant: &TenantId) -> PathBuf {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name = tenant.as_str();
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    match plain == name && (1..=100).contains(&name.len()) {
        true => digests.join(plain),
        // Two names that look alike in plain letters stay apart.
        false => {
            let hash = blake3::hash(name.as_bytes()).to_hex();
            let plain: String = plain.chars().take(80).collect();
            digests.join(format!("{plain}.{}", &hash[..8]))
        }
    }
}

/// Writes a file in whole, or leaves what was there; it is on the disk then.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_names_no_other_folder() {
        let of = |name| folder_of(Path::new("d"), &TenantId::new(name));
        assert_eq!(of("acme-1"), Path::new("d/acme-1"));
        for name in ["../etc", ".", "a/b", "", "ü", "con:", "a b"] {
            let folder = of(name);
            assert_eq!(folder.parent(), Some(Path::new("d")), "{name}");
            assert!(folder.file_name().is_some(), "{name}");
        }
        assert_ne!(of("a/b"), of("a_b"));
        assert_ne!(of("a/b"), of("a:b"));
    }
}
