//! The option that names a settings file, for every command that runs the engine.

use super::Mistake;
use crate::config;
use engine::Config;
use std::path::PathBuf;

/// Where settings come from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Settings {
    /// Settings file (TOML); `foreshock config show` prints all that can be set
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Settings {
    /// The configuration that holds.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong.
    pub(crate) fn read(&self) -> Result<Config, Mistake> {
        match &self.config {
            None => Ok(Config::default()),
            Some(path) => config::read(path).map_err(Mistake::Config),
        }
    }
}
