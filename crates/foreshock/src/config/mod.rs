//! Settings: what a file says → the engine's configuration, checked; and back into a file that says
//! all of it. `settings` lists what there is, `apply` takes one file in, `show` writes one.
//!
//! Layers, each over the ones before: the defaults, a file, the files of the folder `conf.d` beside it in the order of
//! their names, the environment (`FORESHOCK__TABLE__KEY`); flags of a command come last, there.

mod apply;
mod clients;
mod fit;
mod place;
mod reload;
mod service;
mod settings;
mod show;
mod variables;

#[cfg(test)]
pub(crate) use clients::Client;
pub(crate) use place::did_you_mean;
pub(crate) use reload::changed;
pub(crate) use service::Service;
pub(crate) use show::{schema, show};

use engine::Config;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Larger files are no settings: most likely a log was named by mistake.
const BYTES_MAX: u64 = 1 << 20;

/// All settings, and where each that was set comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Settings {
    pub(crate) engine: Config,
    pub(crate) service: Service,
    /// The files that were read, in the order of the layers.
    pub(crate) files: Vec<PathBuf>,
    /// `table.key` → the file and line, or the variable.
    pub(crate) origins: BTreeMap<String, String>,
}

/// The settings that hold.
///
/// # Errors
/// All that is wrong, a line each, with its place.
pub(crate) fn read(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Settings, String> {
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    for file in files(file)? {
        let name = file.display().to_string();
        let text = text(&file).map_err(|error| format!("{name}: {error}"))?;
        settings.layer(&text, &mut problems, |at| {
            let (line, column) = place::of(&text, at);
            (format!("{name}:{line}:{column}"), format!("{name}:{line}"))
        });
        settings.files.push(file);
    }
    let mut variables: Vec<(String, String)> = environment.collect();
    variables.sort();
    for (name, value) in variables {
        match variables::read(&name, &value) {
            Ok(None) => {}
            Ok(Some(text)) => {
                settings.layer(&text, &mut problems, |_| (name.clone(), name.clone()))
            }
            Err(told) => problems.push(format!("{name}: {told}")),
        }
    }
    let apart = settings.service.disagreements();
    problems.extend(apart.into_iter().map(|(key, told)| settings.placed(key, &told)));
    if problems.is_empty() { Ok(settings) } else { Err(problems.join("\n")) }
}

impl Settings {
    /// What is wrong with a setting, behind the place where it was set.
    pub(crate) fn placed(&self, key: &str, told: &str) -> String {
        match self.origins.get(key) {
            Some(place) => format!("{place}: {told}"),
            None => told.to_owned(),
        }
    }

    fn layer(
        &mut self,
        text: &str,
        problems: &mut Vec<String>,
        place: impl Fn(usize) -> (String, String),
    ) {
        let (found, named) = apply::apply_all(text, &mut self.engine, &mut self.service);
        problems.extend(
            found.iter().map(|problem| format!("{}: {}", place(problem.at).0, problem.what)),
        );
        self.origins.extend(named.into_iter().map(|(key, at)| (key, place(at).1)));
    }
}

/// The file, and those of `conf.d` beside it.
fn files(file: Option<&Path>) -> Result<Vec<PathBuf>, String> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let mut files = vec![file.to_owned()];
    let folder = file.parent().unwrap_or(Path::new("")).join("conf.d");
    match fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{}: cannot be read: {error}", folder.display())),
        Ok(found) => {
            let paths = found.filter_map(|entry| Some(entry.ok()?.path()));
            let mut more: Vec<PathBuf> =
                paths.filter(|path| path.extension().is_some_and(|form| form == "toml")).collect();
            more.sort();
            files.append(&mut more);
        }
    }
    Ok(files)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_lies_over_the_ones_before_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("foreshock.toml");
        fs::write(
            &file,
            "[listen]\njournal = true\nkernel = true\n[retention]\nraw_age = \"7d\"\n",
        )
        .unwrap();
        fs::create_dir(folder.path().join("conf.d")).unwrap();
        fs::write(folder.path().join("conf.d/a.toml"), "[retention]\nraw_age = \"8d\"\n").unwrap();
        fs::write(folder.path().join("conf.d/b.txt"), "no settings").unwrap();
        let variables = [
            ("FORESHOCK__LISTEN__KERNEL", "false"),
            ("FORESHOCK__LISTEN__SYSLOG_TCP", "127.0.0.1:1,127.0.0.1:2"),
            ("FORESHOCK__ATTENTION__CALM_AFTER", "2d"),
            ("PATH", "/bin"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = read(Some(&file), variables.into_iter()).unwrap();
        let service = &settings.service;
        assert!(service.journal && !service.kernel);
        assert_eq!((service.syslog_tcp.len(), service.retention.raw_age.as_days_f64()), (2, 8.0));
        assert_eq!(settings.engine.attention.calm_after.as_days_f64(), 2.0);
        let origin = |key: &str| settings.origins[key].rsplit('/').next().unwrap().to_owned();
        assert_eq!(origin("listen.journal"), "foreshock.toml:2");
        assert_eq!(origin("retention.raw_age"), "a.toml:2");
        assert_eq!(origin("listen.kernel"), "FORESHOCK__LISTEN__KERNEL");
        let wrong = [("FORESHOCK__LISTEN__JORNAL".to_owned(), "true".to_owned())];
        let told = read(None, wrong.into_iter()).unwrap_err();
        assert_eq!(
            told,
            "FORESHOCK__LISTEN__JORNAL: [listen] has no setting `jornal`; did you mean `journal`?"
        );
    }
}
