//! The option that names a settings file, for every command that runs the engine.

use super::Mistake;
use crate::{checks, config};
use engine::Config;
use std::path::PathBuf;

/// Where settings come from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Settings {
    /// Settings file (TOML); `foreshock config show` prints all that can be set
    ///
    /// Files in the folder conf.d beside it are laid over it, and variables FORESHOCK__TABLE__KEY over both.
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

    /// All settings that hold.
    ///
    /// # Errors
    /// If a file cannot be read, or something is wrong.
    pub(crate) fn all(&self) -> Result<config::Settings, Mistake> {
        let known = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let environment = std::env::vars_os().filter_map(known);
        let mut settings =
            config::read(self.config.as_deref(), environment).map_err(Mistake::Config)?;
        if let Some(folder) = &self.checks {
            settings.engine.checks = checks::read(folder).map_err(Mistake::Config)?;
        }
        Ok(settings)
    }
}
