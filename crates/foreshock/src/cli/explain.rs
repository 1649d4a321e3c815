//! `foreshock explain`: an id of a digest → everything that speaks for and against it.

use super::parse::Subject;
use super::{Exit, Mistake, Reading, Settings, Talk, parse, scan};
use crate::runtime::evidence::Evidences;
use model::Explanation;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  foreshock demo --save demo.log && foreshock explain cand_5qm3 demo.log
      an item of a digest: every number behind it, and all its lines that are kept
  foreshock explain sig_5my6 demo.log
      a kind of message: how often, since when, in which band and why, also if nothing speaks for it
  foreshock explain cand_5qm3 --format json demo.log | jq '.item.contributions'
      the same for scripts

Of an id the first letters are enough, four or more, as long as no other id begins with them.
The same files give the same ids, so name the paths (and --tenant) that the digest was made from.
Ids of kinds of message stand in `foreshock signatures` and in the explanation of an item.";

/// Explain an item of a digest or a kind of message
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Id as a digest shows it, or its beginning: cand_… or sig_…
    #[arg(value_name = "ID", value_parser = parse::subject)]
    pub(crate) id: Subject,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Form of the explanation
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Form of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For reading in a terminal.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Runs the command.
pub(crate) fn run(args: Args, talk: Talk) -> anyhow::Result<Exit> {
    let mut read = scan::read(&args.reading, args.settings.read()?, talk)?;
    let mut explanation = explanation(&args, &read)?;
    let items = explanation.item.iter_mut();
    Evidences::default().fill(&mut read.run.report.readback, items);
    let page = match args.format {
        Format::Text => outputs::explain::text(&explanation, &talk.style()),
        Format::Json => outputs::explain::json(&explanation),
    };
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(read.exit)
}

/// What is known of the one subject that is meant.
fn explanation(args: &Args, read: &scan::Read) -> Result<Explanation, Mistake> {
    let engine = &read.run.engine;
    let config = engine.config();
    let Some(tenant) = engine.tenant(&args.reading.tenant) else {
        return Err(unknown(&args.id));
    };
    let explained = match &args.id {
        Subject::Candidate(shown) => {
            let id = one(&args.id, &tenant.candidates_beginning(shown))?;
            tenant.explain_candidate(id, config)
        }
        Subject::Signature(shown) => {
            let id = one(&args.id, &tenant.signatures_beginning(shown, config))?;
            tenant.explain_signature(id, config)
        }
    };
    explained.ok_or_else(|| unknown(&args.id))
}

/// The only id that begins as was asked.
fn one<I: Copy + ToString>(asked: &Subject, found: &[I]) -> Result<I, Mistake> {
    match found {
        [] => Err(unknown(asked)),
        [id] => Ok(*id),
        [first, second, ..] => Err(Mistake::Usage(format!(
            "{} ids begin with {asked}, {} and {} among them: write more letters",
            found.len(),
            first.to_string(),
            second.to_string()
        ))),
    }
}

fn unknown(asked: &Subject) -> Mistake {
    Mistake::Usage(format!(
        "nothing read here has the id {asked}: name the paths (and --tenant) of the digest that shows it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_must_mean_one_id() {
        let asked = Subject::Candidate("cand_7k2q".into());
        assert!(matches!(one(&asked, &["cand_7k2q0"]), Ok("cand_7k2q0")));
        let told = |found: &[&'static str]| match one(&asked, found) {
            Ok(id) => id.to_owned(),
            Err(mistake) => mistake.to_string(),
        };
        assert!(told(&[]).starts_with("nothing read here has the id cand_7k2q"));
        assert_eq!(
            told(&["cand_7k2q0", "cand_7k2q1"]),
            "2 ids begin with cand_7k2q, cand_7k2q0 and cand_7k2q1 among them: write more letters"
        );
    }
}
