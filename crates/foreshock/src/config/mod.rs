//! Settings: what a file says → the engine's configuration, checked; and back into a file that says
//! all of it. `settings` lists what there is, `apply` takes one file in, `show` writes one.
//!
//! A file is laid over a configuration that is already there: further files, or other origins of
//! settings, are further layers.

mod apply;
mod place;
mod settings;
mod show;

pub(crate) use show::show;

use engine::Config;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Larger files are no settings: most likely a log was named by mistake.
const BYTES_MAX: u64 = 1 << 20;

/// The defaults, with a file laid over them.
///
/// # Errors
/// All that is wrong with the file, a line each, with its place.
pub(crate) fn read(path: &Path) -> Result<Config, String> {
    let name = path.display().to_string();
    let text = text(path).map_err(|error| format!("{name}: {error}"))?;
    let mut config = Config::default();
    let problems = apply::apply(&text, &mut config);
    if problems.is_empty() {
        return Ok(config);
    }
    let told = problems.iter().map(|problem| {
        let (line, column) = place::of(&text, problem.at);
        format!("{name}:{line}:{column}: {}", problem.what)
    });
    Err(told.collect::<Vec<_>>().join("\n"))
}

fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err("is larger than 1 MiB, so it is no settings file".into());
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text, so it is no settings file".into())
}
