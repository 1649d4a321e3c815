//! `foreshock deadletters`: what came and could not be taken; to be looked at, and taken in again.

mod ask;
mod list;
mod replay;

use super::Exit;
use crate::runtime::serve::letters;
use anyhow::{Context, ensure};
use model::Timestamp;
use outputs::rest::Letter;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::disk::Folder;
use store::spool::SpoolView;

const EXAMPLES: &str = "\
Examples:
  foreshock deadletters list --state /var/lib/foreshock
      the latest first: when, whose, why, and how it begins; while the service runs or not
  foreshock deadletters show 17 --state /var/lib/foreshock > body.json
      the bytes of one, as they came
  foreshock deadletters replay --state /var/lib/foreshock --all
      all that were not taken in since go through the running service once more; doing it twice does it once";

/// What came and could not be taken
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    /// Write the bytes of one as they came
    Show(ShowArgs),
    Replay(replay::Args),
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// Its number, as `list` tells it
    id: u64,
    /// State folder of the service
    #[arg(long, value_name = "DIR", env = "STATE_DIRECTORY")]
    state: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::List(args) => list::run(args),
        Command::Show(args) => show(args),
        Command::Replay(args) => replay::run(args),
    }
}

fn show(args: &ShowArgs) -> anyhow::Result<Exit> {
    let mut all = read(&args.state)?;
    let Some(found) = all.remove(&args.id) else {
        let no = format!("there is no dead letter {}, or it is not kept any more", args.id);
        return Err(super::Mistake::Usage(no).into());
    };
    use std::io::Write;
    std::io::stdout().lock().write_all(&found.letter.bytes)?;
    Ok(Exit::Ok)
}

/// One of them as it is kept.
struct Kept {
    letter: Letter,
    replayed_at: Option<Timestamp>,
}

/// Reads those of a state folder, by their numbers; writes nothing.
fn read(state: &Path) -> anyhow::Result<BTreeMap<u64, Kept>> {
    let folder = letters::folder_of(state);
    ensure!(
        folder.is_dir(),
        "there are no dead letters in {}: name the state folder of a service",
        state.display()
    );
    let disk =
        Folder::open(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let view = SpoolView::open(Arc::new(disk))?;
    let mut all = BTreeMap::new();
    let mut replayed = Vec::new();
    letters::read(&mut view.reader(model::Seq(0)), &mut |id, at, entry| match entry {
        letters::Entry::Letter(letter) => {
            all.insert(id, Kept { letter, replayed_at: None });
        }
        letters::Entry::Replayed(id) => replayed.push((id, at)),
    })?;
    for (id, at) in replayed {
        if let Some(kept) = all.get_mut(&id) {
            kept.replayed_at = Some(at);
        }
    }
    Ok(all)
}
