//! The item contract: one candidate as a person reads it, the same in the terminal, in files, over
//! HTTP and in mail. The names are the wire's.

use crate::{Band, CandidateId, CandidateType, ContextLine, EventId, Lifecycle, Seq, Timestamp};

/// One candidate, explained.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Item {
    /// Stays the same while the candidate lives.
    pub candidate_id: CandidateId,
    /// What it claims.
    #[serde(rename = "type")]
    pub candidate_type: CandidateType,
    /// Subject, behaviour, qualifier; at most 90 characters.
    pub title: String,
    /// The band as reviewers call it.
    pub decision_band: &'static str,
    /// The band.
    pub band: Band,
    /// `open`, or `closed` once it ended within the time that was asked about.
    pub status: &'static str,
    /// What became of it since it was last told, and its age.
    pub lifecycle: Lifecycle,
    /// How it ended, once it is closed.
    pub outcome: Option<String>,
    /// Sum of the contributions, 0–1.
    pub score_total: f64,
    /// One sentence.
    pub why_it_matters: String,
    /// Further reasons, each with its numbers.
    pub why: Vec<String>,
    /// What is happening, in one paragraph.
    pub what: String,
    /// How often.
    pub frequency: Frequency,
    /// Where. `where` on the wire.
    #[serde(rename = "where")]
    pub place: Where,
    /// When.
    pub timing: Timing,
    /// What is usual and what is now.
    pub baseline: Baseline,
    /// Earlier candidates and incidents that resemble it.
    pub seen_before: Vec<SeenBefore>,
    /// What to look at, in order.
    pub check_next: Vec<Check>,
    /// What is known of programs of this family; nothing where none fits.
    pub knowledge: Option<Knowledge>,
    /// What is not known.
    pub unknowns: Vec<String>,
    /// What would move it up or down.
    pub would_change: Vec<String>,
    /// Named terms that add up to `score_total`.
    pub contributions: Vec<Contribution>,
    /// The lines it rests on: the first ones and the last ones.
    pub evidence: Vec<Evidence>,
    /// Events that belong to it in all; `evidence` shows some of them.
    pub evidence_total: u64,
    /// What the host said around the latest occasion, and around the first one that is kept.
    pub context: Vec<ContextLine>,
    /// The version of the scoring rules.
    pub scorer_version: &'static str,
}

/// How often it happened.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Frequency {
    /// Events since the candidate's first one.
    pub count: u64,
    /// Events in each of the last days (UTC), oldest first; the last entry is today, or the last day of
    /// what is closed.
    pub per_day: Vec<u32>,
    /// Middle gap between occasions in seconds, where there are at least three.
    pub median_gap_secs: Option<f64>,
    /// `rising`, `steady`, `falling` or `unknown`.
    pub trend: &'static str,
}

/// Where it happened.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Where {
    /// The tenant.
    pub tenant_id: String,
    /// The hosts, busiest first; at most ten.
    pub hosts: Vec<String>,
    /// How many hosts in all.
    pub hosts_total: u64,
    /// The services.
    pub services: Vec<String>,
}

/// When it happened.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Timing {
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// The hours of the day (UTC) that hold most of it, where it has such hours.
    pub usual_hours: Option<String>,
}

/// What is usual, and what is now, in the same unit.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Baseline {
    /// The usual, in words with numbers.
    pub usual: String,
    /// The present, in words with numbers.
    pub now: String,
}

/// An earlier candidate or incident that resembles this one.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SeenBefore {
    /// The earlier candidate.
    pub candidate_id: CandidateId,
    /// Why it matches.
    pub reason: String,
    /// How it ended.
    pub outcome: String,
}

/// What a senior technician knows of a family of programs.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Knowledge {
    /// The family's name in the catalogue of checks.
    pub family: String,
    /// What it is called.
    pub title: String,
    /// What typically follows if nothing is done.
    pub follows: Vec<String>,
    /// What would speak against it.
    pub counter_evidence: Vec<String>,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Check {
    /// What to look at and what a bad answer is.
    pub text: String,
    /// The exact command, where there is one. What is not known stands in it as `<name>`.
    pub command: Option<String>,
    /// The host it runs on.
    pub host: Option<String>,
    /// It changes nothing.
    pub read_only: bool,
    /// What a bad answer looks like, where the text does not say so.
    pub expected_if_bad: Option<String>,
    /// What the command is for, where it comes from the catalogue: `Linux`, `Cisco ASA`.
    pub platform: Option<String>,
    /// Who says so, and where: a man page, a vendor's page.
    pub source: Option<String>,
    /// The time whose lines the command shows, where it shows lines: whoever holds the raw bytes knows
    /// whether they stand in a file instead.
    #[serde(skip)]
    pub shows: Option<(Timestamp, Timestamp)>,
    /// What of the command is still to be filled from the evidence, by whoever holds the raw bytes.
    #[serde(skip)]
    pub blanks: Option<Box<Blanks>>,
}

/// A command with blanks.
#[derive(Debug, Clone, PartialEq)]
pub struct Blanks {
    /// The command; `{name}` is a blank.
    pub template: String,
    /// The shell that will read it.
    pub shell: Shell,
    /// Where the value of each is found.
    pub holes: Vec<Blank>,
    /// Values that are known: name and value.
    pub known: Vec<(String, String)>,
}

/// Where the value of a blank is found.
#[derive(Debug, Clone, PartialEq)]
pub struct Blank {
    /// Its name.
    pub name: String,
    /// The form that a value must have.
    pub kind: BlankKind,
    /// The words right before it; without any, the first value of this form.
    pub after: Vec<String>,
    /// What it points to that the lines name several of these, as a part of a sentence.
    pub several: Option<String>,
}

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlankKind {
    /// An IP address.
    Address,
    /// A block device as kernels name it: `sda`, `nvme0n1`.
    Device,
    /// A port of libata: `ata3`.
    AtaPort,
    /// A whole number.
    Number,
    /// A systemd unit with its ending: `cron.service`.
    Unit,
    /// A network interface.
    Interface,
    /// Letters, digits, `.`, `_` and `-`: names of hosts, queues, databases.
    Name,
    /// An absolute path.
    Path,
    /// Anything up to a blank.
    Word,
}

/// Who reads a command when it is pasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shell {
    /// A POSIX shell.
    Posix,
    /// PowerShell.
    Powershell,
    /// cmd.exe.
    Cmd,
    /// The command line of a network device or an appliance.
    Cli,
}

/// One named term of a score.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Contribution {
    /// The term.
    pub name: &'static str,
    /// What it adds (or, damping, takes away).
    pub value: f64,
    /// The numbers behind it.
    pub reason: String,
}

/// One line that a claim rests on.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// The record in the spool; what the other fields are filled from.
    #[serde(skip)]
    pub seq: Seq,
    /// The event; absent where the raw bytes could not be read again.
    pub event_id: Option<EventId>,
    /// The source as people call it: a path, a host.
    pub source: String,
    /// 1-based line in the source.
    pub line: u64,
    /// Byte offset in the source.
    pub offset: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Whether it is of the kind of message that the item is named for, or the severe one that it led to; others
    /// came together with it, or are no longer told apart.
    pub of_lead: bool,
    /// BLAKE3 of the raw bytes, 128 bits in hex; absent as `event_id` is.
    pub hash: Option<String>,
    /// The raw text, made safe to show; absent as `event_id` is.
    pub text: Option<String>,
}

impl Evidence {
    /// A record of which nothing but the time is known until its raw bytes are read again.
    pub fn unread(seq: Seq, at: Timestamp) -> Evidence {
        Evidence {
            seq,
            event_id: None,
            source: String::new(),
            line: 0,
            offset: 0,
            at,
            of_lead: false,
            hash: None,
            text: None,
        }
    }
}
