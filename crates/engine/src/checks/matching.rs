//! Service and template → how well a rule fits. A message code says more than a program's name, and that
//! more than words; a rule with several conditions more than one with few.

use super::schema::When;

/// What a code, a program and words are worth: no sum of lower ones reaches a higher one.
const CODE: u32 = 16;
/// In `codes`: any code of the form facility, severity, mnemonic, as network devices write them.
const SYSTEM_MESSAGE: &str = "%facility-severity-mnemonic";
const PROGRAM: u32 = 8;
const PROGRAM_PATTERN: u32 = 7;
const WORDS: u32 = 2;

/// A message as rules look at it: small letters, the program without path, extension and instance.
pub(super) struct Said {
    program: String,
    /// The program as it came, for names such as `su(pam_unix)`.
    service: String,
    text: String,
}

impl Said {
    pub(super) fn of(service: &str, template: &str) -> Said {
        let service = service.to_ascii_lowercase();
        Said { program: program(&service), service, text: template.to_ascii_lowercase() }
    }

    pub(super) fn has(&self, phrase: &str) -> bool {
        holds(&self.text, phrase)
    }
}

/// `/usr/sbin/cron[12]:` and `CRON.EXE` are `cron`.
fn program(service: &str) -> String {
    let name = service.trim().trim_end_matches(':');
    let name = name.split(['[', ' ']).next().unwrap_or(name);
    let is_path = name.starts_with('/') || name.contains('\\') || name.contains(":/");
    let name = if is_path { name.rsplit(['/', '\\']).next().unwrap_or(name) } else { name };
    name.strip_suffix(".exe").unwrap_or(name).to_owned()
}

/// How well a rule fits; `None` if it does not.
pub(super) fn strength(when: &When, said: &Said) -> Option<u32> {
    let mut strength = 0;
    if !when.codes.is_empty() {
        strength += when.codes.iter().filter_map(|code| has_code(said, code)).max()?;
    }
    if !when.programs.is_empty() {
        strength += when.programs.iter().filter_map(|name| names(name, said)).max()?;
    }
    if !when.any.is_empty() {
        when.any.iter().any(|phrase| said.has(phrase)).then_some(())?;
        strength += WORDS;
    }
    if !when.all.is_empty() {
        when.all.iter().all(|phrase| said.has(phrase)).then_some(())?;
        strength += WORDS;
    }
    let is_barred = when.none.iter().any(|phrase| said.has(phrase));
    (strength > 0 && !is_barred).then_some(strength)
}

fn names(pattern: &str, said: &Said) -> Option<u32> {
    let is = |name: &str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (None, None) => name == pattern,
    };
    let worth = if pattern.contains('*') { PROGRAM_PATTERN } else { PROGRAM };
    let named = !said.program.is_empty() && is(&said.program);
    (named || (!said.service.is_empty() && is(&said.service))).then_some(worth)
}

/// What a code that fits is worth. A code stands at the beginning of a word.
fn has_code(said: &Said, code: &str) -> Option<u32> {
    if code == SYSTEM_MESSAGE {
        let mut words = said.text.split_ascii_whitespace();
        return words.any(is_system_message).then_some(CODE - 1);
    }
    (said.service.starts_with(code) || holds(&said.text, code)).then_some(CODE)
}

/// A word such as `%LINEPROTO-5-UPDOWN:`, in small letters: facility, severity, mnemonic.
fn is_system_message(word: &str) -> bool {
    let Some(code) = word.trim_start_matches(['.', '*', ':']).strip_prefix('%') else {
        return false;
    };
    let is_name = |text: &str| {
        text.len() > 1
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/'))
    };
    let bytes = code.as_bytes();
    let is_severity = |at: usize| {
        bytes.get(at.wrapping_sub(1)) == Some(&b'-')
            && (b'0'..=b'7').contains(&bytes[at])
            && bytes.get(at + 1) == Some(&b'-')
    };
    let mnemonic = |at: usize| code[at + 2..].trim_end_matches(':').split(':').next().unwrap_or("");
    (1..bytes.len()).any(|at| is_severity(at) && is_name(&code[..at - 1]) && is_name(mnemonic(at)))
}

/// Whether a phrase stands in a text, both in small letters; `^` asks for the text's beginning. Else it must begin where a
/// word begins, and may end inside of one, so that `corrupt` finds `corruption`.
pub(super) fn holds(text: &str, phrase: &str) -> bool {
    if let Some(start) = phrase.strip_prefix('^') {
        return text.starts_with(start);
    }
    let begins_word = phrase.starts_with(|c: char| c.is_ascii_alphanumeric());
    let free =
        |at: usize| !begins_word || !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    !phrase.is_empty() && text.match_indices(phrase).any(|(at, _)| free(at))
}
