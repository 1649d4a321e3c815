//! Events in, and every question answered as a look at each event would answer it: from memory, from blocks,
//! after damage, page by page.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

use model::port::EventSearch;
use model::search::{Found, Order, Page, Query, Text};
use model::{Seq, Severity, SignatureId, TenantId, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;
use store::disk::{Disk, sim::SimDisk};
use store::events::{EventOptions, EventRow, Events};

const BEGIN: i64 = 1_790_000_000_000_000;

#[derive(Debug, Clone)]
struct Event {
    found: Found,
    template: String,
}

fn event(n: u64) -> Event {
    let mut next = chance(n);
    let kinds = [
        ("sshd", "Accepted publickey for <*> from <*> port <*>"),
        ("kernel", "eth0: link <*>, <*> Mbps"),
        ("db", "checkpoint took <*> ms"),
        ("app", "Réponse <*>"),
        ("", "plain words only"),
    ];
    let (service, template) = kinds[(next() % 5) as usize];
    let values = [
        format!("ann{}", next() % 9),
        format!("10.0.{}.7", next() % 4),
        format!("{}", next() % 400),
    ];
    let mut text = String::new();
    for (place, literal) in template.split("<*>").enumerate() {
        if place > 0 {
            text += &values[place - 1];
        }
        text += literal;
    }
    // Some texts are not what their template says.
    if next().is_multiple_of(11) {
        text = format!("DISK-full on /var/{} [{}]", next() % 50, values[1]);
    }
    let late = (next() % 5_000) as i64;
    Event {
        found: Found {
            seq: Seq(n),
            at: Timestamp::from_micros(BEGIN + n as i64 * 1_000 - late * 100),
            tenant_id: TenantId::new(if next().is_multiple_of(3) { "acme" } else { "beta" }),
            host: format!("host{}", next() % 6),
            service: service.to_owned(),
            severity: Severity::from_number((next() % 10) as u8),
            signature_id: SignatureId::derive(&[service.as_bytes(), template.as_bytes()]),
            text,
        },
        template: template.to_owned(),
    }
}

fn chance(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }
}

fn row(event: &Event) -> EventRow<'_> {
    EventRow {
        seq: event.found.seq,
        at: event.found.at,
        tenant: &event.found.tenant_id,
        host: &event.found.host,
        service: &event.found.service,
        severity: event.found.severity,
        signature: event.found.signature_id,
        template: &event.template,
        text: &event.found.text,
    }
}

const SMALL: EventOptions =
    EventOptions { block_events: 300, block_bytes: 1 << 20, file_bytes: 8_000, level: 1 };

fn open(disk: &SimDisk) -> Events {
    Events::open(Arc::new(disk.clone()), SMALL).unwrap()
}

/// Events `from..to`, in batches.
fn push(events: &Events, from: u64, to: u64) {
    for start in (from..to).step_by(70) {
        let end = (start + 70).min(to);
        let made: Vec<Event> = (start..end).map(event).collect();
        events.push(made.iter().map(row), Seq(end)).unwrap();
    }
}

/// What a look at each event would answer.
fn expected(query: &Query, total: u64) -> Vec<Found> {
    let any = |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mut found: Vec<Found> = (0..total).map(|n| event(n).found).collect();
    found.retain(|event| {
        query.tenant.as_ref().is_none_or(|tenant| *tenant == event.tenant_id)
            && any(&query.hosts, &event.host)
            && any(&query.services, &event.service)
            && (query.signatures.is_empty() || query.signatures.contains(&event.signature_id))
            && query
                .severity
                .is_none_or(|least| event.severity.is_some_and(|s| s.is_at_least(least)))
            && query.from.is_none_or(|from| event.at >= from)
            && query.until.is_none_or(|until| event.at < until)
            && query.text.terms.iter().all(|term| says(&event.text, term))
    });
    found.sort_by_key(Found::place);
    if query.order == Order::Newest {
        found.reverse();
    }
    found
}

fn says(text: &str, term: &model::search::Term) -> bool {
    let text = text.to_ascii_lowercase();
    let is_word = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii();
    let edge = |a: Option<char>, b: Option<char>| a.is_some_and(is_word) && b.is_some_and(is_word);
    (0..text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| {
        let (before, rest) = text.split_at(at);
        rest.strip_prefix(&*term.text).is_some_and(|after| {
            let begins = !edge(before.chars().next_back(), term.text.chars().next());
            let ends = !edge(term.text.chars().next_back(), after.chars().next());
            (begins || !term.begins_word) && (ends || !term.ends_word)
        })
    })
}

/// All pages.
fn all(events: &Events, query: &Query) -> (Vec<Found>, usize) {
    let (mut query, mut found, mut pages) = (query.clone(), Vec::new(), 0);
    loop {
        let page: Page = events.search(&query).unwrap();
        assert!(page.found.len() <= query.limit.max(1));
        assert_eq!(page.scan.blocks_damaged, 0);
        found.extend(page.found);
        pages += 1;
        match page.next {
            Some(next) => query.after = Some(next),
            None => return (found, pages),
        }
    }
}

fn query() -> impl Strategy<Value = Query> {
    let names = |names: &'static [&'static str]| {
        prop::sample::subsequence(names, 0..=names.len().min(2))
            .prop_map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let text = prop::sample::select(vec![
        "",
        "accepted",
        "ANN3",
        "ann*",
        "10.0.2.7",
        "\"0.2\"",
        "disk-full var",
        "full",
        "disk",
        "link 5*",
        "réponse",
        "nothing",
        "took \"00 ms\"",
        "\"nn\" port",
        "plain words only",
        "p",
        "\"p\"",
    ]);
    let time = || prop::option::of(0..4_000i64);
    (
        prop::option::of(prop::sample::select(vec!["acme", "beta", "other"])),
        names(&["host0", "host3", "host9"]),
        names(&["sshd", "", "kernel"]),
        (prop::option::of(0..8u8), time(), time(), any::<bool>(), any::<bool>()),
        (text, 1..700usize),
    )
        .prop_map(
            |(tenant, hosts, services, (severity, from, until, newest, kind), (text, limit))| {
                let at = |n: i64| Timestamp::from_micros(BEGIN + n * 1_000);
                let signature = SignatureId::derive(&[b"db", b"checkpoint took <*> ms"]);
                Query {
                    tenant: tenant.map(TenantId::new),
                    hosts,
                    services,
                    signatures: if kind { Vec::new() } else { vec![signature] },
                    severity: severity.and_then(Severity::from_number),
                    from: from.map(at),
                    until: until.map(at),
                    text: Text::parse(text),
                    order: if newest { Order::Newest } else { Order::Oldest },
                    limit,
                    after: None,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_question_is_answered_as_by_looking_at_each_event(query in query()) {
        thread_local! {
            static EVENTS: Events = {
                let events = open(&SimDisk::new());
                push(&events, 0, 4_000);
                events
            };
        }
        EVENTS.with(|events| {
            let expected = expected(&query, 4_000);
            let (found, _) = all(events, &query);
            prop_assert_eq!(&found, &expected);
            let facets = events.facets(&query, 100).unwrap();
            prop_assert_eq!(facets.total, expected.len() as u64);
            prop_assert_eq!(facets.severities.iter().sum::<u64>(), expected.len() as u64);
            for (host, count) in facets.hosts {
                let hits = expected.iter().filter(|found| found.host == host).count();
                prop_assert_eq!(hits as u64, count);
            }
            let signatures: u64 = facets.signatures.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(signatures, expected.len() as u64);
            let times: Vec<_> = expected.iter().map(|found| found.at).collect();
            let span = times.iter().min().copied().zip(times.iter().max().copied());
            prop_assert_eq!(facets.times, span);
            Ok(())
        })?;
    }
}

#[test]
fn what_is_stored_is_there_again_and_the_rest_is_asked_for() {
    let disk = SimDisk::new();
    let events = open(&disk);
    push(&events, 0, 4_000);
    let status = events.status();
    assert_eq!(status.stored + status.waiting, 4_000);
    assert!(status.waiting > 0 && status.files > 2, "{status:?}");
    let through = events.stored_through();
    assert_eq!(through.0, status.stored);
    drop(events);
    let events = open(&disk);
    assert_eq!(events.stored_through(), through);
    push(&events, through.0, 4_000);
    let query = Query { limit: 10_000, ..Query::default() };
    assert_eq!(all(&events, &query).0, expected(&query, 4_000));
    events.flush().unwrap();
    assert_eq!((events.status().waiting, events.stored_through()), (0, Seq(4_000)));
    assert_eq!(all(&open(&disk), &query).0, expected(&query, 4_000));
}

/// While one thread hands in and closes blocks, each event is found once at any moment.
#[test]
fn a_search_finds_each_event_once_while_blocks_are_closed() {
    let events = open(&SimDisk::new());
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| push(&events, 0, 8_000));
        let query = Query { limit: 10_000, order: Order::Oldest, ..Query::default() };
        let mut before = 0;
        while !writer.is_finished() {
            let page = events.search(&query).unwrap();
            let mut seqs: Vec<u64> = page.found.iter().map(|found| found.seq.0).collect();
            seqs.sort_unstable();
            assert_eq!(seqs, (0..seqs.len() as u64).collect::<Vec<_>>());
            assert!(seqs.len() >= before);
            before = seqs.len();
        }
    });
}

#[test]
fn records_without_events_are_not_asked_for_again() {
    let disk = SimDisk::new();
    let events = open(&disk);
    push(&events, 0, 100);
    events.push([], Seq(1_000_000)).unwrap();
    events.flush().unwrap();
    events.push([], Seq(2_000_000)).unwrap();
    events.flush().unwrap();
    drop(events);
    let events = open(&disk);
    assert_eq!((events.stored_through(), events.status().stored), (Seq(2_000_000), 100));
    let query = Query { limit: 1_000, ..Query::default() };
    assert_eq!(all(&events, &query).0, expected(&query, 100));
}

/// Who only looks cuts nothing, though the end is torn: another program may be writing it.
#[test]
fn looking_changes_nothing() {
    let disk = SimDisk::new();
    let events = open(&disk);
    push(&events, 0, 1_000);
    let name = &disk.list().unwrap()[0].name;
    let mut torn = content(&disk, name);
    torn.truncate(torn.len() - 5);
    let disk = SimDisk::new();
    disk.create(name).unwrap().write_all_at(&torn, 0).unwrap();
    let view = Events::look(Arc::new(disk.clone())).unwrap();
    let page = view.search(&Query { limit: 1_000, ..Query::default() }).unwrap();
    assert!(page.found.len() > 100);
    assert_eq!(content(&disk, name), torn);
}

#[test]
fn most_blocks_are_passed_over() {
    let events = open(&SimDisk::new());
    push(&events, 0, 9_000);
    events.flush().unwrap();
    let mut rare = event(9_000);
    rare.found.text = "Zebra crossed the street".to_owned();
    events.push([row(&rare)], Seq(9_001)).unwrap();
    events.flush().unwrap();
    let query = Query { text: Text::parse("zebra"), limit: 10, ..Query::default() };
    let page = events.search(&query).unwrap();
    assert_eq!(page.found, [rare.found]);
    assert!(page.scan.blocks >= 20 && page.scan.blocks_read <= 3, "{:?}", page.scan);
    // The newest ten of all are in the last blocks.
    let page = events.search(&Query { limit: 10, ..Query::default() }).unwrap();
    assert!(page.next.is_some() && page.scan.blocks_read <= 6, "{:?}", page.scan);
    let times = Query { from: Some(Timestamp::from_micros(BEGIN + 9_500_000)), ..query };
    assert_eq!(events.search(&times).unwrap().scan.blocks_read, 0);
}

fn content(disk: &SimDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; file.size().unwrap() as usize];
    file.read_at(&mut bytes, 0).unwrap();
    bytes
}

/// Bits flip at any byte, files are cut anywhere: what is found was handed in, what is damaged is told, and
/// nothing panics.
#[test]
fn damage_is_told_or_made_again() {
    let disk = SimDisk::new();
    let options = EventOptions { block_events: 60, ..SMALL };
    let events = Events::open(Arc::new(disk.clone()), options).unwrap();
    push(&events, 0, 280);
    events.flush().unwrap();
    let name = &disk.list().unwrap()[0].name;
    let bytes = content(&disk, name);
    let query = Query { limit: 10_000, ..Query::default() };
    let whole = expected(&query, 280);
    for place in 0..bytes.len() {
        for is_cut in [false, true] {
            let disk = SimDisk::new();
            let mut damaged = bytes.clone();
            match is_cut {
                true => damaged.truncate(place),
                false => damaged[place] ^= 1 << (place % 8),
            }
            disk.create(name).unwrap().write_all_at(&damaged, 0).unwrap();
            let events = open(&disk);
            let page = events.search(&query).unwrap();
            let told = page.scan.blocks_damaged > 0 || events.stored_through() < Seq(280);
            assert!(told || page.found == whole, "byte {place}");
            assert!(page.found.iter().all(|found| *found == event(found.seq.0).found), "{place}");
            if page.scan.blocks_damaged == 0 {
                // What is missing is made again from the records.
                push(&events, events.stored_through().0, 280);
                assert_eq!(all(&events, &query).0, whole, "byte {place}");
                continue;
            }
            assert_eq!(events.status().damaged_blocks, page.scan.blocks_damaged);
            // At the next start: where the records are there, they are made again.
            let events = open(&disk);
            assert_eq!(events.drop_damaged(&|_| false).unwrap(), None);
            assert_eq!(events.status().damaged_blocks, 1);
            let from = events.drop_damaged(&|_| true).unwrap();
            assert_eq!(from, Some(events.stored_through()), "byte {place}");
            push(&events, events.stored_through().0, 280);
            assert_eq!(all(&events, &query).0, whole, "byte {place}");
        }
    }
}

#[test]
fn a_full_disk_keeps_events_in_memory_until_there_is_room() {
    let disk = SimDisk::new();
    let events = open(&disk);
    push(&events, 0, 2_000);
    disk.set_capacity(Some(0));
    let made: Vec<Event> = (2_000..2_500).map(event).collect();
    assert!(events.push(made.iter().map(row), Seq(2_500)).is_err());
    let query = Query { limit: 10_000, ..Query::default() };
    assert_eq!(all(&events, &query).0, expected(&query, 2_500));
    disk.set_capacity(None);
    push(&events, 2_500, 3_000);
    events.flush().unwrap();
    assert_eq!(all(&open(&disk), &query).0, expected(&query, 3_000));
}

#[test]
fn old_events_go_by_age_by_size_and_by_band() {
    let disk = SimDisk::new();
    let events = open(&disk);
    push(&events, 0, 6_000);
    let kept = SignatureId::derive(&[b"db", b"checkpoint took <*> ms"]);
    let before = Timestamp::from_micros(BEGIN + 4_000_000);
    let left_out =
        events.thin(before, &|tenant, id| tenant.as_str() == "acme" && *id == kept).unwrap();
    assert!(left_out > 2_000);
    assert_eq!(events.status().expired, left_out);
    // A second time there is nothing to leave out.
    assert_eq!(events.thin(before, &|_, _| false).unwrap(), 0);
    let query = Query { limit: 10_000, order: Order::Oldest, ..Query::default() };
    let found = all(&events, &query).0;
    assert_eq!(found.len() as u64, 6_000 - left_out);
    let old = found.iter().take_while(|found| found.seq < Seq(2_500));
    assert!(old.clone().count() > 50);
    assert!(old.into_iter().all(|f| f.tenant_id.as_str() == "acme" && f.signature_id == kept));
    assert_eq!(
        all(&open(&disk), &Query { until: Some(before), ..query.clone() }).0.len(),
        found.iter().filter(|found| found.at < before).count()
    );
    let removed = events.expire(Some(before), None).unwrap();
    assert!(removed > 0);
    let size = events.status().bytes;
    let removed = events.expire(None, Some(size / 2)).unwrap();
    assert!(removed > 0 && events.status().bytes <= size / 2);
    let names: Vec<String> = disk.list().unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names.len() as u64, events.status().files);
}
