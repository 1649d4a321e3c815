//! Incidents against invented digests: what counts as announced, and what does not.

use super::*;
use crate::invented::{candidate, digest, hour, item};
use model::{Band, Digest, Item};

const RULES: Rules = Rules { window: Span::DAY.times(14), digest_every: Span::HOUR };

/// An open item on these hosts, of one service.
fn on(name: &str, hosts: &[&str], service: &str) -> Item {
    let mut item = item(name, Band::Investigate, "open");
    item.place.hosts = hosts.iter().map(|host| (*host).into()).collect();
    item.place.hosts_total = hosts.len() as u64;
    item.place.services = vec![service.into()];
    item
}

fn learning(mut digest: Digest, until: i64) -> Digest {
    digest.quiet.learning_until = Some(hour(until));
    digest
}

fn shown(digests: &[Digest]) -> Showings {
    let mut showings = Showings::default();
    digests.iter().for_each(|digest| showings.note(digest));
    showings
}

/// An incident at an hour: tenant, host, service, each empty where it names none.
fn incident(at: i64, tenant: &str, host: &str, service: &str) -> Incident {
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    Incident {
        line: at as u64,
        at: hour(at),
        tenant_id: named(tenant).map(TenantId::new),
        host: named(host),
        service: named(service),
        ..Incident::default()
    }
}

fn judged(list: Vec<Incident>, digests: &[Digest]) -> Backtest {
    judge(&Incidents { list, ..Incidents::default() }, &shown(digests), RULES)
}

fn one(incident: Incident, digests: &[Digest]) -> JudgedIncident {
    judged(vec![incident], digests).incidents.remove(0)
}

/// What was shown of it, by name, with its lead in hours.
fn leads(judged: &JudgedIncident, names: &[&'static str]) -> Vec<(&'static str, f64)> {
    let name =
        |shown: &ShownBefore| *names.iter().find(|n| candidate(n) == shown.candidate_id).unwrap();
    judged.shown.iter().map(|shown| (name(shown), shown.lead_secs / 3_600.0)).collect()
}

/// Forty hours of one tenant: `gw` is open from hour 10 on, and over at hour 20.
fn forty_hours() -> Vec<Digest> {
    let items = |at: i64| match at {
        10..20 => vec![on("gw", &["gw2"], "ipsec")],
        20 => vec![item("gw", Band::Watch, "closed")],
        _ => vec![],
    };
    (1..=40).map(|at| digest("acme", at, items(at))).collect()
}

#[test]
fn what_was_shown_before_is_told_with_its_lead() {
    let found = one(incident(15, "acme", "GW2.example.org", "IPsec"), &forty_hours());
    assert_eq!((found.verdict, found.lead_secs), (Verdict::Announced, Some(5.0 * 3_600.0)));
    assert_eq!(found.matched_by, MatchedBy::HostAndService);
    let shown = &found.shown[0];
    assert_eq!((shown.title.as_str(), shown.first_shown), ("gw", hour(10)));
    assert!(shown.was_open && !shown.while_learning);
}

#[test]
fn the_moment_of_the_first_digest_is_not_before() {
    for (at, verdict) in [(10, Verdict::NotAnnounced), (11, Verdict::Announced)] {
        assert_eq!(one(incident(at, "acme", "gw2", ""), &forty_hours()).verdict, verdict, "{at}");
    }
}

#[test]
fn what_is_over_counts_for_one_more_day() {
    let mut digests = forty_hours();
    digests.extend((41..60).map(|at| digest("acme", at, vec![])));
    let found = |at| one(incident(at, "acme", "gw2", ""), &digests);
    assert!(found(19).shown[0].was_open);
    assert!(!found(20).shown[0].was_open && !found(44).shown[0].was_open);
    assert_eq!(found(45).verdict, Verdict::NotAnnounced);
}

#[test]
fn what_left_the_page_without_a_word_is_over_too() {
    let mut digests = forty_hours();
    digests[19].items.clear();
    assert!(!one(incident(21, "acme", "gw2", ""), &digests).shown[0].was_open);
}

#[test]
fn what_was_shown_longer_ago_than_the_window_is_no_announcement() {
    let always = || vec![on("gw", &["gw2"], "ipsec")];
    let digests: Vec<Digest> = (1..=400).map(|at| digest("acme", at, always())).collect();
    let found = |at| one(incident(at, "acme", "gw2", ""), &digests).verdict;
    assert_eq!((found(337), found(338)), (Verdict::Announced, Verdict::NotAnnounced));
}

#[test]
fn every_name_must_agree() {
    for (host, service) in [("gw3", ""), ("", "sshd"), ("gw2", "sshd"), ("gw3", "ipsec")] {
        let found = one(incident(15, "acme", host, service), &forty_hours());
        assert_eq!(found.verdict, Verdict::NotAnnounced, "{host} {service}");
    }
    let found = |host, service| one(incident(15, "acme", host, service), &forty_hours());
    assert_eq!((found("gw2", "sshd").other_services, found("gw3", "ipsec").other_services), (1, 0));
    let nameless = |tenant: &str| one(incident(15, tenant, "", ""), &forty_hours());
    assert_eq!(nameless("acme").matched_by, MatchedBy::ClientOnly);
    assert_eq!(nameless("").matched_by, MatchedBy::TimeOnly);
    assert_eq!(nameless("").shown_total, 1);
}

#[test]
fn a_host_that_joined_later_was_not_named_before() {
    let items = |at: i64| match at {
        10..20 => vec![on("spread", &["a"], "sshd")],
        20.. => vec![on("spread", &["a", "b"], "sshd")],
        _ => vec![],
    };
    let digests: Vec<Digest> = (1..=40).map(|at| digest("acme", at, items(at))).collect();
    assert_eq!(one(incident(15, "acme", "b", ""), &digests).verdict, Verdict::NotAnnounced);
    let found = one(incident(24, "acme", "b", ""), &digests);
    assert_eq!(leads(&found, &["spread"]), [("spread", 4.0)]);
    assert_eq!((found.shown[0].first_shown, found.shown[0].related_since), (hour(10), hour(20)));
}

#[test]
fn tenants_are_kept_apart() {
    let of = |tenant, name| digest(tenant, 5, vec![on(name, &["srv1"], "cron")]);
    let digests = [of("acme", "ours"), of("bolt", "theirs")];
    let found = one(incident(9, "bolt", "srv1", ""), &digests);
    assert_eq!(leads(&found, &["ours", "theirs"]), [("theirs", 4.0)]);
    assert_eq!(one(incident(9, "", "srv1", ""), &digests).shown_total, 2);
    let other = one(incident(9, "Acme", "srv1", ""), &digests);
    assert_eq!((other.verdict, other.reason), (Verdict::NotJudged, Some(Reason::NoRecords)));
}

#[test]
fn the_most_specific_comes_first_and_three_are_told() {
    let names = ["wide", "near", "late", "early"];
    let digests = [
        digest("acme", 1, vec![on("wide", &["gw2", "gw3"], "a")]),
        digest("acme", 2, vec![on("near", &["gw2.example.org"], "a")]),
        digest("acme", 3, vec![on("early", &["gw2"], "a")]),
        digest("acme", 4, vec![on("late", &["gw2"], "a")]),
    ];
    let found = one(incident(9, "acme", "gw2", ""), &digests);
    assert_eq!(leads(&found, &names), [("early", 6.0), ("late", 5.0), ("wide", 8.0)]);
    assert_eq!((found.shown_total, found.lead_secs), (4, Some(6.0 * 3_600.0)));
}

#[test]
fn what_was_shown_while_learning_counts_last_and_is_said() {
    let early = || on("early", &["gw2"], "a");
    let digests = [
        learning(digest("acme", 1, vec![early()]), 10),
        digest("acme", 12, vec![early()]),
        digest("acme", 13, vec![early(), on("later", &["gw2"], "a")]),
    ];
    let found = |at| one(incident(at, "acme", "gw2", ""), &digests);
    let (learnt, both) = (found(5), found(20));
    assert!(learnt.shown[0].while_learning);
    assert_eq!(leads(&learnt, &["early"]), [("early", 4.0)]);
    assert_eq!(leads(&both, &["early", "later"]), [("early", 8.0), ("later", 7.0)]);
    let excused = one(incident(5, "acme", "gw9", ""), &digests);
    assert_eq!(
        (excused.verdict, excused.reason),
        (Verdict::NotAnnounced, Some(Reason::StillLearning))
    );
    assert_eq!(judged(vec![incident(5, "acme", "gw2", "")], &digests).announced_while_learning, 1);
}

#[test]
fn what_lies_outside_of_the_records_is_not_judged() {
    let reason = |at| one(incident(at, "acme", "gw2", ""), &forty_hours()).reason;
    assert_eq!(
        (reason(0), reason(64), reason(65)),
        (Some(Reason::BeforeRecords), None, Some(Reason::AfterRecords))
    );
    let nothing = judged(vec![incident(9, "", "", "")], &[]);
    assert_eq!((nothing.judged, nothing.not_judged, nothing.from), (0, 1, None));
    assert_eq!(nothing.incidents[0].reason, Some(Reason::NoRecords));
}

#[test]
fn counts_add_up_and_chance_is_the_share_of_the_time() {
    let mut digests = forty_hours();
    digests[29].items.push(on("other", &["srv1"], "cron"));
    let list = vec![
        incident(30, "acme", "gw2", ""),
        incident(15, "acme", "gw2", ""),
        incident(12, "acme", "srv9", ""),
        incident(90, "acme", "gw2", ""),
    ];
    let found = judged(list, &digests);
    let lines: Vec<u64> = found.incidents.iter().map(|judged| judged.incident.line).collect();
    assert_eq!(lines, [12, 15, 30, 90]);
    assert_eq!((found.judged, found.announced, found.not_judged), (3, 2, 1));
    assert_eq!(found.median_lead_secs, Some(12.5 * 3_600.0));
    // Forty hours of records, of which thirty come after the first showing and none later than a day
    // after the end: the host that nobody named adds nothing.
    assert_eq!(found.incidents[1].by_chance, Some(0.75));
    assert_eq!(found.expected_by_chance, 1.5);
    let items = found.items;
    assert_eq!((items.shown, items.preceded, items.others), (2, 1, 1));
    assert_eq!(items.others_per_day, Some(0.6));
    assert_eq!(found.tenants[0].items, items);
}

#[test]
fn shares_count_what_overlaps_once() {
    let spans = |list: &[(i64, i64)]| list.iter().map(|(a, b)| (hour(*a), hour(*b))).collect();
    for (list, expected) in
        [(&[][..], 0.0), (&[(-5, 2), (1, 3), (8, 99)], 0.5), (&[(2, 9), (3, 4), (8, 9)], 0.7)]
    {
        assert_eq!(share(spans(list), hour(0), hour(10)), expected, "{list:?}");
    }
    assert_eq!(share(spans(&[(0, 9)]), hour(3), hour(3)), 0.0);
}
