//! The catalogue → a table of its families, all of one family, or JSON.

use crate::cli::{Exit, Mistake};
use engine::checks::{Catalogue, CheckRule, Family, On, Verified};
use std::io::{self, Write};

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a check.
    Ndjson,
}

pub(super) fn run(
    catalogue: &Catalogue,
    family: Option<&str>,
    format: Format,
) -> anyhow::Result<Exit> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let chosen: Vec<&Family> = match family {
        Some(name) => vec![catalogue.named(name).ok_or_else(|| unknown(name, catalogue))?],
        None => catalogue.families().iter().collect(),
    };
    match (format, family) {
        (Format::Ndjson, _) => ndjson(&chosen, &mut out)?,
        (Format::Text, Some(_)) => chosen.iter().try_for_each(|family| one(family, &mut out))?,
        (Format::Text, None) => table(&chosen, &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn unknown(name: &str, catalogue: &Catalogue) -> Mistake {
    let like = |family: &&Family| family.family.contains(name) || family.title.contains(name);
    let near: Vec<&str> =
        catalogue.families().iter().filter(like).map(|f| f.family.as_str()).collect();
    let hint = match near[..] {
        [] => "`foreshock checks list` names all".to_owned(),
        ref near => format!("there is {}", near.join(", ")),
    };
    Mistake::Usage(format!("no family `{name}`; {hint}"))
}

fn table(families: &[&Family], out: &mut dyn Write) -> io::Result<()> {
    let width = families.iter().map(|f| f.family.len()).max().unwrap_or(0);
    writeln!(out, "{:width$}  checks  {:28}  for", "family", "platform")?;
    for family in families {
        let Family { family: name, platform, title, check, .. } = family;
        writeln!(out, "{name:width$}  {:6}  {platform:28}  {title}", check.len())?;
    }
    let checks: usize = families.iter().map(|family| family.check.len()).sum();
    writeln!(out, "\n{} families, {checks} checks", families.len())
}

fn one(family: &Family, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {} ({})", family.family, family.title, family.platform)?;
    let list = |out: &mut dyn Write, head: &str, lines: &[String]| {
        writeln!(out, "\n{head}")?;
        lines.iter().try_for_each(|line| writeln!(out, "  - {line}"))
    };
    list(out, "What typically follows", &family.follows)?;
    list(out, "What would change the mind", &family.counter)?;
    writeln!(out, "\nChecks")?;
    for (at, check) in family.check.iter().enumerate() {
        writeln!(out, "  {}. {}", at + 1, check.text)?;
        if let Some(command) = &check.command {
            let change = if check.read_only { "" } else { "   # CHANGES THE SYSTEM" };
            writeln!(out, "     $ {command}{change}")?;
        }
        writeln!(out, "     bad: {}", check.bad)?;
        writeln!(out, "     {}", applies(check))?;
        writeln!(out, "     source: {} <{}>", check.source, check.url)?;
    }
    Ok(())
}

/// When a check applies, where it runs and how it was checked.
fn applies(check: &CheckRule) -> String {
    let mut parts = Vec::new();
    if !check.types.is_empty() {
        let types: Vec<&str> = check.types.iter().map(|t| t.word()).collect();
        parts.push(format!("for {}", types.join(", ")));
    }
    if !check.words.is_empty() {
        parts.push(format!("where it says {}", check.words.join(" or ")));
    }
    if parts.is_empty() {
        parts.push("for any message of the family".to_owned());
    }
    parts.push(on(check.on).to_owned());
    if check.command.is_some() {
        parts.push(verified(check.verified).to_owned());
    }
    parts.join("; ")
}

fn on(on: On) -> &'static str {
    match on {
        On::Host => "on the host of the item",
        On::OtherSide => "on the other side",
        On::Anywhere => "from any machine",
    }
}

fn verified(verified: Verified) -> &'static str {
    match verified {
        Verified::Manual => "compared with the tool's manual",
        Verified::Vendor => "compared with the vendor's page",
        Verified::Not => "not yet compared with a manual",
    }
}

fn ndjson(families: &[&Family], out: &mut dyn Write) -> io::Result<()> {
    for family in families {
        for check in &family.check {
            let platform = check.platform.as_ref().unwrap_or(&family.platform);
            let types: Vec<&str> = check.types.iter().map(|t| t.word()).collect();
            let row = serde_json::json!({
                "family": family.family, "text": check.text, "command": check.command,
                "platform": platform, "on": on(check.on), "read_only": check.read_only,
                "expected_if_bad": check.bad, "types": types, "words": check.words,
                "source": check.source, "url": check.url, "verified": verified(check.verified),
            });
            writeln!(out, "{row}")?;
        }
    }
    Ok(())
}
