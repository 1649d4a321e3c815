//! `foreshock token`: tokens of the API. A new one is shown once; its hash is all that is kept.

use super::{Exit, Mistake, Settings};
use crate::runtime::serve::tokens;
use anyhow::Context;
use outputs::rest::{Scope, TokenHash};
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  foreshock token new shipper --scopes ingest --clients acme --config foreshock.toml
      for a sender of one client; the token is printed once, its hash goes into the file of `listen.tokens`
  foreshock token new console --scopes read,review --clients '*' --file /etc/foreshock/tokens
  foreshock token list --config foreshock.toml
  foreshock token revoke shipper --config foreshock.toml

A running service takes the change up with `systemctl reload foreshock` (or kill -HUP).";

/// Random bytes of a token: nobody guesses them, so a fast hash protects it.
const TOKEN_BYTES: usize = 32;
/// What tokens begin with, so that they are recognised where they do not belong.
const PREFIX: &str = "foreshock_";

/// Make, list and revoke tokens of the API
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a token and print it: it is shown this once
    New {
        /// What people call it; it names the source of what comes with it
        #[arg(value_name = "NAME", value_parser = name)]
        name: String,
        /// What it allows: ingest, read, review, admin
        #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// For which clients, or * for all
        #[arg(long, value_name = "NAMES", value_delimiter = ',', required = true, value_parser = client)]
        clients: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the tokens: names, what they allow, for whom
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Take a token out of the file
    Revoke {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the hashes stand.
#[derive(Debug, clap::Args)]
struct Place {
    /// The file of tokens; else `listen.tokens` of the settings
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl Place {
    fn file(&self) -> Result<PathBuf, Mistake> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        self.settings.all()?.service.tokens.ok_or_else(|| {
            Mistake::Usage(
                "no file of tokens is named: add --file FILE, or `tokens` below [listen] in the settings (--config)"
                    .into(),
            )
        })
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let is_fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    match text.bytes().all(is_fit) && (1..=64).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err("a name has 1 to 64 of A-Z a-z 0-9 . _ -"),
    }
}

fn scope(text: &str) -> Result<Scope, &'static str> {
    Scope::from_word(text).ok_or("a scope is one of ingest, read, review, admin")
}

fn client(text: &str) -> Result<String, &'static str> {
    // What stands in the file is one word, and commas part the clients.
    let is_fit = |c: char| !c.is_whitespace() && !c.is_control() && c != '#';
    match !text.is_empty() && text.chars().all(is_fit) {
        true => Ok(text.to_owned()),
        false => Err("a client is a name without blanks, or * for all"),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::New { name, scopes, clients, place } => new(&place.file()?, name, scopes, clients),
        Command::List { place } => list(&place.file()?),
        Command::Revoke { name, place } => revoke(&place.file()?, name),
    }
}

fn new(file: &Path, name: &str, scopes: &[Scope], clients: &[String]) -> anyhow::Result<Exit> {
    if clients.len() > 1 && clients.iter().any(|client| client == "*") {
        return Err(Mistake::Usage("`*` is all clients: name no others beside it".into()).into());
    }
    let mut lines = lines(file)?;
    if lines.iter().any(|line| name_of(line) == Some(name)) {
        let shown = file.display();
        return Err(Mistake::Usage(format!(
            "there is a token `{name}` in {shown}: take another name, or revoke that one first"
        ))
        .into());
    }
    let token = random()?;
    let hash = TokenHash::of(&token).context("cannot hash the token")?;
    let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    lines.push(format!("{name} {hash} {} {}", words.join(","), clients.join(",")));
    replace(file, &lines)?;
    // The file as a whole is what the service will read: better told now what is wrong with it.
    tokens(file)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{token}")?;
    out.flush()?;
    writeln!(
        io::stderr(),
        "foreshock: this is shown once; its hash is in {}. A running service takes it up with `systemctl reload foreshock`",
        file.display()
    )?;
    Ok(Exit::Ok)
}

fn list(file: &Path) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    for line in lines(file)? {
        if name_of(&line).is_none() {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [name, _, scopes, clients] = words[..] {
            let row = format!("{name}  {scopes}  {clients}");
            writeln!(out, "{}", outputs::safe::text(&row))?;
        }
    }
    out.flush()?;
    tokens(file).map(|_| Exit::Ok)
}

fn revoke(file: &Path, name: &str) -> anyhow::Result<Exit> {
    let mut lines = lines(file)?;
    let before = lines.len();
    lines.retain(|line| name_of(line) != Some(name));
    if lines.len() == before {
        let shown = file.display();
        return Err(Mistake::Usage(format!(
            "there is no token `{name}` in {shown}: `foreshock token list` shows those there are"
        ))
        .into());
    }
    replace(file, &lines)?;
    writeln!(
        io::stderr(),
        "foreshock: `{name}` is out of {}; a running service refuses it after `systemctl reload foreshock`",
        file.display()
    )?;
    Ok(Exit::Ok)
}

/// The name of the token that a line is about; `None` for remarks and blank lines.
fn name_of(line: &str) -> Option<&str> {
    line.split_whitespace().next().filter(|name| !name.starts_with('#'))
}

fn lines(file: &Path) -> anyhow::Result<Vec<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// Puts these lines in the place of the file; who reads it sees the old ones or the new ones.
fn replace(file: &Path, lines: &[String]) -> anyhow::Result<()> {
    let shown = file.display();
    let part = file.with_extension("part");
    let write = || {
        let mut options = OpenOptions::new();
        let mut new = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        // Who could read the old one (a service under another name) can read the new one.
        if let Ok(metadata) = fs::metadata(file) {
            new.set_permissions(metadata.permissions())?;
        }
        for line in lines {
            writeln!(new, "{line}")?;
        }
        new.sync_data()?;
        fs::rename(&part, file)
    };
    write().with_context(|| format!("cannot write {shown}"))
}

/// A token, by chance.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    let source = fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    source.context("cannot get random bytes from /dev/urandom")?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{PREFIX}{hex}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_found_and_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        fs::write(&file, "# ours\n").unwrap();
        let all = ["*".to_owned()];
        new(&file, "me", &[Scope::Read, Scope::Ingest], &all).unwrap();
        new(&file, "shipper", &[Scope::Ingest], &["acme".into(), "beta".into()]).unwrap();
        let read = tokens(&file).unwrap();
        assert_eq!(read.0.len(), 2);
        assert!(read.0[0].1.covers("any") && !read.0[1].1.covers("any"));
        assert!(new(&file, "me", &[Scope::Read], &all).is_err(), "a name twice");
        revoke(&file, "me").unwrap();
        assert!(revoke(&file, "me").is_err(), "twice");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# ours\nshipper blake3:") && text.lines().count() == 2, "{text}");
    }

    #[test]
    fn no_two_tokens_are_alike_and_none_is_kept() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert!(one != other && one.len() == PREFIX.len() + 2 * TOKEN_BYTES);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        new(&file, "a", &[Scope::Read], &["*".into()]).unwrap();
        assert!(!fs::read_to_string(&file).unwrap().contains(PREFIX));
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
