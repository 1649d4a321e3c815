//! `foreshock explain`: an id of a digest → everything that speaks for and against it.

use super::parse::Subject;
use super::{Exit, Mistake, Reading, Settings, Talk, parse, scan};
use crate::interrupt::Interrupt;
use crate::runtime::evidence::Evidences;
use crate::runtime::serve::DigestTimes;
use crate::runtime::serve::known::{Known, known};
use engine::Config;
use engine::tenant::Tenant;
use model::Explanation;
use model::port::RawReader;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  foreshock demo --save demo.log && foreshock explain cand_5qm3 demo.log
      an item of a digest: every number behind it, and all its lines that are kept
  foreshock explain sig_5my6 demo.log
      a kind of message: how often, since when, in which band and why, also if nothing speaks for it
  foreshock explain cand_5qm3 --format json demo.log | jq '.item.contributions'
      the same for scripts
  foreshock scan --state ./state demo.log && foreshock explain cand_160r --state ./state
      from what scans or a service have learnt, without reading the files again; ids are others there. Of a service
      that has settings name these too (--config): they say when digests were told

Of an id the first letters are enough, four or more, as long as no other id begins with them.
The same files give the same ids, so name the paths (and --tenant) that the digest was made from, or the --state
that it was made with; there ids of all clients are known.
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
    /// State folder that the digest was made with, by `scan --state` or a service; it may run
    #[arg(long, value_name = "DIR", conflicts_with_all = ["paths", "since", "until", "zone"])]
    pub(crate) state: Option<PathBuf>,
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
    let (mut explanation, mut raw, exit): (_, Box<dyn RawReader>, _) = match &args.state {
        Some(folder) => {
            let settings = args.settings.all()?;
            let times = DigestTimes::of_settings(&settings.service);
            let interrupt = Interrupt::listen()?;
            let read = known(folder, &settings.engine, &times, &interrupt)?;
            let Some(Known { engine, raw }) = read else { return Ok(Exit::Interrupted) };
            let clients = engine.tenants().map(|(_, tenant)| tenant).collect::<Vec<_>>();
            (explanation(&args, engine.config(), &clients)?, Box::new(raw), Exit::Ok)
        }
        None => {
            let read = scan::read(&args.reading, args.settings.read()?, talk)?;
            let engine = &read.run.engine;
            let clients = engine.tenant(&args.reading.tenant).into_iter().collect::<Vec<_>>();
            let explanation = explanation(&args, engine.config(), &clients)?;
            (explanation, Box::new(read.run.report.readback), read.exit)
        }
    };
    Evidences::default().fill(&mut *raw, explanation.item.iter_mut());
    let page = match args.format {
        Format::Text => outputs::explain::text(&explanation, &talk.style()),
        Format::Json => outputs::explain::json(&explanation),
    };
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(exit)
}

/// What is known of the one subject that is meant, by these clients.
fn explanation(args: &Args, config: &Config, clients: &[&Tenant]) -> Result<Explanation, Mistake> {
    let explained = match &args.id {
        Subject::Candidate(shown) => {
            let (tenant, id) = one_of(args, clients, |of| of.candidates_beginning(shown))?;
            tenant.explain_candidate(id, config)
        }
        Subject::Signature(shown) => {
            let (tenant, id) = one_of(args, clients, |of| of.signatures_beginning(shown, config))?;
            tenant.explain_signature(id, config)
        }
    };
    explained.ok_or_else(|| unknown(&args.id))
}

/// The only id that begins as was asked, and the client that has it: several may have a kind of message.
fn one_of<'a, I: Copy + Ord + ToString>(
    args: &Args,
    clients: &[&'a Tenant],
    beginning: impl Fn(&Tenant) -> Vec<I>,
) -> Result<(&'a Tenant, I), Mistake> {
    let found = clients.iter().map(|tenant| (*tenant, beginning(tenant)));
    let found: Vec<(&Tenant, Vec<I>)> = found.filter(|(_, ids)| !ids.is_empty()).collect();
    let mut ids: Vec<I> = found.iter().flat_map(|(_, ids)| ids).copied().collect();
    ids.sort();
    ids.dedup();
    let id = one(&args.id, &ids)?;
    let named = found.iter().find(|(tenant, _)| *tenant.id() == args.reading.tenant);
    match (named, &found[..]) {
        (Some((tenant, _)), _) | (None, [(tenant, _)]) => Ok((tenant, id)),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|(t, _)| t.id().as_str()).take(5).collect();
            Err(Mistake::Usage(format!(
                "{} clients have {}: name one by --tenant, such as {}",
                several.len(),
                id.to_string(),
                names.join(", ")
            )))
        }
    }
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
        "nothing read here has the id {asked}: name the paths (and --tenant), or the --state, of the digest that shows it"
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
