//! A value from a log → a word of a command line that means this value and nothing else, in the shell that
//! will read it; nothing where that shell has no sure way to say it.
//!
//! | shell | a plain value | any other value |
//! |---|---|---|
//! | POSIX sh | as it is | in single quotes, `'` as `'\''` (POSIX.1-2024 XCU 2.2.2) |
//! | PowerShell | as it is | in single quotes, `'` doubled (about_Quoting_Rules); no typographic quotes, which it reads as `'` |
//! | cmd.exe | as it is | never: `%name%` is replaced even inside quotes |
//! | CLI of a device | as it is | never: each reads quotes, `?`, `!` and `|` in its own way |
//!
//! A leading `-` would be an option of the program, whatever the quotes; control characters and those that
//! change how a line looks could hide what is pasted. Such values are never filled in.

use model::Shell;

/// Letters of a value; longer ones are no name of anything that is asked about.
const LETTERS_MAX: usize = 128;

/// A value that no shell reads as anything else: letters, digits and a few marks.
pub(crate) fn is_plain(value: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:/@+-".contains(c);
    is_sayable(value) && value.chars().all(is_plain)
}

/// Whether a value may stand in a command at all.
pub(super) fn is_sayable(value: &str) -> bool {
    let hides = |c: char| {
        c.is_control()
            || c == char::REPLACEMENT_CHARACTER
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    !value.is_empty()
        && value.chars().count() <= LETTERS_MAX
        && !value.starts_with(['-', '+', '@', '~'])
        && !value.chars().any(hides)
}

/// The word that stands for a value. `inside` says that it stands between quotes of the command itself, where
/// only a plain value is the same inside as outside.
pub(super) fn word(shell: Shell, value: &str, inside: bool) -> Option<String> {
    // In cmd.exe `/` begins an option.
    if shell == Shell::Cmd && value.starts_with('/') {
        return None;
    }
    if is_plain(value) {
        return Some(value.to_owned());
    }
    if inside || !is_sayable(value) {
        return None;
    }
    match shell {
        Shell::Posix => Some(format!("'{}'", value.replace('\'', r"'\''"))),
        Shell::Powershell => {
            let is_quote = |c: char| ('\u{2018}'..='\u{201f}').contains(&c);
            (!value.contains(is_quote)).then(|| format!("'{}'", value.replace('\'', "''")))
        }
        Shell::Cmd | Shell::Cli => None,
    }
}

/// What stands in a command for a value that is not known: visible, and harmless when pasted.
pub(super) fn placeholder(shell: Shell, name: &str, inside: bool) -> String {
    match (shell, inside) {
        // `<name>` alone would be read as a redirection.
        (Shell::Posix | Shell::Powershell, false) => format!("'<{name}>'"),
        (Shell::Cmd, false) => format!("\"<{name}>\""),
        _ => format!("<{name}>"),
    }
}
