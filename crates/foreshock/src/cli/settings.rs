//! The option that names a settings file, for every command that runs the engine.

use super::Mistake;
use crate::{checks, config};
use engine::Config;
use std::path::PathBuf;

/// Where settings come from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Settings {
    /// Settings file (TOML); `foreshock config show` prints all that can be set
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of your own checks (*.toml); a family with the name of a built-in one takes its place
    #[arg(long, value_name = "DIR")]
    pub(crate) checks: Option<PathBuf>,
}

impl Settings {
    /// The configuration that holds.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong.
    pub(crate) fn read(&self) -> Result<Config, Mistake> {
        let mut config = match &self.config {
            None => Config::default(),
            Some(path) => config::read(path).map_err(Mistake::Config)?,
        };
        if let Some(folder) = &self.checks {
            config.checks = checks::read(folder).map_err(Mistake::Config)?;
        }
        Ok(config)
    }
}
