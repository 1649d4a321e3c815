//! What the page of a backtest says in the cases that seldom happen.

use crate::cases::{backtest, hostile_backtest, item_totals, not_announced};
use model::{
    Backtest, ItemTotals, JudgedIncident, MatchedBy, Reason, TenantId, TenantTotals, Verdict,
};
use outputs::{Style, backtest as page};

/// The page without its line ends.
fn said(backtest: &Backtest) -> String {
    let page = page::text(backtest, &Style { color: false, width: 100 });
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_heading_counts_what_was_announced() {
    let judged = |judged, announced, lead| Backtest {
        judged,
        announced,
        median_lead_secs: lead,
        ..backtest()
    };
    for (backtest, heading) in [
        (
            judged(5, 3, Some(187_200.0)),
            "BACKTEST 3 of 5 incidents were announced, median lead 2d 4h ",
        ),
        (judged(1, 1, Some(90.0)), "BACKTEST 1 of 1 incident was announced, lead 1m 30s "),
        (judged(2, 0, None), "BACKTEST 0 of 2 incidents were announced Records"),
        (judged(0, 0, None), "BACKTEST no incident could be judged Records"),
    ] {
        let said = said(&backtest);
        assert!(said.starts_with(heading), "{said}");
    }
}

#[test]
fn what_the_heading_hides_is_said_below_it() {
    let page = said(&backtest());
    for part in [
        "0.8 of 5 would count as announced",
        "1 of the 3 announced matched by client only",
        "1 of the 3 announced rest on items shown while learning",
        "1 incident is not judged",
        "2 rows of the file are left out",
        "2 further items were not remembered",
        "nothing is claimed here of how many items were worth reading",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn silence_is_told_with_its_reason() {
    let silent = |reason, matched_by, other_services| JudgedIncident {
        verdict: if reason == Some(Reason::NoRecords) {
            Verdict::NotJudged
        } else {
            Verdict::NotAnnounced
        },
        reason,
        matched_by,
        other_services,
        ..not_announced()
    };
    for (judged, told) in [
        (silent(None, MatchedBy::Host, 0), "not announced (no title)"),
        (silent(None, MatchedBy::Host, 0), "nothing that names its host."),
        (silent(None, MatchedBy::HostAndService, 2), "but 2 items named its host"),
        (silent(Some(Reason::StillLearning), MatchedBy::Service, 0), "still being learnt"),
        (silent(Some(Reason::NoRecords), MatchedBy::TimeOnly, 0), "not judged (no title)"),
    ] {
        let page = said(&Backtest { incidents: vec![judged], ..backtest() });
        assert!(page.contains(told), "{told}: {page}");
    }
}

#[test]
fn an_item_that_named_the_host_late_says_from_when_it_counts() {
    let page = said(&hostile_backtest("gw2"));
    for part in [
        "2026-11-18 09:00, 1d before: ▲ investigate, self_heal; counted from 2026-11-19 09:00",
        "shown while learning; over then; cand_",
        "And 1 more item.",
        "Matched by time only",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn clients_are_counted_one_by_one_up_to_a_limit() {
    let tenant = |n: usize| TenantTotals {
        tenant_id: TenantId::new(format!("client{n}")),
        days: 14.0,
        items: if n == 0 { ItemTotals::default() } else { item_totals() },
    };
    let page = said(&Backtest { tenants: (0..12).map(tenant).collect(), ..backtest() });
    assert!(page.contains("client0, 14.0 days: no item was shown."), "{page}");
    assert!(page.contains("client9") && !page.contains("client10"), "{page}");
    assert!(page.contains("And 2 more clients"), "{page}");
    let alone = said(&Backtest { tenants: vec![tenant(1)], ..backtest() });
    assert!(!alone.contains("client1"), "{alone}");
}
