//! Results → results that can be handed on: what names machines, people and networks becomes a
//! pseudonym, the same one each time; functions, offsets, bus addresses and fingerprints stay.
//!
//! Numbered pseudonyms (`<mac-1>`) follow the order of appearance and mean nothing elsewhere; keyed
//! ones (`<mac-3f9a2c81>`) are equal in all results made with the key, and tell nothing without it.

use super::analyzer::Analysis;
use super::report::{BootSummary, Report};
use regex::{Captures, Regex};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// How pseudonyms are made.
#[derive(Debug, Clone)]
pub enum Pseudonyms {
    /// By order of appearance.
    Numbered,
    /// By a key that only those have who may join results.
    Keyed([u8; 32]),
}

/// Names shorter than this are words, not names.
const NAME_BYTES_MIN: usize = 3;

/// Kinds of secret by pattern: what is captured in group 1 is replaced, the rest stays.
static PATTERNS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let patterns: [(&str, &str); 14] = [
        ("mail", r"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)"),
        ("uuid", r"([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"),
        // Sixteen bytes without dashes: ids of machines and boots; 32 bytes: containers.
        ("id", r"(?:^|[^0-9a-fA-Fx])([0-9a-f]{64}|[0-9a-f]{32})(?:$|[^0-9a-fA-F])"),
        // Two addresses and a type in a row, as firewalls log them, or one.
        (
            "mac",
            r"(?:^|[^0-9a-fA-F:])((?:[0-9a-fA-F]{2}:){13}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})(?:$|[^0-9a-fA-F:])",
        ),
        ("mac", r"(?:^|[^0-9a-fA-F-])((?:[0-9a-fA-F]{2}-){5}[0-9a-fA-F]{2})(?:$|[^0-9a-fA-F-])"),
        (
            "serial",
            r"(?:SerialNumber|Serial Number|serial number|S/N|serialno|serial_no|Serial#|SN|cpuid|imei|IMEI|iSerial)[:= ]+([A-Za-z0-9][A-Za-z0-9._-]{3,})",
        ),
        ("serial", r"(?:wwn-|wwn=|naa\.|eui\.)(?:0x)?([0-9a-fA-F]{12,})"),
        ("ssid", r#"(?:SSID|ssid|ESSID|essid)[=: ]+['"]?([^'",\n]+)['"]?"#),
        ("user", r"(?:/home/|/Users/|/var/mail/|/run/media/)([A-Za-z0-9._-]+)"),
        ("user", r"(?:for user |user=|USER=|of user )([A-Za-z0-9._-]+)"),
        (
            "host",
            r"(?:[Hh]ostname (?:set )?(?:to|is) <?|hostname=|systemd\.hostname=|-h )([A-Za-z0-9][A-Za-z0-9.-]+)",
        ),
        (
            "secret",
            r"(?:[Pp]assword|[Pp]asswd|[Tt]oken|[Ss]ecret|psk|api_key|apikey)[=: ]+([^ \n,;]+)",
        ),
        (
            "ip",
            r"(?:^|[^0-9.])((?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3})(?:$|[^0-9.]|\.(?:$|[^0-9]))",
        ),
        (
            "ip",
            r"(?:^|[^0-9a-fA-F:.])((?:[0-9a-fA-F]{1,4}:){2,7}(?::|[0-9a-fA-F]{1,4})(?::?[0-9a-fA-F]{1,4}){0,6}|(?:[0-9a-fA-F]{1,4})?::(?:[0-9a-fA-F]{1,4}:){0,6}[0-9a-fA-F]{1,4})(?:$|[^0-9a-fA-F:.])",
        ),
    ];
    patterns.iter().filter_map(|(kind, p)| Some((*kind, Regex::new(p).ok()?))).collect()
});

/// Gives pseudonyms.
#[derive(Debug)]
pub struct Anonymiser {
    pseudonyms: Pseudonyms,
    given: BTreeMap<(&'static str, String), String>,
    counts: BTreeMap<String, u64>,
    /// Names found in their places, to be found elsewhere too.
    names: BTreeMap<String, &'static str>,
}

impl Anonymiser {
    /// One for a run: results of the same run share pseudonyms.
    pub fn new(pseudonyms: Pseudonyms) -> Anonymiser {
        Anonymiser {
            pseudonyms,
            given: BTreeMap::new(),
            counts: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    /// Replaces what is secret in a result.
    pub fn anonymise(&mut self, analysis: &mut Analysis) {
        self.learn(analysis);
        for report in &mut analysis.reports {
            self.report(report);
        }
        for boot in &mut analysis.summary.boots {
            self.boot(boot);
        }
        for defect in &mut analysis.summary.defects {
            self.text(&mut defect.reason);
        }
        analysis.summary.anonymised = Some(self.counts.clone());
    }

    /// The names of machines, and of people in paths, from wherever they stand.
    fn learn(&mut self, analysis: &Analysis) {
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        for boot in &analysis.summary.boots {
            if let Some(host) = &boot.host {
                self.name(host, "host");
            }
            texts.extend(boot.cmdline.as_deref());
            texts.extend(boot.banner.as_deref());
        }
        texts.extend(analysis.reports.iter().map(|r| r.evidence.text.as_str()));
        for text in texts {
            for (kind, pattern) in PATTERNS.iter().filter(|p| matches!(p.0, "user" | "host")) {
                for found in pattern.captures_iter(text) {
                    self.name(&found[1], kind);
                }
            }
        }
    }

    fn name(&mut self, name: &str, kind: &'static str) {
        // Names that every machine has hide nobody.
        let is_common =
            ["localhost", "kernel", "root", "user", "linux", "debian", "ubuntu", "none"];
        if name.len() >= NAME_BYTES_MIN && !name.starts_with("<") && !is_common.contains(&name) {
            self.names.insert(name.to_owned(), kind);
        }
    }

    fn report(&mut self, report: &mut Report) {
        self.text(&mut report.title);
        report.alt_titles.iter_mut().for_each(|t| self.text(t));
        self.text(&mut report.evidence.text);
        report.details.values_mut().for_each(|v| self.text(v));
        for text in [&mut report.comm, &mut report.hardware, &mut report.corrupted_reason] {
            text.iter_mut().for_each(|t| self.text(t));
        }
        report.guilty_file.iter_mut().for_each(|t| self.text(t));
        let frames = report.traces.iter_mut().flat_map(|t| &mut t.frames);
        frames.filter_map(|f| f.file.as_mut()).for_each(|t| self.text(t));
        if let Some(device) = &mut report.device {
            self.text(&mut device.name);
        }
        self.text(&mut report.signature.inputs.loose);
        for text in [
            &mut report.signature.inputs.strict,
            &mut report.signature.inputs.device,
            &mut report.signature.inputs.chain,
        ] {
            text.iter_mut().for_each(|t| self.text(t));
        }
    }

    fn boot(&mut self, boot: &mut BootSummary) {
        for text in
            [&mut boot.banner, &mut boot.cmdline, &mut boot.hardware, &mut boot.host, &mut boot.id]
        {
            text.iter_mut().for_each(|t| self.text(t));
        }
    }

    /// Replaces what is secret in a text.
    pub fn text(&mut self, text: &mut String) {
        for (kind, pattern) in PATTERNS.iter() {
            if !pattern.is_match(text) {
                continue;
            }
            // What separates two finds belongs to both: a second pass finds what the first left.
            for _ in 0..2 {
                let next = pattern.replace_all(text, |found: &Captures<'_>| {
                    let (all, secret) = (&found[0], &found[1]);
                    if is_harmless(kind, secret) {
                        return all.to_owned();
                    }
                    all.replacen(secret, &self.pseudonym(kind, secret), 1)
                });
                *text = next.into_owned();
            }
        }
        let names = std::mem::take(&mut self.names);
        for (name, kind) in &names {
            if text.contains(name.as_str()) {
                *text = self.without_name(text, name, kind);
            }
        }
        self.names = names;
    }

    /// The text with a name replaced where it stands as a word.
    fn without_name(&mut self, text: &str, name: &str, kind: &'static str) -> String {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut kept = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(name) {
            let end = at + name.len();
            let before = rest[..at].chars().next_back().or(kept.chars().next_back());
            kept.push_str(&rest[..at]);
            if is_word(before) || is_word(rest[end..].chars().next()) {
                kept.push_str(name);
            } else {
                kept.push_str(&self.pseudonym(kind, name));
            }
            rest = &rest[end..];
        }
        kept.push_str(rest);
        kept
    }

    fn pseudonym(&mut self, kind: &'static str, secret: &str) -> String {
        let key = (kind, secret.to_ascii_lowercase());
        if let Some(given) = self.given.get(&key) {
            return given.clone();
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let given = match &self.pseudonyms {
            Pseudonyms::Numbered => format!("<{kind}-{count}>"),
            Pseudonyms::Keyed(secret_key) => {
                let hash = blake3::keyed_hash(secret_key, format!("{kind} {}", key.1).as_bytes());
                format!("<{kind}-{}>", &hash.to_hex()[..8])
            }
        };
        self.given.insert(key, given.clone());
        given
    }
}

/// What has the shape of a secret and is none: addresses that every machine has, times, numbers.
fn is_harmless(kind: &str, text: &str) -> bool {
    match kind {
        // `i2c@7e804000`: a node of the device tree.
        "mail" => text.rsplit('@').next().is_some_and(|at| {
            at == "ADDR" || at == "NUM" || at.bytes().all(|b| b.is_ascii_hexdigit() || b == b',')
        }),
        "ip" if text.contains(':') => {
            // `10:24:37` is a time, `0000:01:00` the head of a bus address.
            let groups: Vec<&str> = text.split(':').collect();
            let is_short = groups.len() < 8 && !text.contains("::");
            is_short || text == "::1" || text == "::"
        }
        "ip" => matches!(text, "0.0.0.0" | "127.0.0.1" | "255.255.255.255"),
        "mac" => {
            let digits = |c: char| text.chars().all(|d| d == c || d == ':' || d == '-');
            digits('0') || digits('f')
        }
        "serial" | "ssid" | "secret" | "user" | "host" => text.starts_with('<'),
        _ => text.starts_with('<'),
    }
}
