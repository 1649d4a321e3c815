//! A catalogue → what is wrong with it, in words for whoever wrote it. Pure: the same for our files and for
//! those of users.

use super::fill::{EVERY, Piece, pieces};
use super::schema::{CheckRule, Family};
use model::{BlankKind, Shell};

/// Blanks that every command may have; our own words fill them.
const OWN: [&str; 5] = ["began", "since", "until", "host", "service"];

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The family.
    pub family: String,
    /// The check, from 1; none where it is about the family.
    pub check: Option<usize>,
    /// What is wrong, and what to do.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.check {
            Some(n) => write!(f, "{}, check {n}: {}", self.family, self.what),
            None => write!(f, "{}: {}", self.family, self.what),
        }
    }
}

/// What is wrong with a family.
pub fn lint(family: &Family) -> Vec<Problem> {
    let name = family.family.as_str();
    let told =
        |check: Option<usize>, what: String| Problem { family: name.to_owned(), check, what };
    let mut problems: Vec<Problem> = of_family(family).into_iter().map(|w| told(None, w)).collect();
    for (at, check) in family.check.iter().enumerate() {
        problems.extend(of_check(family, check).into_iter().map(|w| told(Some(at + 1), w)));
    }
    problems
}

fn of_family(family: &Family) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = &family.family;
    if name.is_empty()
        || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        wrong.push("`family` is made of small letters, digits and `-`".to_owned());
    }
    for (key, is_empty) in [
        ("title", family.title.trim().is_empty()),
        ("platform", family.platform.trim().is_empty()),
        ("follows", family.follows.is_empty()),
        ("counter", family.counter.is_empty()),
        ("when", family.when.is_empty()),
    ] {
        wrong.extend(is_empty.then(|| format!("`{key}` is empty")));
    }
    if family.check.len() < 2 {
        wrong.push("has fewer than two checks".to_owned());
    }
    if family.check.iter().filter(|c| c.words.is_empty() && c.types.is_empty()).count() < 2 {
        wrong.push("has fewer than two checks that fit any message of it".to_owned());
    }
    for when in &family.when {
        let is_empty =
            [&when.programs, &when.codes, &when.any, &when.all].iter().all(|l| l.is_empty());
        wrong.extend(
            is_empty
                .then(|| "a `when` without programs, codes, any or all fits nothing".to_owned()),
        );
        let texts = [&when.programs, &when.codes, &when.any, &when.all, &when.none];
        if texts.into_iter().flatten().any(|text| text.trim_matches('*').trim().len() < 2) {
            wrong.push("an entry of `when` with fewer than two letters fits too much".to_owned());
        }
    }
    for (hole, rule) in &family.holes {
        let needs_cue = !matches!(
            rule.is,
            BlankKind::Address | BlankKind::Device | BlankKind::AtaPort | BlankKind::Unit
        );
        if needs_cue && rule.after.is_empty() {
            wrong.push(format!("the hole `{hole}` needs the words `after` which it stands"));
        }
        let is_used = family.check.iter().any(|check| names(check).contains(&hole.as_str()));
        wrong.extend((!is_used).then(|| format!("the hole `{hole}` stands in no command")));
        wrong.extend(OWN.contains(&hole.as_str()).then(|| format!("`{hole}` is filled already")));
    }
    wrong
}

fn names(check: &CheckRule) -> Vec<&str> {
    let command = check.command.as_deref().unwrap_or_default();
    let blank = |piece| match piece {
        Piece::Blank { name, .. } => Some(name),
        Piece::Text(_) => None,
    };
    pieces(command).into_iter().filter_map(blank).collect()
}

fn of_check(family: &Family, check: &CheckRule) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key, text) in [("text", &check.text), ("bad", &check.bad), ("source", &check.source)] {
        wrong.extend(text.trim().is_empty().then(|| format!("`{key}` is empty")));
        wrong
            .extend(text.contains(['\n', '\t']).then(|| format!("`{key}` has more than one line")));
    }
    let ends = |text: &str, ends: &[char]| text.trim_end().ends_with(ends);
    wrong.extend(
        (!ends(&check.text, &['.', '?'])).then(|| "`text` ends with no `.` or `?`".to_owned()),
    );
    wrong.extend(
        ends(&check.bad, &['.', '?']).then(|| "`bad` ends with a `.`: one is added".to_owned()),
    );
    let is_page = check.url.starts_with("https://") || check.url.starts_with("http://");
    wrong.extend((!is_page).then(|| "`url` is no address of a page".to_owned()));
    let Some(command) = &check.command else {
        return wrong;
    };
    let shell = check.shell.unwrap_or(family.shell);
    wrong.extend(command.contains('\n').then(|| "`command` has more than one line".to_owned()));
    for piece in pieces(command) {
        let Piece::Blank { name, inside } = piece else { continue };
        let hole = name.strip_suffix(EVERY).unwrap_or(name);
        let kind = family.holes.get(hole).map(|hole| hole.is);
        if kind.is_none() && !OWN.contains(&name) {
            wrong.push(format!("`{{{name}}}` is no hole of the family"));
        }
        let is_free = kind == Some(BlankKind::Word);
        if inside && is_free {
            wrong.push(format!(
                "`{{{name}}}` may hold anything and stands between quotes: take them away"
            ));
        }
    }
    wrong.extend(writes(shell, command).filter(|_| check.read_only));
    wrong
}

/// Words that change a system, by shell: a command with one of them is not read-only.
const WRITES: &[(Shell, &[&str])] = &[
    (
        Shell::Posix,
        &[
            "rm",
            "mv",
            "cp",
            "dd",
            "mkfs",
            "tee",
            "kill",
            "pkill",
            "killall",
            "reboot",
            "shutdown",
            "chmod",
            "chown",
            "truncate",
            "restart",
            "stop",
            "start",
            "enable",
            "disable",
            "--fix",
            "--repair",
            "mkdir",
            "rmdir",
            "sysctl -w",
            "apt",
            "dnf",
            "reload",
            "flush",
            "drop",
            "delete",
            "truncate",
        ],
    ),
    (
        Shell::Powershell,
        &[
            "Set-", "Remove-", "Restart-", "Stop-", "Start-", "New-", "Disable-", "Enable-",
            "Clear-", "Repair-", "Install-",
        ],
    ),
    (Shell::Cmd, &["del", "net stop", "net start", "sc stop", "sc start", "shutdown", "format"]),
    (
        Shell::Cli,
        &[
            "configure",
            "reload",
            "clear",
            "write",
            "set",
            "no",
            "delete",
            "reboot",
            "reset",
            "debug",
        ],
    ),
];

fn writes(shell: Shell, command: &str) -> Option<String> {
    if shell == Shell::Posix && redirects(command) {
        return Some(
            "a read-only command writes no file: `>` is allowed towards /dev/null only".into(),
        );
    }
    // What stands between quotes is a pattern or a query.
    let command = &unquoted(command);
    let words: Vec<&str> = command.split([' ', ';', '|', '&', '(', ')']).collect();
    let list = WRITES.iter().find(|(s, _)| *s == shell).map_or(&[][..], |(_, list)| list);
    let has = |word: &str| match (word.contains(' '), word.ends_with('-')) {
        (true, _) => command.contains(word),
        (_, true) => words.iter().any(|w| w.starts_with(word)),
        _ => words.contains(&word),
    };
    let found = list.iter().find(|word| has(word))?;
    Some(format!("`{found}` changes a system: say `read_only = false`, or leave it out"))
}

/// A `>` outside of quotes that leads anywhere but to /dev/null or another stream.
fn redirects(command: &str) -> bool {
    let command = unquoted(command);
    command.match_indices('>').any(|(at, _)| {
        let rest = command[at + 1..].trim_start_matches('>').trim_start();
        !rest.starts_with("/dev/null") && !rest.starts_with('&')
    })
}

/// A command without what stands between quotes.
fn unquoted(command: &str) -> String {
    let mut quote = None;
    let mut is_outside = |c: char| match c {
        '\'' | '"' if quote.is_none() => {
            quote = Some(c);
            false
        }
        c if quote == Some(c) => {
            quote = None;
            false
        }
        _ => quote.is_none(),
    };
    command.chars().filter(|c| is_outside(*c)).collect()
}
