//! One TOML file → one family as plain values. Unknown keys are errors: a misspelt key would be a check
//! that never applies. What the keys mean is written for people in docs/checks.md.

use model::{BlankKind, CandidateType, Shell};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Programs that are checked in the same way, and what a senior technician knows of them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name, as the file's: small letters, digits, `-`.
    pub family: String,
    /// What it is called in sentences.
    pub title: String,
    /// The platform that its commands are for, unless a check says otherwise.
    pub platform: String,
    /// The shell that reads its commands, unless a check says otherwise.
    pub shell: Shell,
    /// What typically follows if nothing is done.
    pub follows: Vec<String>,
    /// Counter-evidence: what would change the mind.
    pub counter: Vec<String>,
    /// What it does not prove that nothing more comes, as the end of a sentence; for what is quiet while it is broken.
    #[serde(default)]
    pub quiet: Option<String>,
    /// By what it is recognised: any of these rules.
    pub when: Vec<When>,
    /// The blanks of its commands, by name.
    #[serde(default)]
    pub holes: BTreeMap<String, HoleRule>,
    /// The checks, the most useful first.
    pub check: Vec<CheckRule>,
}

impl Family {
    /// Whether it is known by what is said alone, whatever the program.
    pub fn is_of_words(&self) -> bool {
        self.when.iter().all(|when| when.programs.is_empty() && when.codes.is_empty())
    }
}

/// One way to recognise a family: all that is given must hold; of each list one entry is enough, but for `all`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Names of programs; `*` at an end stands for anything.
    #[serde(default)]
    pub programs: Vec<String>,
    /// Beginnings of message codes, e.g. `%ASA-`: of the message, or of the program's name.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Phrases of the message's template, of which one must stand in it.
    #[serde(default)]
    pub any: Vec<String>,
    /// Phrases that must all stand in it.
    #[serde(default)]
    pub all: Vec<String>,
    /// Phrases that must not stand in it.
    #[serde(default)]
    pub none: Vec<String>,
}

/// Where the value of a blank is found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoleRule {
    /// What it is; the value must have this form.
    pub is: BlankKind,
    /// The words right before it. Without any, the first value of this form is taken, for forms that can be
    /// told by themselves.
    #[serde(default)]
    pub after: Vec<String>,
    /// What it points to that the lines of one item name several of these, as the end of a sentence.
    #[serde(default)]
    pub several: Option<String>,
}

/// On which machine a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// The one that the item is about.
    #[default]
    Host,
    /// The one at the other end: a peer, a client, a server; the text says which.
    OtherSide,
    /// Any machine that has the tool and reaches the host.
    Anywhere,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRule {
    /// What to look at, as a sentence or question.
    pub text: String,
    /// The exact command; `{name}` is a blank.
    #[serde(default)]
    pub command: Option<String>,
    /// What a bad answer looks like.
    pub bad: String,
    /// Where the command runs.
    #[serde(default)]
    pub on: On,
    /// It changes nothing.
    #[serde(default = "yes")]
    pub read_only: bool,
    /// The candidate types it is for; empty for all.
    #[serde(default)]
    pub types: Vec<CandidateType>,
    /// Phrases of the template, of which one must stand in it; empty for any message.
    #[serde(default)]
    pub words: Vec<String>,
    /// The platform, where it is not the family's.
    #[serde(default)]
    pub platform: Option<String>,
    /// The shell, where it is not the family's.
    #[serde(default)]
    pub shell: Option<Shell>,
    /// Who says so: a man page, a vendor's page.
    pub source: String,
    /// Where that stands.
    pub url: String,
    /// How the command was checked.
    #[serde(default)]
    pub verified: Verified,
}

/// How a command was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// Its words were compared with the tool's own help or man page; a test does so again where they are.
    Manual,
    /// Its words were compared by hand with what its vendor publishes: a page, or the source of its tools.
    Vendor,
    /// From experience only.
    #[default]
    Not,
}

fn yes() -> bool {
    true
}

/// Reads one file.
///
/// # Errors
/// What is wrong, with its place.
pub fn parse(text: &str) -> Result<Family, String> {
    let mut family: Family =
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    // Messages are compared in small letters.
    let whens = family.when.iter_mut();
    let rules =
        whens.flat_map(|w| [&mut w.programs, &mut w.codes, &mut w.any, &mut w.all, &mut w.none]);
    let phrases = rules.chain(family.check.iter_mut().map(|check| &mut check.words));
    phrases.flatten().for_each(|phrase| phrase.make_ascii_lowercase());
    Ok(family)
}
