//! The options that commands use exist: compared with the manual pages and the help of the tools, where
//! they are on this machine or below the folder that FORESHOCK_TOOLS names (unpacked packages). Nothing is
//! installed, and of a program nothing but `--help` is run.

use engine::checks::{Catalogue, Verified, command};
use model::Shell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the shell does by itself, and small filters whose options every system has (POSIX).
const NOT_ASKED: &[&str] = &[
    "cd", "echo", "printf", "read", "for", "while", "do", "done", "if", "then", "fi", "test", "[",
    "cat", "wc", "sort", "uniq", "head", "tail", "cut", "tr", "paste", "awk", "sed", "uptime",
    "who", "uname", "hostname",
];

/// Options that a program hands on: where they are described.
const ELSEWHERE: &[(&str, &[&str])] = &[("apachectl", &["apache2", "httpd"])];

/// Options that no page of Debian describes, compared by hand: the page of etcdctl is of its second API.
const BY_HAND: &[(&str, &str)] =
    &[("etcdctl", "--cluster"), ("apachectl", "-S"), ("apachectl", "-V")];

/// Programs whose subcommands have a help of their own.
const WITH_SUBCOMMANDS: &[&str] = &["kubectl", "docker"];

/// A command line → its simple commands, each a list of words without quotes.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let (mut all, mut words, mut word) = (Vec::new(), Vec::new(), String::new());
    let (mut quote, mut is_word) = (None, false);
    let mut letters = line.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            c if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => {
                quote = Some(c);
                is_word = true;
            }
            '\\' if quote != Some('\'') => word.extend(letters.next()),
            c if quote.is_some() => word.push(c),
            // `2>&1` starts no program.
            '&' if word.ends_with('>') => word.push(c),
            ' ' | ';' | '|' | '&' | '(' | ')' => {
                if !word.is_empty() || is_word {
                    words.push(std::mem::take(&mut word));
                    is_word = false;
                }
                if c != ' ' && !words.is_empty() {
                    all.push(std::mem::take(&mut words));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() || is_word {
        words.push(word);
    }
    all.push(words);
    all
}

/// The programs of a command line with their words: what `sudo`, `xargs` and loops start is theirs.
fn programs(line: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for words in simple_commands(line) {
        let mut words = &words[..];
        loop {
            match words {
                [first, rest @ ..]
                    if matches!(first.as_str(), "do" | "if" | "then" | "!" | "while" | "{") =>
                {
                    words = rest
                }
                [first, rest @ ..] if first.contains('=') && !first.starts_with('-') => {
                    words = rest
                }
                [sudo, option, _, rest @ ..] if sudo == "sudo" && option == "-u" => words = rest,
                [sudo, rest @ ..] if sudo == "sudo" => words = rest,
                [xargs, rest @ ..] if xargs == "xargs" => {
                    let mut rest = rest;
                    while let [option, behind @ ..] = rest {
                        let takes_value = option == "-n";
                        rest = match option.starts_with('-') {
                            true if takes_value => &behind[1..],
                            true => behind,
                            false => break,
                        };
                    }
                    words = rest;
                }
                _ => break,
            }
        }
        if let [program, rest @ ..] = words {
            let name = program.rsplit('/').next().unwrap_or(program);
            if !NOT_ASKED.contains(&name) && !name.starts_with(['$', '<', '>', '2', '}']) {
                found.push((name.to_owned(), rest.to_vec()));
            }
        }
    }
    found
}

/// What is known of a program: its manual pages and those of its subcommands, and its help.
struct Manuals {
    known: BTreeMap<String, Option<String>>,
    roots: Vec<PathBuf>,
}

impl Manuals {
    fn new() -> Manuals {
        let named = std::env::var_os("FORESHOCK_TOOLS").map(PathBuf::from);
        let roots = named.into_iter().chain([PathBuf::from("/")]);
        let folders =
            roots.flat_map(|root| ["usr/share/man", "usr/local/share/man"].map(|f| root.join(f)));
        Manuals { known: BTreeMap::new(), roots: folders.collect() }
    }

    /// The text about a program used with these words; `None` where neither is here.
    fn of(&mut self, program: &str, words: &[String]) -> Option<String> {
        let is_word = |w: &&String| {
            w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && !w.starts_with('-')
        };
        let mut names = vec![program.to_owned()];
        for word in words.iter().filter(is_word).take(3) {
            names.push(format!("{program}-{word}"));
        }
        let others = ELSEWHERE.iter().filter(|(name, _)| *name == program);
        names.extend(others.flat_map(|(_, others)| others.iter().map(|n| (*n).to_owned())));
        let mut texts: Vec<String> = names.iter().filter_map(|name| self.page(name)).collect();
        if let Some(word) =
            words.iter().find(is_word).filter(|_| WITH_SUBCOMMANDS.contains(&program))
        {
            texts.extend(help(program, &[word, "--help"]));
        }
        (!texts.is_empty()).then(|| texts.join("\n"))
    }

    fn page(&mut self, name: &str) -> Option<String> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let mut text = String::new();
        for root in &self.roots {
            for section in ["man1", "man8"] {
                let Ok(entries) = std::fs::read_dir(root.join(section)) else { continue };
                for path in entries.flatten().map(|entry| entry.path()) {
                    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let stem = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
                    // Some have two owners: `sar.sysstat.1.gz`.
                    let section = stem.map(|rest| rest.rsplit_once(".1").map_or(rest, |_| "1"));
                    if section.is_some_and(|rest| rest.starts_with(['1', '8'])) {
                        text += &manual(&path);
                    }
                }
            }
        }
        if text.is_empty() {
            text = help(name, &["--help"]).unwrap_or_default();
        }
        let found = (!text.is_empty()).then_some(text);
        self.known.insert(name.to_owned(), found.clone());
        found
    }
}

/// A manual page without its typesetting.
fn manual(path: &Path) -> String {
    let is_packed = path.extension().is_some_and(|end| end == "gz");
    let read = if is_packed { "zcat" } else { "cat" };
    let told = Command::new(read).arg(path).stderr(Stdio::null()).output();
    let text =
        told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned()).unwrap_or_default();
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match letters.next() {
            Some('f') => match letters.next() {
                Some('[') => letters.by_ref().take_while(|c| *c != ']').for_each(drop),
                Some('(') => letters.by_ref().take(2).for_each(drop),
                _ => {}
            },
            Some('-') => plain.push('-'),
            Some('(') => {
                let name: String = letters.by_ref().take(2).collect();
                plain.push_str(if name == "hy" || name == "mi" { "-" } else { "" });
            }
            Some('&' | '/' | ',' | '|' | '^' | 'c') | None => {}
            Some(other) => plain.push(other),
        }
    }
    // mdoc writes options as `.Fl a`, and joins letters as `.Fl ab`.
    plain.replace("Fl Fl ", "--").replace("Fl ", "-").replace(" Ns ", "")
}

/// What a program says of itself, where it is on this machine.
fn help(name: &str, words: &[&str]) -> Option<String> {
    let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];
    let path = folders.iter().map(|folder| Path::new(folder).join(name)).find(|p| p.is_file())?;
    let told = Command::new(path).args(words).stdin(Stdio::null()).output().ok()?;
    let text = [told.stdout, told.stderr].concat();
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Whether an option stands in a text: as it is, or as letters that may stand together.
fn is_told(option: &str, text: &str) -> bool {
    let whole = option.split('=').next().unwrap_or(option);
    let has = |option: &str| {
        text.match_indices(option).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + option.len()..].chars().next();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
                && !after.is_some_and(|c| c.is_ascii_alphabetic())
        })
    };
    if has(whole) || (whole.len() == 2 && text.contains(&format!("[{whole}"))) {
        return true;
    }
    let letters = &whole[1..];
    !whole.starts_with("--")
        && letters.chars().take_while(|c| c.is_ascii_alphabetic()).count() > 0
        && letters.chars().take_while(|c| c.is_ascii_alphabetic()).all(|c| {
            let in_synopsis = text.split(['[', ' ', '\n', '"']).any(|w| {
                w.strip_prefix('-').is_some_and(|w| {
                    !w.starts_with('-')
                        && w.split(']').next().unwrap_or(w).contains(c)
                        && w.len() < 40
                })
            });
            has(&format!("-{c}")) || in_synopsis
        })
}

#[test]
fn options_of_commands_exist() {
    let mut manuals = Manuals::new();
    let (mut wrong, mut asked, mut absent) = (Vec::new(), 0, BTreeMap::new());
    for family in Catalogue::built_in().families() {
        for (at, rule) in family.check.iter().enumerate() {
            let shell = rule.shell.unwrap_or(family.shell);
            let (Some(template), Shell::Posix) = (&rule.command, shell) else { continue };
            let line = command(template, shell, &|_| Some("x".to_owned()));
            let mut is_known = true;
            let mut is_wrong = false;
            for (program, words) in programs(&line) {
                let Some(text) = manuals.of(&program, &words) else {
                    *absent.entry(program).or_insert(0) += 1;
                    is_known = false;
                    continue;
                };
                let options = words.iter().take_while(|w| *w != "--");
                for option in
                    options.filter(|w| w.len() > 1 && w.starts_with('-') && !w.starts_with("-%"))
                {
                    let is_number = option[1..].starts_with(|c: char| c.is_ascii_digit());
                    asked += 1;
                    let is_by_hand = BY_HAND.contains(&(program.as_str(), option.as_str()));
                    if !is_number && !is_by_hand && !is_told(option, &text) {
                        is_wrong = true;
                        wrong.push(format!(
                            "{}, check {}: {program} has no {option}",
                            family.family,
                            at + 1
                        ));
                    }
                }
            }
            // For whoever marks the checks: FORESHOCK_TOOLS=… cargo test … -- --nocapture.
            if is_known && !is_wrong {
                println!("KNOWN {} {} {:?}", family.family, at + 1, rule.verified);
            } else if rule.verified == Verified::Manual {
                println!("SKIP: {} {}: its tools are not here", family.family, at + 1);
            }
        }
    }
    for (program, n) in absent {
        println!("SKIP: {program} is not on this machine ({n} commands)");
    }
    println!("{asked} options compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
