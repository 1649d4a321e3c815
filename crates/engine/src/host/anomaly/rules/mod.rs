//! A start of a process → the rules it breaks: who may start what, as which user, from where, with
//! which words. The rules are data; what a host has taught beside them is in `learned`.
//!
//! A rule is a fact about how systems are built ("the session manager starts no shell"), never a
//! list of attacks. Each has a weight: how rarely an ordinary start breaks it.

mod check;
mod learned;

pub use learned::{Expectations, PAIRS_MAX};

use super::process::ProcessStart;
use serde::Deserialize;
use std::sync::LazyLock;

/// The rules of Linux, as TOML.
pub const LINUX: &str = include_str!("linux.toml");
/// The rules of Windows, as TOML.
pub const WINDOWS: &str = include_str!("windows.toml");

/// A file of rules.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// What it is called in reasons.
    pub name: String,
    /// What a process may come from.
    #[serde(default)]
    pub process: Vec<ProcessRule>,
    /// Parents that start no such child.
    #[serde(default)]
    pub origin: Vec<OriginRule>,
    /// Programs that are rarely started by hand.
    #[serde(default)]
    pub tool: Vec<ToolRule>,
    /// Folders that programs are not installed in.
    #[serde(default)]
    pub path: Vec<PathRule>,
    /// Words in command lines.
    #[serde(default)]
    pub command: Vec<CommandRule>,
    /// Users of the system that stand above others.
    #[serde(default)]
    pub privileged: Vec<String>,
    /// Programs that raise privileges by design.
    #[serde(default)]
    pub raisers: Vec<String>,
    /// Starts that are the machine's own work, told by both ends.
    #[serde(default)]
    pub routine: Vec<RoutineRule>,
}

/// Which parents, users and folders belong to a program. An empty list allows any.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessRule {
    /// The programs.
    pub names: Vec<String>,
    /// Allowed parents.
    #[serde(default)]
    pub parents: Vec<String>,
    /// Expected users, by name or by number; a number alone in the record is compared where numbers stand here.
    #[serde(default)]
    pub users: Vec<String>,
    /// Folders they live in, as beginnings of paths.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Weight, 0–1.
    pub weight: f64,
}

/// A pair of parent and child that does not belong together.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginRule {
    /// The parents.
    pub parents: Vec<String>,
    /// The children; empty means any.
    #[serde(default)]
    pub children: Vec<String>,
    /// Weight, 0–1.
    pub weight: f64,
    /// Why, for a reader.
    pub reason: String,
}

/// Programs whose start is worth a look.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolRule {
    /// The programs.
    pub names: Vec<String>,
    /// Weight, 0–1.
    pub weight: f64,
    /// Why, for a reader.
    pub reason: String,
}

/// Folders.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathRule {
    /// Parts of the path; one is enough.
    pub contains: Vec<String>,
    /// Whether the parent's path is meant instead of the program's.
    #[serde(default)]
    pub of_parent: bool,
    /// Weight, 0–1.
    pub weight: f64,
    /// Why, for a reader.
    pub reason: String,
}

/// Words of a command line.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandRule {
    /// Parts of the line, lower case; one is enough.
    pub contains: Vec<String>,
    /// Programs it holds for; empty means any.
    #[serde(default)]
    pub names: Vec<String>,
    /// Weight, 0–1.
    pub weight: f64,
    /// Why, for a reader.
    pub reason: String,
}

/// The machine's own work.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutineRule {
    /// Parents.
    pub parents: Vec<String>,
    /// Children.
    pub children: Vec<String>,
    /// Folders that both live in, as beginnings of paths; empty means any.
    #[serde(default)]
    pub folders: Vec<String>,
}

/// What a rule is about; the user's document names the first three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// The parent is not among the allowed ones.
    Parent,
    /// The user is not an expected one.
    User,
    /// Privileges rise without a program that raises them.
    Escalation,
    /// Everything beyond the document: folders, command lines, tools, what was never seen.
    Other,
}

/// A rule that a start breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// What it is about.
    pub kind: RuleKind,
    /// How rarely an ordinary start breaks it, 0–1.
    pub weight: f64,
    /// The sentence for a reader.
    pub reason: String,
}

/// The document's weight of its rule on parents: what a parent does not start, said from this weight on, is that rule
/// told from the other end.
const PARENT_WEIGHT: f64 = 0.5;
/// Weight of a rise of privileges: 0.2 of the document is a share of a sum, this one stands alone.
const ESCALATION_WEIGHT: f64 = 0.6;

impl RuleSet {
    /// The built-in rules of the system that a start was recorded on, read at their first use.
    ///
    /// # Panics
    /// If our own rules are none; the tests read them.
    pub fn built_in_for(start: &ProcessStart) -> &'static RuleSet {
        fn read(text: &str) -> RuleSet {
            RuleSet::parse(text).unwrap_or_else(|error| panic!("the built-in rules: {error}"))
        }
        static OF_LINUX: LazyLock<RuleSet> = LazyLock::new(|| read(LINUX));
        static OF_WINDOWS: LazyLock<RuleSet> = LazyLock::new(|| read(WINDOWS));
        if start.is_windows() { &OF_WINDOWS } else { &OF_LINUX }
    }

    /// The rules that a start breaks, the heaviest first.
    pub fn judge(&self, start: &ProcessStart) -> Vec<Broken> {
        if self.routine.iter().any(|rule| rule.covers(start)) {
            return Vec::new();
        }
        let mut broken = Vec::new();
        self.process.iter().for_each(|rule| rule.judge(start, &mut broken));
        self.judge_rise(start, &mut broken);
        for rule in &self.origin {
            let holds =
                has(&rule.parents, &start.parent_name) && any_or(&rule.children, &start.name);
            if holds {
                let is_strict = rule.weight >= PARENT_WEIGHT;
                let (parent, name) = (&start.parent_name, &start.name);
                broken.push(Broken {
                    kind: if is_strict { RuleKind::Parent } else { RuleKind::Other },
                    weight: rule.weight,
                    reason: format!("{} (`{parent}` started `{name}`)", rule.reason),
                });
            }
        }
        let mut add = |holds: bool, weight: f64, reason: &dyn Fn() -> String| {
            if holds {
                broken.push(Broken { kind: RuleKind::Other, weight, reason: reason() });
            }
        };
        for rule in &self.tool {
            add(has(&rule.names, &start.name), rule.weight, &|| {
                format!("{} (`{}`)", rule.reason, start.name)
            });
        }
        for rule in &self.path {
            let path = if rule.of_parent { &start.parent_path } else { &start.path };
            let holds = rule.contains.iter().any(|part| path.contains(part.as_str()));
            add(holds, rule.weight, &|| format!("{} (`{path}`)", rule.reason));
        }
        let line = start.command_line.to_lowercase();
        for rule in &self.command {
            let part = rule.contains.iter().find(|part| line.contains(part.as_str()));
            let holds = part.is_some() && any_or(&rule.names, &start.name);
            add(holds, rule.weight, &|| {
                format!("{} (`{}`)", rule.reason, part.map_or("", |p| p.trim()))
            });
        }
        broken.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        broken
    }

    fn judge_rise(&self, start: &ProcessStart, broken: &mut Vec<Broken>) {
        let is_raised = match (start.parent_uid, start.uid) {
            (Some(parent), Some(0)) => parent != 0,
            // Without the parent's user: root's shell or interpreter, started by what serves others.
            (None, Some(0)) => self.origin.iter().any(|rule| {
                has(&rule.parents, &start.parent_name) && has(&rule.children, &start.name)
            }),
            _ => false,
        };
        if is_raised && !has(&self.raisers, &start.parent_name) && !has(&self.raisers, &start.name)
        {
            broken.push(Broken {
                kind: RuleKind::Escalation,
                weight: ESCALATION_WEIGHT,
                reason: format!(
                    "`{}` runs as root, started by `{}`",
                    start.name, start.parent_name
                ),
            });
        }
    }
}

impl ProcessRule {
    fn judge(&self, start: &ProcessStart, broken: &mut Vec<Broken>) {
        if !has(&self.names, &start.name) {
            return;
        }
        if !self.parents.is_empty()
            && !start.parent_name.is_empty()
            && !has(&self.parents, &start.parent_name)
        {
            broken.push(Broken {
                kind: RuleKind::Parent,
                weight: self.weight,
                reason: format!(
                    "parent `{}` is not among the allowed parents of `{}`",
                    start.parent_name, start.name
                ),
            });
        }
        if let Some(user) = self.unexpected_user(start) {
            broken.push(Broken {
                kind: RuleKind::User,
                weight: self.weight * 0.6,
                reason: format!("user `{user}` is not an expected user of `{}`", start.name),
            });
        }
        let is_elsewhere = !self.folders.is_empty()
            && !start.path.is_empty()
            && !self.folders.iter().any(|folder| start.path.starts_with(folder.as_str()));
        if is_elsewhere {
            broken.push(Broken {
                kind: RuleKind::Other,
                weight: self.weight,
                reason: format!(
                    "`{}` does not live where it was started from (`{}`)",
                    start.name, start.path
                ),
            });
        }
    }
}

impl ProcessRule {
    /// The user of a start, if it is known and none of the expected ones.
    fn unexpected_user(&self, start: &ProcessStart) -> Option<String> {
        let number = start.uid.map(|uid| uid.to_string());
        let is_numeric = |user: &String| user.bytes().all(|byte| byte.is_ascii_digit());
        let known = match (start.user.as_str(), number) {
            // What other names have the number is not known here.
            ("", number) => number.filter(|_| self.users.iter().any(is_numeric))?,
            (_, Some(number)) if has(&self.users, &number) => return None,
            (user, _) => user.to_owned(),
        };
        (!self.users.is_empty() && !has(&self.users, &known)).then_some(known)
    }
}

impl RoutineRule {
    fn covers(&self, start: &ProcessStart) -> bool {
        let is_home = |path: &str| {
            self.folders.is_empty()
                || self.folders.iter().any(|folder| path.starts_with(folder.as_str()))
        };
        has(&self.parents, &start.parent_name)
            && has(&self.children, &start.name)
            && is_home(&start.path)
            && (start.parent_path.is_empty() || is_home(&start.parent_path))
    }
}

/// The rules broken, as one number: 1 − ∏(1 − weight), so that several weak ones add up and none
/// alone is certain.
pub fn score(broken: &[Broken]) -> f64 {
    1.0 - broken.iter().map(|rule| 1.0 - rule.weight).product::<f64>()
}

impl Broken {
    /// Whether it is one of the document's three rules: allowed parents (also told by what a parent does not start),
    /// expected users, privilege escalation.
    pub fn is_documented(&self) -> bool {
        self.kind != RuleKind::Other
    }
}

/// The document's layer: "Score = 1.0 if ANY rule triggered else 0.0". Its weights of 0.5, 0.3 and
/// 0.2 contradict that line; the line says what the score is, so it wins, and the weights order the
/// reasons.
pub fn spec_v1_score(broken: &[Broken]) -> f64 {
    f64::from(u8::from(broken.iter().any(Broken::is_documented)))
}

fn has(list: &[String], name: &str) -> bool {
    list.iter().any(|entry| entry == name)
}

fn any_or(list: &[String], name: &str) -> bool {
    list.is_empty() || has(list, name)
}
