//! Paths of inputs → where each result goes: the same relative path under the output folder. A folder
//! stands for the files in it; absolute paths are taken relative to the folder that they share.

use crate::cli::Mistake;
use anyhow::{Context as _, bail};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 16;

/// An input and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its relative path, `/` between the parts.
    pub(crate) place: PathBuf,
}

/// The files of `paths` with one of these endings (of folders; a file that is named is taken as it is).
pub(crate) fn inputs(paths: &[PathBuf], endings: &[&str]) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    let files: Vec<&PathBuf> = paths.iter().filter(|path| !path.is_dir()).collect();
    let shared = shared_folder(&files);
    for path in paths {
        if path.is_dir() {
            let mut found = Vec::new();
            walk(path, 0, endings, &mut found)?;
            found.sort();
            inputs.extend(found.into_iter().map(|file| {
                let place = file.strip_prefix(path).unwrap_or(&file).to_owned();
                Input { path: file, place }
            }));
        } else {
            let place = path.strip_prefix(&shared).unwrap_or(path).to_owned();
            inputs.push(Input { path: path.clone(), place });
        }
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = inputs.iter().find(|input| !seen.insert(&input.place)) {
        bail!(Mistake::Usage(format!(
            "two inputs would be written to {}: give their common folder instead",
            twice.place.display()
        )));
    }
    if inputs.is_empty() {
        bail!(Mistake::Usage(format!(
            "no files: give files or folders with *.{}",
            endings.join(", *.")
        )));
    }
    Ok(inputs)
}

/// What is taken off the front of files: nothing of plain relative paths, else what they share.
fn shared_folder(files: &[&PathBuf]) -> PathBuf {
    let is_plain =
        |path: &&PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
    if files.iter().all(is_plain) {
        return PathBuf::new();
    }
    let mut shared = files[0].parent().map(Path::to_owned).unwrap_or_default();
    for file in files {
        while !file.starts_with(&shared) && shared.pop() {}
    }
    shared
}

fn walk(
    folder: &Path,
    depth: usize,
    endings: &[&str],
    found: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    if depth > DEPTH_MAX {
        bail!("{} is nested too deeply", folder.display());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
        let (path, kind) = (entry.path(), entry.file_type());
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        // A link to a folder may lead round in circles.
        if kind.is_ok_and(|kind| kind.is_dir()) {
            walk(&path, depth + 1, endings, found)?;
        } else if endings.contains(&ending) && !path.is_dir() {
            found.push(path);
        }
    }
    Ok(())
}

/// Writes a result whole or not at all: beside its place first, then in it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let say = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(say)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = fs::File::create(&beside).and_then(|mut file| file.write_all(bytes));
    written.and_then(|()| fs::rename(&beside, path)).with_context(say)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(paths: &[&str]) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let inputs = inputs(&paths, &["csv"]).unwrap();
        inputs.into_iter().map(|input| input.place.display().to_string()).collect()
    }

    #[test]
    fn results_keep_the_relative_paths_of_inputs() {
        assert_eq!(places(&["a/x.csv", "b/x.csv"]), ["a/x.csv", "b/x.csv"]);
        assert_eq!(places(&["/data/a/x.csv", "/data/b/x.csv"]), ["a/x.csv", "b/x.csv"]);
        assert_eq!(places(&["/data/a/x.csv"]), ["x.csv"]);
        assert_eq!(places(&["../m/x.csv", "../m/y.csv"]), ["x.csv", "y.csv"]);
    }

    #[test]
    fn two_inputs_of_one_place_and_none_are_mistakes() {
        let twice = [PathBuf::from("x.csv"), PathBuf::from("x.csv")];
        assert!(inputs(&twice, &["csv"]).is_err());
        let folder = tempfile::tempdir().unwrap();
        assert!(inputs(&[folder.path().to_owned()], &["csv"]).is_err());
    }
}
