//! A folder of one's own checks → families. The engine gets values; files are read here.

use engine::checks::{Checks, Family, parse};
use std::fs;
use std::path::{Path, PathBuf};

/// Larger files are no checks: most likely something else was named by mistake.
const BYTES_MAX: u64 = 1 << 20;
/// More families than anybody writes by hand.
const FILES_MAX: usize = 1_000;

/// The built-in checks with those of a folder.
///
/// # Errors
/// As [`read_dir`].
pub(crate) fn read(folder: &Path) -> Result<Checks, String> {
    Ok(Checks::with(read_dir(folder)?, &folder.display().to_string()))
}

/// The families of all `*.toml` files of a folder, in the order of their names.
///
/// # Errors
/// All that is wrong with them, a line each, with the file's name.
pub(crate) fn read_dir(folder: &Path) -> Result<Vec<Family>, String> {
    let name = folder.display();
    let entries = fs::read_dir(folder).map_err(|e| format!("{name}: cannot be read: {e}"))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| format!("{name}: cannot be read: {e}"))?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(format!(
            "{name}: holds no *.toml file; docs/checks.md shows what one looks like"
        ));
    }
    if files.len() > FILES_MAX {
        return Err(format!("{name}: holds more than {FILES_MAX} *.toml files"));
    }
    files.sort();
    let (mut families, mut wrong) = (Vec::new(), Vec::new());
    for file in &files {
        match read_file(file) {
            Ok(family) => families.push(family),
            Err(error) => wrong.push(format!("{}: {error}", file.display())),
        }
    }
    let mut names: Vec<&str> = families.iter().map(|f: &Family| f.family.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    wrong.extend(twice.map(|twice| format!("{name}: two files describe the family `{twice}`")));
    if wrong.is_empty() { Ok(families) } else { Err(wrong.join("\n")) }
}

/// Where each family of a folder stands: its name, the file, and the file's text. Of files that [`read_dir`] has read.
pub(crate) fn places(folder: &Path) -> Vec<(String, PathBuf, String)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let place = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        Some((parse(&text).ok()?.family, path, text))
    };
    files.filter_map(place).collect()
}

/// The line, from 1, on which the check with this number begins; of the family itself the first.
pub(crate) fn line_of(text: &str, check: Option<usize>) -> usize {
    let Some(n) = check else { return 1 };
    let is_check =
        |line: &str| line.split_whitespace().collect::<String>().starts_with("[[check]]");
    let lines = text.lines().enumerate().filter(|(_, line)| is_check(line));
    lines.map(|(at, _)| at + 1).nth(n - 1).unwrap_or(1)
}

fn read_file(file: &Path) -> Result<Family, String> {
    let size = fs::metadata(file).map_err(|e| format!("cannot be read: {e}"))?.len();
    if size > BYTES_MAX {
        return Err("is larger than 1 MiB, so it holds no checks".into());
    }
    let text = fs::read_to_string(file).map_err(|e| format!("cannot be read: {e}"))?;
    parse(&text)
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn a_check_has_its_line() {
        let text = "family = \"a\"\n\n[[check]]\ntext = \"x\"\n\n[[ check ]] # second\n";
        assert_eq!([None, Some(1), Some(2), Some(3)].map(|n| line_of(text, n)), [1, 3, 6, 1]);
    }
}
