//! The zone of times that name none, as a state folder has it: records are read again after a crash, and must mean the
//! same then. So whoever reads into a folder first decides.

use anyhow::{Context, ensure};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The file in the state folder: seconds east of UTC.
const FILE: &str = "zone";

/// UTC, where nobody says another one.
const USUAL: i32 = 0;

/// The zone of a state folder, for whoever reads into it: `asked`, or else UTC, becomes it where none was noted.
///
/// # Errors
/// If another zone is asked for than the one that was noted, or the file cannot be read or written.
pub(super) fn settle(folder: &Path, asked: Option<i32>) -> anyhow::Result<i32> {
    let Some(noted) = read(folder)? else {
        let (path, zone) = (folder.join(FILE), asked.unwrap_or(USUAL));
        fs::write(&path, format!("{zone}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
        return Ok(zone);
    };
    if let Some(asked) = asked {
        ensure!(
            noted == asked,
            "times without a zone were read as {} into this state so far, not as {}: leave --zone out, or use another state folder",
            written(noted),
            written(asked)
        );
    }
    Ok(noted)
}

/// The zone of a state folder, for who reads it only.
///
/// # Errors
/// If it cannot be read.
pub(super) fn noted(folder: &Path) -> anyhow::Result<i32> {
    Ok(read(folder)?.unwrap_or(USUAL))
}

fn read(folder: &Path) -> anyhow::Result<Option<i32>> {
    let path = folder.join(FILE);
    let shown = path.display();
    match fs::read_to_string(&path) {
        Ok(text) => {
            let zone = text.trim().parse::<i32>();
            zone.map(Some).with_context(|| format!("{shown} is damaged: write the zone of times that name none into it, in seconds east of UTC"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {shown}")),
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
    fn the_first_who_reads_into_it_decides() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(noted(folder.path()).unwrap(), 0);
        assert!(!folder.path().join(FILE).exists(), "who looks changes nothing");
        assert_eq!(settle(folder.path(), Some(-5_400)).unwrap(), -5_400);
        assert_eq!(settle(folder.path(), None).unwrap(), -5_400);
        assert_eq!(settle(folder.path(), Some(-5_400)).unwrap(), -5_400);
        let told = settle(folder.path(), Some(3_600)).unwrap_err().to_string();
        assert!(told.contains("-01:30") && told.contains("+01:00"), "{told}");
        fs::write(folder.path().join(FILE), "soon").unwrap();
        assert!(settle(folder.path(), None).is_err() && noted(folder.path()).is_err());
    }

    #[test]
    fn a_first_run_that_names_none_decides_for_utc() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(settle(folder.path(), None).unwrap(), 0);
        assert!(settle(folder.path(), Some(7_200)).is_err());
        assert_eq!(settle(folder.path(), Some(0)).unwrap(), 0);
    }
}
