//! The zone of times that name none, as a state folder has it: records are read again after a crash, and must mean the
//! same then. So whoever reads into a folder first decides.

use anyhow::{Context, ensure};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The file in the state folder: seconds east of UTC.
const FILE: &str = "zone";

/// The zone of a state folder; `asked` becomes it where none was noted.
///
/// # Errors
/// If another zone is asked for than the one that was noted, or the file cannot be read or written.
pub(super) fn settle(folder: &Path, asked: Option<i32>) -> anyhow::Result<i32> {
    let path = folder.join(FILE);
    let shown = path.display();
    let noted = match fs::read_to_string(&path) {
        Ok(text) => {
            let noted = text.trim().parse::<i32>();
            Some(noted.with_context(|| format!("{shown} is damaged: write the zone of times that name none into it, in seconds east of UTC"))?)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    match (noted, asked) {
        (Some(noted), Some(asked)) => {
            ensure!(
                noted == asked,
                "times without a zone were read as {} into this state so far, not as {}: leave --zone out, or use another state folder",
                written(noted),
                written(asked)
            );
            Ok(noted)
        }
        (Some(noted), None) => Ok(noted),
        (None, None) => Ok(0),
        (None, Some(asked)) => {
            fs::write(&path, format!("{asked}\n"))
                .with_context(|| format!("cannot write {shown}"))?;
            Ok(asked)
        }
    }
}

/// `+01:00`
fn written(secs: i32) -> String {
    let sign = if secs < 0 { '-' } else { '+' };
    let minutes = secs.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_who_says_decides() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(settle(folder.path(), None).unwrap(), 0);
        assert_eq!(settle(folder.path(), Some(-5_400)).unwrap(), -5_400);
        assert_eq!(settle(folder.path(), None).unwrap(), -5_400);
        assert_eq!(settle(folder.path(), Some(-5_400)).unwrap(), -5_400);
        let told = settle(folder.path(), Some(3_600)).unwrap_err().to_string();
        assert!(told.contains("-01:30") && told.contains("+01:00"), "{told}");
        fs::write(folder.path().join(FILE), "soon").unwrap();
        assert!(settle(folder.path(), None).is_err());
    }
}
