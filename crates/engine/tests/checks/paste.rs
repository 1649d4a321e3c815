//! Whatever a log line put into a blank, the pasted command is the same command with the same words: asked
//! of a real shell, which splits and expands the command but runs nothing.

use engine::checks::{Catalogue, CheckRule, Family, Piece, command, pieces};
use model::Shell;
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;

/// Fills every blank with this value.
fn filled(rule: &CheckRule, shell: Shell, value: &str) -> String {
    command(rule.command.as_deref().unwrap(), shell, &|_| Some(value.to_owned()))
}

fn shell_of(family: &Family, rule: &CheckRule) -> Shell {
    rule.shell.unwrap_or(family.shell)
}

fn commands(shell: Shell) -> Vec<&'static CheckRule> {
    let families = Catalogue::built_in().families().iter();
    let rules = families.flat_map(|f| f.check.iter().map(move |rule| (f, rule)));
    let of_shell = rules.filter(|(f, rule)| shell_of(f, rule) == shell && rule.command.is_some());
    of_shell.map(|(_, rule)| rule).collect()
}

fn has_blanks(rule: &&CheckRule) -> bool {
    let command = rule.command.as_deref().unwrap();
    pieces(command).iter().any(|piece| matches!(piece, Piece::Blank { .. }))
}

/// The words of each program that a shell would start, sorted: the stages of a pipe start in any order.
/// No program is found, so that a handler tells the words instead.
fn words(script: &str) -> Vec<String> {
    let told = Command::new("/bin/bash")
        .env_clear()
        .env("PATH", "/nonexistent")
        .args(["--norc", "--noprofile", "-c"])
        .arg(format!(
            "exec 3>&1 2>/dev/null </dev/null\n\
             command_not_found_handle() {{ local IFS=$'\\x1f'; printf '%s\\x1e' \"$*\" >&3; }}\n{script}"
        ))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let mut words: Vec<String> = text.split('\u{1e}').map(str::to_owned).collect();
    words.sort();
    words
}

/// What people and attackers write.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "'",
        "\"",
        "`id`",
        "$(id)",
        "${HOME}",
        "$IFS",
        ";",
        "|",
        "&",
        "&&",
        ">",
        "<",
        "\n",
        "\r",
        "\t",
        " ",
        "\\",
        "\u{1b}[2J",
        "\u{202e}",
        "*",
        "?",
        "~",
        "!",
        "#",
        "-rf",
        "--",
        "{a,b}",
        "()",
        "%TEMP%",
        "^",
        "\u{2019}",
        "=",
        "[",
        "]",
        "admin",
        "10.0.0.1",
        "eth0",
        "ä",
        "\0",
        "\u{7f}",
        "\u{feff}",
        "EOF",
        "''",
        "\\'",
    ]);
    prop::collection::vec(parts, 1..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_hostile_value_changes_no_command_of_a_shell(value in hostile(), pick in any::<prop::sample::Index>()) {
        if !Path::new("/bin/bash").exists() {
            println!("SKIP: no bash here");
            return Ok(());
        }
        let rules: Vec<&CheckRule> = commands(Shell::Posix).into_iter().filter(has_blanks).collect();
        let rule = rules[pick.index(rules.len())];
        let asked = filled(rule, Shell::Posix, &value);
        // Each blank holds the value or shows its name; both are one word that is not read again.
        let marked = command(rule.command.as_deref().unwrap(), Shell::Posix, &|name| Some(format!("MARK_{name}_")));
        let mut expected = words(&marked);
        for piece in pieces(rule.command.as_deref().unwrap()) {
            let Piece::Blank { name, inside } = piece else { continue };
            let alone = if inside { format!("\"{{{name}}}\"") } else { format!("{{{name}}}") };
            let word = command(&alone, Shell::Posix, &|_| Some(value.clone()));
            let is_filled = !word.contains(&format!("<{name}>"));
            let told = if is_filled { value.clone() } else { format!("<{name}>") };
            expected.iter_mut().for_each(|w| *w = w.replace(&format!("MARK_{name}_"), &told));
        }
        expected.sort();
        prop_assert_eq!(words(&asked), expected, "{}", asked);
        prop_assert!(!asked.chars().any(|c| c.is_control()), "{:?}", asked);
    }

    /// PowerShell's own rule, read back: a word in single quotes, in which two stand for one.
    #[test]
    fn a_hostile_value_is_one_word_of_powershell(value in hostile()) {
        let told = command("x {name}", Shell::Powershell, &|_| Some(value.clone()));
        let word = told.strip_prefix("x ").unwrap();
        let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "._:/@+-".contains(c));
        if is_plain {
            prop_assert!(!word.starts_with(['-', '@', '+']), "{}", word);
            prop_assert_eq!(word, value);
        } else {
            let inside = word.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')).unwrap();
            let is_quote = |c: char| ('\u{2018}'..='\u{201f}').contains(&c);
            prop_assert!(!inside.replace("''", "").contains('\'') && !inside.contains(is_quote), "{}", word);
            prop_assert!(inside == "<name>" || inside.replace("''", "'") == value, "{}", word);
        }
    }

    /// Command lines without sure quotes are given plain values only.
    #[test]
    fn a_hostile_value_never_reaches_a_device(value in hostile()) {
        for shell in [Shell::Cli, Shell::Cmd] {
            let told = command("show {name}", shell, &|_| Some(value.clone()));
            let word = told.strip_prefix("show ").unwrap().trim_matches('"');
            let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "._:/@+-".contains(c));
            prop_assert!(word == "<name>" || (is_plain && !word.starts_with('-')), "{}", told);
        }
    }
}

#[test]
fn a_shell_can_read_every_command() {
    for rule in commands(Shell::Posix) {
        for value in ["10.0.0.1", "it's; $(id) `id`"] {
            let script = filled(rule, Shell::Posix, value);
            let told = Command::new("sh").args(["-n", "-c", &script]).output().unwrap();
            assert!(told.status.success(), "{script}\n{}", String::from_utf8_lossy(&told.stderr));
        }
    }
}
