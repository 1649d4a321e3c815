//! Paths that are read and paths that are written → a refusal where a result would replace what it is made
//! from. Inputs are often the only copy of what was measured.

use super::Mistake;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Refuses outputs that are inputs, also by another spelling of the path or through a link. To be asked before
/// anything is written.
///
/// # Errors
/// A mistake of the command line that names the first such file and what to do.
pub(crate) fn check<I, O>(
    inputs: impl IntoIterator<Item = I>,
    outputs: impl IntoIterator<Item = O>,
) -> Result<(), Mistake>
where
    I: AsRef<Path>,
    O: AsRef<Path>,
{
    let named = |path: I| Some((fs::canonicalize(&path).ok()?, path.as_ref().to_owned()));
    let inputs: BTreeMap<PathBuf, PathBuf> = inputs.into_iter().filter_map(named).collect();
    for output in outputs {
        // What is not there yet replaces nothing.
        let whole = fs::canonicalize(&output).ok();
        if let Some(input) = whole.and_then(|whole| inputs.get(&whole)) {
            return Err(Mistake::Usage(format!(
                "the result {} would replace the input {}: give another file or folder for results",
                output.as_ref().display(),
                input.display()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_may_not_replace_an_input_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let [input, other] = ["t.csv", "other.csv"].map(|name| folder.path().join(name));
        fs::write(&input, "a\n1\n").unwrap();
        fs::write(&other, "a\n1\n").unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        let round_about = folder.path().join("out/../t.csv");
        for output in [&input, &round_about] {
            let refused = check([&input], [output]).unwrap_err().to_string();
            assert!(refused.contains("would replace the input"), "{refused}");
        }
        let fresh = folder.path().join("out/t.csv");
        assert!(check([&input], [&other, &fresh]).is_ok());
        assert!(check([Path::new("-")], [&input]).is_ok(), "standard input is no file");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_an_input_is_that_input() {
        let folder = tempfile::tempdir().unwrap();
        let [input, link] = ["t.csv", "link.csv"].map(|name| folder.path().join(name));
        fs::write(&input, "a\n1\n").unwrap();
        std::os::unix::fs::symlink(&input, &link).unwrap();
        assert!(check([&input], [&link]).is_err());
    }
}
