//! The cases that the fixtures show: invented tenants, hosts and lines; documentation addresses.

use model::*;

/// What one case renders.
pub(crate) struct Case {
    pub(crate) digest: Digest,
    pub(crate) counts: Counts,
    pub(crate) explanation: Option<Explanation>,
}

/// The case that a fixture's folder is named after.
pub(crate) fn case(name: &str) -> Case {
    match name {
        "quiet_day" => quiet_day(),
        "still_learning" => still_learning(),
        "nothing_read" => nothing_read(),
        "vpn_self_heal" => vpn_self_heal(),
        "ended_badly" => ended_badly(),
        "storm_day" => storm_day(),
        "hostile_text" => hostile_text(),
        other => panic!("no case is called {other}"),
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text, Timestamp::default()).unwrap()
}

fn digest(tenant: &str, items: Vec<Item>, quiet: Quiet) -> Digest {
    Digest {
        as_of: at("2026-11-20T09:00:00Z"),
        since: at("2026-11-06T09:00:00Z"),
        tenant_id: TenantId::new(tenant),
        items,
        quiet,
    }
}

fn quiet() -> Quiet {
    Quiet {
        events: 212_408,
        hosts: 14,
        signatures: 421,
        bands: [
            ("promote", 0),
            ("investigate", 1),
            ("watch", 3),
            ("background", 212),
            ("ignore_fast", 205),
        ]
        .into(),
        ignored_events: 188_310,
        notes: vec!["print-01: 9 new kinds of message within 4 minutes of a restart.".into()],
        held_back: 2,
        cut: vec![],
        told_before: 0,
        learning_until: None,
        coverage: Some(coverage()),
    }
}

/// Thirteen of fourteen were heard all the time.
pub(crate) fn coverage() -> Coverage {
    Coverage {
        percent: Some(97.5),
        last_hour_percent: Some(92.8),
        sources: 14,
        learning: 0,
        missed: vec![Missed {
            source: "switch-3".into(),
            what: MissedHow::Silent,
            since: at("2026-11-20T04:12:00Z"),
            until: None,
            records: None,
        }],
        missed_more: 0,
        clocks: vec![],
        clocks_more: 0,
    }
}

fn counts() -> Counts {
    let mut counts = Counts {
        lines: 212_674,
        bytes: 23_118_402,
        events: 212_408,
        joined: 12,
        repeats: 3,
        repeated: 41,
        defects: [("year_assumed", 120_004), ("invalid_utf8", 2)].into(),
        ..Counts::default()
    };
    (0..251).for_each(|_| counts.refuse(Refusal::Empty));
    counts
}

fn quiet_day() -> Case {
    let mut quiet = quiet();
    quiet.bands.extend([("investigate", 0), ("watch", 0), ("background", 216)]);
    quiet.held_back = 0;
    Case {
        digest: digest("acme", vec![], quiet),
        counts: counts(),
        explanation: Some(Explanation {
            item: None,
            signature: Some(Signature {
                id: SignatureId::derive(&[b"cron"]),
                service: String::new(),
                template: "job <*> finished in <*>".into(),
            }),
            band: Band::IgnoreFast,
            history: vec![],
            notes: vec!["6,048 events in 14 days, every 20m, none later than 21m.".into()],
        }),
    }
}

fn still_learning() -> Case {
    let quiet = Quiet { learning_until: Some(at("2026-11-22T08:30:00Z")), ..quiet() };
    Case { digest: digest("acme", vec![], quiet), counts: counts(), explanation: None }
}

fn nothing_read() -> Case {
    Case {
        digest: digest("acme", vec![], Quiet::default()),
        counts: Counts::default(),
        explanation: None,
    }
}

fn candidate(name: &str) -> CandidateId {
    CandidateId::derive(&[name.as_bytes()])
}

fn term(name: &'static str, value: f64, reason: &str) -> Contribution {
    Contribution { name, value, reason: reason.into() }
}

fn evidence(source: &str, line: u64, at_text: &str, text: &str) -> Evidence {
    Evidence {
        seq: Seq(line),
        event_id: Some(EventId::derive(&[text.as_bytes()])),
        source: source.into(),
        line,
        offset: line * 97,
        at: at(at_text),
        of_lead: true,
        hash: Some(format!("{:032x}", u128::from(line) << 64)),
        text: Some(text.into()),
    }
}

/// The lines around the latest outage, and that around the first one could not be read again.
fn vpn_context() -> Vec<ContextLine> {
    let around =
        |relation, occasion: &str, line| ContextLine { relation, occasion: at(occasion), line };
    let (first, latest) = ("2026-11-13T08:02:11Z", "2026-11-20T08:36:55Z");
    let log = |line, at, text| evidence("/var/log/fw-hq.log", line, at, text);
    vec![
        around(Relation::Itself, first, Evidence::unread(Seq(88_121), at(first))),
        around(
            Relation::Before,
            latest,
            log(
                95_402,
                "2026-11-20T08:35:21Z",
                "Nov 20 08:35:21 fw-hq kernel: eth1: link speed changed to 100 Mbit/s",
            ),
        ),
        around(
            Relation::Itself,
            latest,
            log(
                95_410,
                latest,
                "Nov 20 08:36:55 fw-hq charon: <br2|34> giving up after 5 retransmits, peer 203.0.113.18 not responding",
            ),
        ),
        around(
            Relation::After,
            latest,
            log(
                95_411,
                "2026-11-20T08:36:57Z",
                "Nov 20 08:36:57 fw-hq named: network unreachable resolving 'intranet.example'",
            ),
        ),
    ]
}

fn check(text: &str, command: Option<&str>, host: Option<&str>) -> Check {
    Check {
        text: text.into(),
        command: command.map(str::to_owned),
        host: host.map(str::to_owned),
        read_only: true,
        ..Check::default()
    }
}

pub(crate) fn vpn_item() -> Item {
    Item {
        candidate_id: candidate("vpn"),
        candidate_type: CandidateType::SelfHeal,
        title: "VPN hq⇄br2 on fw-hq drops and heals by itself, longer each day".into(),
        decision_band: Band::Investigate.decision_word(),
        band: Band::Investigate,
        status: "open",
        lifecycle: Lifecycle {
            stage: Stage::Growing,
            reason: "5 failures since the digest of 2026-11-19 08:30, 9 before".into(),
            since: at("2026-11-13T08:02:11Z"),
            age_secs: 606_469,
            told_before: Some(at("2026-11-19T08:30:00Z")),
        },
        outcome: None,
        score_total: 0.64,
        why_it_matters: "Each outage is longer than the last: median 1m 50s on days 1-3, 4m 20s \
                         on days 4-6."
            .into(),
        why: vec![
            "11 of 14 outages fall into 07:50-09:10; chance predicts 0.8.".into(),
            "It ends by itself before a rule that waits 10 minutes can fire.".into(),
        ],
        what: "The tunnel br2 lost its peer 203.0.113.18 and came back 14 times in 6 working \
               days. Median outage 3m 10s, longest 6m 40s."
            .into(),
        frequency: Frequency {
            count: 28,
            per_day: vec![0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 2, 2, 3, 5],
            median_gap_secs: Some(26_520.0),
            trend: "rising",
        },
        place: Where {
            tenant_id: "acme".into(),
            hosts: vec!["fw-hq".into()],
            hosts_total: 1,
            services: vec!["charon".into()],
        },
        timing: Timing {
            first: at("2026-11-13T08:02:11Z"),
            last: at("2026-11-20T08:41:07Z"),
            usual_hours: Some("07:00–10:00 UTC (22 of 28)".into()),
        },
        baseline: Baseline {
            usual: "0 outages a day in the 60 days before".into(),
            now: "5 outages today".into(),
        },
        seen_before: vec![SeenBefore {
            candidate_id: candidate("vpn-br4"),
            reason: "same signature on fw-br4 for 9 days in March".into(),
            outcome: "ended in an outage of 3h 12m".into(),
        }],
        knowledge: None,
        check_next: vec![
            check(
                "Is dead-peer detection failing more often on this tunnel only?",
                Some("ipsec statusall br2"),
                Some("fw-hq"),
            ),
            check(
                "Is packet loss to the peer above 1 % between 07:30 and 09:30? Then it points to \
                 the provider's line.",
                Some("mtr --report --report-cycles 300 203.0.113.18"),
                Some("fw-hq"),
            ),
            check("Compare the lifetimes of both phases on both ends.", None, None),
        ],
        unknowns: vec!["The firewall at br2 sends no logs: its side is not known.".into()],
        would_change: vec![
            "Up to promote: a second tunnel of fw-hq is affected, or one outage lasts 10 minutes."
                .into(),
            "Down to background: 7 days without an outage.".into(),
        ],
        contributions: vec![
            term("recurrence", 0.2149, "14 occasions since 2026-11-13 08:02"),
            term("recovery", 0.1500, "14 of 14 failures healed by themselves"),
            term("novelty", 0.1201, "chance 10^-5 under the usual"),
            term("memory", 0.0750, "an earlier one like it ended in an outage"),
            term("temporal_correlation", 0.0499, "a companion on 9 of 14 occasions"),
            term("human_impact", 0.0301, "its source says notice"),
        ],
        evidence: vec![
            evidence(
                "/var/log/fw-hq.log",
                88_121,
                "2026-11-13T08:02:11Z",
                "Nov 13 08:02:11 fw-hq charon: <br2|7> giving up after 5 retransmits, peer 203.0.113.18 not responding",
            ),
            evidence(
                "/var/log/fw-hq.log",
                88_137,
                "2026-11-13T08:04:01Z",
                "Nov 13 08:04:01 fw-hq charon: <br2|8> IKE_SA br2[8] established",
            ),
            evidence(
                "/var/log/fw-hq.log",
                93_002,
                "2026-11-18T07:58:40Z",
                "Nov 18 07:58:40 fw-hq charon: <br2|15> giving up after 5 retransmits, peer 203.0.113.18 not responding",
            ),
            evidence(
                "/var/log/fw-hq.log",
                95_410,
                "2026-11-20T08:36:55Z",
                "Nov 20 08:36:55 fw-hq charon: <br2|34> giving up after 5 retransmits, peer 203.0.113.18 not responding",
            ),
            evidence(
                "/var/log/fw-hq.log",
                95_433,
                "2026-11-20T08:41:07Z",
                "Nov 20 08:41:07 fw-hq charon: <br2|35> IKE_SA br2[35] established",
            ),
        ],
        evidence_total: 28,
        context: vpn_context(),
        scorer_version: "foreshock-score/1",
    }
}

fn vpn_self_heal() -> Case {
    let change = |text: &str, from, to, reason: &str| BandChange {
        at: at(text),
        from,
        to,
        reason: reason.into(),
    };
    Case {
        digest: digest("acme", vec![vpn_item()], quiet()),
        counts: counts(),
        explanation: Some(Explanation {
            item: Some(vpn_item()),
            signature: Some(Signature {
                id: SignatureId::derive(&[b"charon"]),
                service: "charon".into(),
                template: "giving up after <*> retransmits, peer <*> not responding".into(),
            }),
            band: Band::Investigate,
            history: vec![
                change(
                    "2026-11-16T08:11:00Z",
                    Band::Background,
                    Band::Watch,
                    "more often than usual: chance 10^-3.1, asked for 10^-2.5",
                ),
                change(
                    "2026-11-18T08:03:00Z",
                    Band::Watch,
                    Band::Investigate,
                    "open candidate, score 0.57",
                ),
            ],
            notes: vec!["The events pair with \"IKE_SA <*> established\".".into()],
        }),
    }
}

/// A story that is over, and bad: the digest tells it once more.
fn ended_badly() -> Case {
    let open = vpn_self_heal();
    let item = Item {
        title: "VPN hq⇄br2 on fw-hq dropped and healed by itself, 14 times".into(),
        band: Band::Watch,
        decision_band: Band::Watch.decision_word(),
        status: "closed",
        lifecycle: closed(),
        outcome: Some("ended badly: “no route to peer …” 6d 23h after it began".into()),
        would_change: vec!["nothing, as it is closed".into()],
        ..vpn_item()
    };
    let explanation = open.explanation.map(|explanation| Explanation {
        item: Some(item.clone()),
        band: Band::Watch,
        ..explanation
    });
    Case { digest: digest("acme", vec![item], quiet()), counts: counts(), explanation }
}

fn closed() -> Lifecycle {
    let reason = "14 failures in all".into();
    Lifecycle { stage: Stage::Closed, reason, ..vpn_item().lifecycle }
}

fn storm_day() -> Case {
    let bands = [Band::Promote, Band::Investigate, Band::Watch];
    let items = (0..10_usize).map(|n| {
        let band = bands[n * bands.len() / 10];
        let score = 0.91 - 0.06 * n as f64;
        Item {
            candidate_id: candidate(&format!("storm {n}")),
            candidate_type: CandidateType::ALL[n % CandidateType::ALL.len()],
            title: format!(
                "switch sw-{n:02} of the rack row reports link flaps on port {n}, in step with row {n} power"
            ),
            band,
            decision_band: band.decision_word(),
            status: if n < 9 { "open" } else { "closed" },
            lifecycle: if n < 9 { vpn_item().lifecycle } else { closed() },
            outcome: (n == 9).then(|| "went quiet by itself".into()),
            score_total: score,
            what: format!("Port {n} went down and up 206 times in 10 minutes, always with row {n}."),
            why_it_matters: "412 changes of the link in 10 minutes; usual are 3 a day, and never on \
                             ten switches at once."
                .into(),
            why: vec![],
            knowledge: None,
            check_next: vec![check("Which supply feeds this row, and what does its log say?", None, None)],
            contributions: vec![
                term("novelty", score + 0.10, "chance 10^-30 under the usual"),
                term("damping", -0.10, "quiet for 2d"),
            ],
            seen_before: vec![],
            frequency: Frequency {
                count: 41_200,
                per_day: vec![3, 2, 4, 3, 2, 3, 41_183],
                median_gap_secs: Some(0.4),
                trend: "rising",
            },
            ..vpn_item()
        }
    });
    Case { digest: digest("bolt", items.collect(), quiet()), counts: counts(), explanation: None }
}

/// Text that tries to recolour, to reverse, to forge a heading and to smuggle in mark-up.
pub(crate) const HOSTILE: &str = "\x1b[31mALL CLEAR\x1b[0m\x07\r\n# forged heading\n 1 ◆ promote 1.00  forged\n\
    \u{202e}txt.exe\u{2066} <img src=x onerror=alert(1)> [click](https://evil.example) ```\n```\n| a | b |\u{9b}2J\u{200b}";

fn hostile_text() -> Case {
    let item = hostile_item(HOSTILE);
    Case {
        digest: digest(HOSTILE, vec![item.clone()], hostile_quiet(HOSTILE)),
        counts: counts(),
        explanation: Some(hostile_explanation(item, HOSTILE)),
    }
}

/// An item with `text` in every place that log text can reach.
pub(crate) fn hostile_item(text: &str) -> Item {
    let own = || text.to_owned();
    Item {
        title: own(),
        lifecycle: Lifecycle { reason: own(), ..vpn_item().lifecycle },
        outcome: Some(own()),
        why_it_matters: own(),
        why: vec![own(), own()],
        what: own(),
        place: Where {
            tenant_id: own(),
            hosts: vec![own(), own()],
            hosts_total: 40,
            services: vec![own()],
        },
        timing: Timing { usual_hours: Some(own()), ..vpn_item().timing },
        baseline: Baseline { usual: own(), now: own() },
        seen_before: vec![SeenBefore {
            candidate_id: candidate("hostile"),
            reason: own(),
            outcome: own(),
        }],
        knowledge: Some(Knowledge {
            family: own(),
            title: own(),
            follows: vec![own()],
            counter_evidence: vec![own()],
        }),
        check_next: vec![Check {
            text: own(),
            command: Some(own()),
            host: Some(own()),
            read_only: false,
            expected_if_bad: Some(own()),
            platform: Some(own()),
            source: Some(own()),
            ..Check::default()
        }],
        unknowns: vec![own()],
        would_change: vec![own(), own()],
        contributions: vec![term("recurrence", 0.3, text), term("spread", 0.3, text)],
        evidence: vec![Evidence {
            source: own(),
            hash: Some(own()),
            text: Some(own()),
            ..vpn_item().evidence[0].clone()
        }],
        context: vpn_context()
            .into_iter()
            .map(|around| ContextLine {
                line: Evidence { source: own(), text: Some(own()), ..around.line },
                ..around
            })
            .collect(),
        ..vpn_item()
    }
}

pub(crate) fn hostile_quiet(text: &str) -> Quiet {
    let mut coverage = coverage();
    text.clone_into(&mut coverage.missed[0].source);
    Quiet { notes: vec![text.to_owned()], coverage: Some(coverage), ..quiet() }
}

pub(crate) fn hostile_explanation(item: Item, text: &str) -> Explanation {
    Explanation {
        item: Some(item),
        signature: Some(Signature {
            id: SignatureId::derive(&[b"hostile"]),
            service: text.to_owned(),
            template: text.to_owned(),
        }),
        band: Band::Promote,
        history: vec![BandChange {
            at: at("2026-11-20T08:00:00Z"),
            from: Band::Watch,
            to: Band::Promote,
            reason: text.to_owned(),
        }],
        notes: vec![text.to_owned()],
    }
}

/// A digest with `text` in every place that log text can reach.
pub(crate) fn hostile_digest(text: &str) -> Digest {
    digest(text, vec![hostile_item(text); 2], hostile_quiet(text))
}

/// A backtest with `text` in every place that logs or the file of incidents can reach.
pub(crate) fn hostile_backtest(text: &str) -> Backtest {
    let own = || Some(text.to_owned());
    let announced = JudgedIncident {
        incident: Incident {
            line: 2,
            at: at("2026-11-20T09:00:00Z"),
            id: own(),
            title: own(),
            tenant_id: Some(TenantId::new(text)),
            host: own(),
            service: own(),
        },
        lead_secs: Some(86_400.0),
        by_chance: Some(0.25),
        shown: vec![shown_before(text); 2],
        shown_total: 3,
        ..not_announced()
    };
    let unnamed = JudgedIncident {
        incident: Incident { tenant_id: None, ..announced.incident.clone() },
        matched_by: MatchedBy::TimeOnly,
        ..announced.clone()
    };
    let verdict = Verdict::Announced;
    let silent = JudgedIncident { incident: announced.incident.clone(), ..not_announced() };
    let tenant = TenantTotals { tenant_id: TenantId::new(text), days: 14.0, items: item_totals() };
    Backtest {
        incidents: vec![
            JudgedIncident { verdict, ..announced },
            JudgedIncident { verdict, ..unnamed },
            silent,
        ],
        tenants: vec![tenant; 2],
        ..backtest()
    }
}

fn shown_before(title: &str) -> ShownBefore {
    ShownBefore {
        candidate_id: candidate("shown"),
        tenant_id: TenantId::new(title),
        candidate_type: CandidateType::SelfHeal,
        title: title.into(),
        band: Band::Investigate,
        first_shown: at("2026-11-18T09:00:00Z"),
        related_since: at("2026-11-19T09:00:00Z"),
        lead_secs: 86_400.0,
        was_open: false,
        while_learning: true,
    }
}

/// An incident without a word before it.
pub(crate) fn not_announced() -> JudgedIncident {
    JudgedIncident {
        incident: Incident { line: 3, at: at("2026-11-20T10:00:00Z"), ..Incident::default() },
        verdict: Verdict::NotAnnounced,
        reason: None,
        matched_by: MatchedBy::HostAndService,
        lead_secs: None,
        by_chance: Some(0.125),
        shown: vec![],
        shown_total: 0,
        other_services: 0,
    }
}

pub(crate) fn item_totals() -> ItemTotals {
    ItemTotals { shown: 8, preceded: 1, others: 7, others_per_day: Some(0.5), not_remembered: 2 }
}

/// A backtest with every kind of number in it, and no incident.
pub(crate) fn backtest() -> Backtest {
    Backtest {
        from: Some(at("2026-11-06T09:00:00Z")),
        to: Some(at("2026-11-20T09:00:00Z")),
        digest_every_secs: 3_600.0,
        window_secs: 14.0 * 86_400.0,
        grace_secs: 86_400.0,
        judged: 5,
        announced: 3,
        announced_by_client_only: 1,
        announced_while_learning: 1,
        expected_by_chance: 0.75,
        median_lead_secs: Some(187_200.0),
        not_judged: 1,
        bad_rows: 2,
        items: item_totals(),
        tenants: vec![],
        incidents: vec![],
    }
}
