//! All sources together: who is missed, what the way has to do with it, and what that says of a claim of silence.

use super::*;
use model::{MissedHow, Origin, Transport};
use std::sync::Arc;

/// Monday, 2 March 2026, 00:00.
const START: i64 = 1_772_409_600;
const MINUTE: i64 = 60;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_secs(START + minute * MINUTE)
}

fn heard(source: &str, transport: Transport, host: &str, at: Timestamp) -> Heard {
    let origin = Arc::new(Origin {
        source_id: SourceId::new(source),
        tenant_id: TenantId::new("acme"),
        source_type: "syslog".into(),
        source_name: source.into(),
        transport,
    });
    let slot = at.as_micros() / 10_000_000;
    let delays = vec![(slot, Span::from_secs(1))];
    Heard { records: 1, bytes: 100, last: Some(at), delays, ..Heard::new(&origin, host) }
}

/// Two hosts and a file, each minute of a day; `speaks` says which of the hosts do.
fn day(health: &mut Health, minutes: std::ops::Range<i64>, speaks: impl Fn(&str) -> bool) {
    for minute in minutes {
        let now = at(minute);
        for host in ["fw", "switch-3"] {
            if speaks(host) {
                health.hear(&[heard("udp", Transport::Udp, host, now)]);
            }
        }
        health.hear(&[heard("file:a.log", Transport::File, "", now)]);
        health.tick(now);
        health.tick(now + Span::from_secs(30));
    }
}

fn told(health: &Health, since: i64) -> (Option<f64>, Vec<String>) {
    let coverage = health.coverage(&TenantId::new("acme"), at(since));
    let missed = coverage.missed.iter();
    (coverage.percent, missed.map(|m| format!("{:?} {}", m.what, m.source)).collect())
}

#[test]
fn one_host_is_missed_and_the_rest_is_covered() {
    let mut health = Health::default();
    day(&mut health, 0..600, |_| true);
    assert_eq!(told(&health, 0), (Some(100.0), vec![]));
    day(&mut health, 600..660, |host| host == "fw");
    let (percent, missed) = told(&health, 600);
    assert_eq!(missed, ["Silent switch-3"]);
    assert!((66.0..68.0).contains(&percent.unwrap()), "{percent:?}: two of three sources");
    let coverage = health.coverage(&TenantId::new("acme"), at(0));
    assert_eq!((coverage.sources, coverage.missed[0].since), (3, at(599)));
    // An hour before the latest tick, from the ten minutes on in which that is.
    assert_eq!(coverage.last_hour_percent, told(&health, 599).0);
    let (rows, more) = health.rows(&TenantId::new("acme"));
    let rows: Vec<_> = rows.iter().map(|row| (row.label.as_str(), row.seen)).collect();
    let expected =
        [("udp", Seen::Ok), ("file:a.log", Seen::Ok), ("switch-3", Seen::Silent), ("fw", Seen::Ok)];
    let mut sorted = rows.clone();
    sorted[..2].sort_unstable_by_key(|row| std::cmp::Reverse(row.0));
    assert_eq!((sorted, more), (expected.to_vec(), 0), "sources first, then the worst host");
}

#[test]
fn where_the_way_is_silent_its_hosts_are_not_told_one_by_one() {
    let mut health = Health::default();
    day(&mut health, 0..600, |_| true);
    day(&mut health, 600..660, |_| false);
    let (percent, missed) = told(&health, 600);
    assert_eq!(missed, ["WaySilent udp"]);
    assert!((33.0..35.0).contains(&percent.unwrap()), "{percent:?}: a file of three sources");
    day(&mut health, 660..670, |_| true);
    let coverage = health.coverage(&TenantId::new("acme"), at(600));
    assert_eq!(coverage.missed.len(), 1, "{:?}", coverage.missed);
    assert_eq!(coverage.missed[0].until, Some(at(659)), "the minute in which it spoke");
}

#[test]
fn what_was_lost_or_said_to_nobody_is_missed() {
    let mut health = Health::default();
    day(&mut health, 0..600, |_| true);
    let mut gap = heard("udp", Transport::Udp, "", at(600));
    (gap.records, gap.gaps, gap.lost) = (0, 1, 6);
    health.hear(&[gap]);
    day(&mut health, 600..602, |_| true);
    let (percent, missed) = told(&health, 590);
    assert_eq!(missed, ["Lossy udp"]);
    assert!(percent.unwrap() < 100.0);
    // Nothing for half an hour: nobody listened, and files are read later.
    day(&mut health, 632..640, |_| true);
    let (percent, missed) = told(&health, 580);
    assert_eq!(missed, ["NotRunning foreshock", "Lossy udp"]);
    assert!(
        (52.0..60.0).contains(&percent.unwrap()),
        "{percent:?}: 57 minutes of hosts, 30 of them"
    );
    assert_eq!(health.coverage_of_all(), told(&health, -900).0);
}

#[test]
fn a_later_beginning_leaves_out_what_was_over_by_then() {
    let mut health = Health::default();
    day(&mut health, 0..600, |_| true);
    day(&mut health, 600..700, |host| host == "fw");
    day(&mut health, 700..1_000, |_| true);
    let mut gap = heard("udp", Transport::Udp, "", at(1_000));
    (gap.records, gap.gaps, gap.lost) = (0, 1, 6);
    health.hear(&[gap]);
    day(&mut health, 1_000..1_080, |host| host == "switch-3");
    let published = health.day(&TenantId::new("acme"), at(0));
    let told = |since: i64| {
        let coverage = published.coverage(at(since));
        let missed = coverage.missed.iter().map(|missed| (missed.what, missed.source.as_str()));
        (coverage.percent.unwrap(), missed.map(|(what, of)| format!("{what:?} {of}")).collect())
    };
    let (all, missed): (f64, Vec<String>) = told(0);
    assert_eq!(missed, ["Silent switch-3", "Silent fw", "Lossy udp"]);
    let (of_late, missed) = told(1_000);
    assert_eq!(missed, ["Silent fw", "Lossy udp"]);
    assert!(of_late < all, "{of_late} {all}");
    assert_eq!(told(1_019).1, ["Silent fw", "Lossy udp"], "the hour of the loss is not over");
    assert_eq!(told(1_021).1, ["Silent fw"]);
    assert_eq!(published.coverage(at(-5_000)), published.coverage(at(1_080 - 1_440)));
    // What was published stays as it was.
    day(&mut health, 1_080..1_200, |_| true);
    assert_eq!(told(1_000).0, of_late);
}

#[test]
fn who_is_young_and_whose_clock_is_off_is_told_apart() {
    let mut health = Health::default();
    let tenant = TenantId::new("acme");
    day(&mut health, 0..60, |_| true);
    assert_eq!(health.coverage(&tenant, at(0)).learning, 0);
    for minute in 60..100 {
        // Heard for three minutes, and then never again.
        if minute < 63 {
            health.hear(&[heard("udp", Transport::Udp, "young", at(minute))]);
        }
        let ahead = heard("udp", Transport::Udp, "nas", at(minute));
        let delays = ahead.delays.iter().map(|(slot, _)| (*slot, Span::ZERO - Span::HOUR.times(2)));
        health.hear(&[Heard { delays: delays.collect(), ..ahead.clone() }]);
        day(&mut health, minute..minute + 1, |_| true);
    }
    let coverage = health.coverage(&tenant, at(0));
    assert_eq!((coverage.percent, coverage.sources, coverage.learning), (Some(100.0), 5, 1));
    let clocks: Vec<_> = coverage.clocks.iter().map(|off| (&*off.source, off.ahead_secs)).collect();
    assert_eq!((clocks, coverage.clocks_more), (vec![("nas", 7_200.0)], 0));
}

#[test]
fn hosts_are_bounded_and_passers_by_make_room() {
    let mut health = Health::default();
    let all: Vec<Heard> = (0..HOSTS_MAX + 10)
        .map(|n| heard("udp", Transport::Udp, &format!("h{n}"), at(0)))
        .collect();
    health.hear(&all);
    let tenant = TenantId::new("acme");
    assert_eq!(health.sources.len(), HOSTS_MAX + 1);
    assert_eq!(health.beyond(&tenant), 10);
    let (rows, more) = health.rows(&tenant);
    assert_eq!(rows.len() + more as usize, HOSTS_MAX + 1);
    assert_eq!(health.rows(&tenant).0[0].records, HOSTS_MAX as u64 + 10, "the listener has all");
    // Names that came once are forgotten after an hour.
    day(&mut health, 0..121, |host| host == "fw");
    assert_eq!(health.sources.len(), 2 + 1, "{:?}", health.sources.keys());
}

#[test]
fn it_is_the_same_however_it_is_cut_and_after_a_restart() {
    let mut health = Health::default();
    day(&mut health, 0..300, |host| host == "fw");
    let bytes = postcard::to_stdvec(&health).unwrap();
    let mut restored: Health = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(restored, health);
    day(&mut health, 300..400, |_| true);
    day(&mut restored, 300..400, |_| true);
    assert_eq!(postcard::to_stdvec(&restored).unwrap(), postcard::to_stdvec(&health).unwrap());
    // A clock that is set back and forth ends nothing.
    health.tick(at(0));
    health.tick(at(10_000));
    health.tick(at(400));
    day(&mut health, 401..410, |_| true);
    let silent = told(&health, 405).1;
    assert!(!silent.contains(&format!("{:?} fw", MissedHow::Silent)), "{silent:?}");
}

#[test]
fn a_file_of_old_lines_alone_is_known_before_the_clock_enters() {
    let mut health = Health::default();
    let old = heard("file:a.log", Transport::File, "", at(600));
    health.hear(&[Heard { received: at(600), last: None, ..old }]);
    let (rows, _) = health.rows(&TenantId::new("acme"));
    assert_eq!(rows.iter().map(|row| row.records).collect::<Vec<_>>(), [1]);
}
