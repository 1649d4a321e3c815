//! `foreshock token`: tokens of the API. A new one is shown once; its hash is all that is kept.

use super::{Exit, Mistake, Settings};
use crate::config::did_you_mean;
use crate::runtime::serve::tokens;
use anyhow::Context;
use outputs::rest::{Scope, TENANT_RULE, Tenants, TokenHash, is_tenant};
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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
        let tokens = self.settings.of_service()?.service.tokens;
        tokens.ok_or_else(|| {
            Mistake::Usage(
                "no file of tokens is named: add --file FILE, or `tokens` below [listen] in the settings (--config)"
                    .into(),
            )
        })
    }

    /// The clients that the settings and other tokens name; none, where there are no settings to know them.
    fn known(&self, file: &Path) -> Result<BTreeSet<String>, Mistake> {
        let settings = self.settings.of_service()?;
        let service = &settings.service;
        if settings.origins.is_empty() {
            return Ok(BTreeSet::new());
        }
        let own = service.clients.iter().map(|client| &client.name);
        let named = own.chain(service.networks.iter().map(|(_, client)| client));
        let mut known: BTreeSet<String> = named.map(ToString::to_string).collect();
        known.insert(service.tenant.to_string());
        // What is wrong with the file is told when the token is put into it.
        for (_, grant) in tokens(file).map(|tokens| tokens.0).unwrap_or_default() {
            if let Tenants::Only(clients) = &grant.tenants {
                known.extend(clients.iter().map(ToString::to_string));
            }
        }
        Ok(known)
    }
}

/// What to say of a client that nothing names.
fn unknown(client: &str, known: &BTreeSet<String>) -> Option<String> {
    if known.is_empty() || client == "*" || known.contains(client) {
        return None;
    }
    let hint = did_you_mean(client, known.iter().map(String::as_str));
    let end = if hint.is_empty() { "." } else { "" };
    Some(format!("the settings know no client `{client}`{hint}{end} This token makes it one"))
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

fn client(text: &str) -> Result<String, String> {
    match text == "*" || is_tenant(text) {
        true => Ok(text.to_owned()),
        false => Err(format!("{TENANT_RULE}; * is all clients")),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::New { name, scopes, clients, place } => {
            let file = place.file()?;
            let known = place.known(&file)?;
            let exit = new(&file, name, scopes, clients)?;
            for told in clients.iter().filter_map(|client| unknown(client, &known)) {
                writeln!(io::stderr(), "foreshock: {told}")?;
            }
            Ok(exit)
        }
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
        let old = fs::metadata(file).ok();
        if let Some(old) = &old {
            new.set_permissions(old.permissions())?;
        }
        give(&new, file, old)?;
        for line in lines {
            writeln!(new, "{line}")?;
        }
        new.sync_data()?;
        fs::rename(&part, file)
    };
    write().with_context(|| format!("cannot write {shown}"))
}

/// Gives a new file to whom the old one belonged; a first one to whom its folder belongs, so that what root makes in the
/// folder of a service can be read by the service.
fn give(new: &fs::File, file: &Path, old: Option<fs::Metadata>) -> io::Result<()> {
    let is_first = old.is_none();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let like = old.map_or_else(|| fs::metadata(folder.unwrap_or(Path::new("."))), Ok)?;
    let own = new.metadata()?;
    if (own.uid(), own.gid()) == (like.uid(), like.gid()) {
        return Ok(());
    }
    match std::os::unix::fs::fchown(new, Some(like.uid()), Some(like.gid())) {
        // Who is not root keeps what he makes.
        Err(_) if is_first || own.uid() == like.uid() => Ok(()),
        given => given,
    }
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
    fn the_file_belongs_to_whom_its_folder_belongs() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("tokens"), Some(12_345));
        if std::os::unix::fs::chown(folder.path(), other, other).is_err() {
            println!("skipped: who is not root gives nothing away");
            return;
        }
        let of = || fs::metadata(&file).map(|file| (file.uid(), file.gid())).unwrap();
        new(&file, "a", &[Scope::Read], &["*".into()]).unwrap();
        assert_eq!(of(), (12_345, 12_345));
        std::os::unix::fs::chown(&file, Some(23_456), Some(0)).unwrap();
        revoke(&file, "a").unwrap();
        assert_eq!(of(), (23_456, 0), "the old one's, where there is one");
    }

    #[test]
    fn a_client_that_nothing_names_is_told() {
        let known: BTreeSet<String> = ["acme", "beta"].map(str::to_owned).into();
        let told = unknown("acmee", &known).unwrap();
        assert_eq!(
            told,
            "the settings know no client `acmee`; did you mean `acme`? This token makes it one"
        );
        assert_eq!(
            unknown("other", &known).unwrap(),
            "the settings know no client `other`. This token makes it one"
        );
        assert_eq!((unknown("acme", &known), unknown("*", &known)), (None, None));
        assert_eq!(unknown("any", &BTreeSet::new()), None, "without settings nobody knows");
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
