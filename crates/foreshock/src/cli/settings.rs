//! The option that names a settings file, for every command that runs the engine; and where the file of this machine's
//! service stands, for the commands that are about it.

use super::Mistake;
use crate::{checks, config};
use engine::Config;
use std::env;
use std::path::{Path, PathBuf};

/// The variable by which the service manager names the folder of settings (`ConfigurationDirectory=` of a unit).
const FOLDER_VARIABLE: &str = "CONFIGURATION_DIRECTORY";
/// That folder, where nobody names one.
const FOLDER: &str = "/etc/foreshock";
/// The settings file in it.
const FILE: &str = "foreshock.toml";

/// Where settings come from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Settings {
    /// Settings file (TOML); `foreshock config show` prints all that can be set
    ///
    /// Files in the folder conf.d beside it are laid over it, and variables FORESHOCK__TABLE__KEY over both. Without this
    /// option `serve`, `doctor`, `token` and `config` read foreshock.toml in $CONFIGURATION_DIRECTORY, which systemd sets,
    /// or else in /etc/foreshock, if it is there; other commands read none.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of your own checks (*.toml); a family with the name of a built-in one takes its place
    #[arg(long, value_name = "DIR")]
    pub(crate) checks: Option<PathBuf>,
}

impl Settings {
    /// The engine's configuration that holds.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong.
    pub(crate) fn read(&self) -> Result<Config, Mistake> {
        Ok(self.all()?.engine)
    }

    /// All settings that hold, of the file that is named.
    ///
    /// # Errors
    /// If a file cannot be read, or something is wrong.
    pub(crate) fn all(&self) -> Result<config::Settings, Mistake> {
        self.under(self.config.as_deref())
    }

    /// All settings that hold for the service of this machine: of the file that is named, or else of its own.
    ///
    /// # Errors
    /// If a file cannot be read, or something is wrong.
    pub(crate) fn of_service(&self) -> Result<config::Settings, Mistake> {
        self.under(file_of_service(self.config.as_deref()).as_deref())
    }

    fn under(&self, file: Option<&Path>) -> Result<config::Settings, Mistake> {
        let mut settings = config::read(file, environment()).map_err(Mistake::Config)?;
        if let Some(folder) = &self.checks {
            settings.engine.checks = checks::read(folder).map_err(Mistake::Config)?;
        }
        Ok(settings)
    }
}

/// The variables of the environment.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
    env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// The settings file that is named, or else that of this machine's service, if there is one. One that is there and
/// cannot be read is one: what it says must not be lost in silence.
pub(super) fn file_of_service(named: Option<&Path>) -> Option<PathBuf> {
    let is_there = |file: &PathBuf| !file.try_exists().is_ok_and(|is_there| !is_there);
    named.map(Path::to_owned).or_else(|| Some(place_of_service()).filter(is_there))
}

/// Where the settings of this machine's service stand, if it has any.
pub(super) fn place_of_service() -> PathBuf {
    let folder = env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty());
    // Of several folders, parted by colons, the first is the service's own.
    let first = folder.and_then(|folders| env::split_paths(&folders).next());
    first.unwrap_or_else(|| FOLDER.into()).join(FILE)
}

/// The files that were read, for people.
pub(super) fn told(settings: &config::Settings) -> String {
    let files: Vec<String> = settings.files.iter().map(|file| file.display().to_string()).collect();
    match files.is_empty() {
        true => format!(
            "no file: there is none at {}, and --config names none",
            place_of_service().display()
        ),
        false => files.join(", "),
    }
}
