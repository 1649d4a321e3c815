//! What a signature costs in memory: counted by the allocator, over a client with a hundred thousand of
//! them, and by the sizes of the rows.

#![allow(
    clippy::unwrap_used,
    unsafe_code,
    reason = "a counting allocator; a test says by panicking"
)]

use engine::attention::cell::Cell;
use engine::attention::known::{Kind, Wide};
use engine::attention::pairs::Pairs;
use engine::attention::rate::Rate;
use engine::entities::Entities;
use engine::signature::{Skeleton, fingerprint};
use engine::values::Values;
use engine::{Config, Engine, Sighting};
use model::{Seq, Severity, Span, TenantId, Timestamp};
use std::alloc::{GlobalAlloc, Layout, System};
use std::mem::size_of;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, and how much it has given out.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The `n`-th kind of message: distinct words, so that no two are one signature.
fn body(n: u64) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xu",
        "za",
    ];
    let word = |n: u64| (0..4).map(|i| SYLLABLES[(n >> (4 * i)) as usize & 15]).collect::<String>();
    format!(
        "{} {} was not {} in time",
        word(n),
        word(n >> 8 ^ 0x5a5a),
        word(n.wrapping_mul(40_503))
    )
}

/// An engine that saw each of so many kinds on so many occasions; most of them far apart.
fn engine(kinds: u64, occasions: u64) -> Engine {
    let (tenant, mut skeleton) = (TenantId::new("acme"), Skeleton::default());
    let mut engine = Engine::new(Config::default());
    let mut changes = Vec::new();
    let begin = Timestamp::from_secs(1_772_409_600);
    // So many hosts that hardly two kinds meet on one: companions are counted by their rows.
    let hosts: Vec<String> = (0..600).map(|n| format!("host{n}")).collect();
    for turn in 0..occasions {
        for n in 0..kinds {
            let (body, service) = (body(n), format!("svc{}", n % 40));
            fingerprint(&service, &body, &mut skeleton);
            let at = begin + Span::DAY.times(3 * turn as i64) + Span::from_secs((n / 2) as i64);
            let sighting = Sighting {
                seq: Seq(turn * kinds + n),
                at,
                host: &hosts[(n % 600) as usize],
                source: "oak.log",
                service: &service,
                severity: Some(Severity::Info),
                process: engine::sighting::Process::default(),
                body: &body,
                key: skeleton.key(),
                entities: Entities::of(&body, skeleton.holes()),
                values: Values::of(&body, skeleton.holes()),
                occurrences: 1,
                kernel: None,
                sample: None,
                is_start: false,
            };
            engine.observe(&tenant, &sighting, &mut changes);
            changes.clear();
        }
    }
    engine
}

/// One signature on one host: what attention keeps, its rate included. A signature that has companions
/// (and so may be the target of a precursor) keeps these too.
#[test]
fn a_signature_costs_half_a_kilobyte() {
    let row = size_of::<Kind>() + size_of::<Cell>() + size_of::<Rate>();
    let with_pairs = row + size_of::<Pairs>();
    println!(
        "kind {}, cell {}, rate {}, pairs {}, wide {}",
        size_of::<Kind>(),
        size_of::<Cell>(),
        size_of::<Rate>(),
        size_of::<Pairs>(),
        size_of::<Wide>()
    );
    assert!(row <= 512, "{row} bytes");
    assert!(with_pairs <= 768, "{with_pairs} bytes");
}

/// The whole engine with a hundred thousand signatures that have a rate each: 80 MB.
#[test]
fn a_hundred_thousand_signatures_fit_in_eighty_megabytes() {
    let before = HELD.load(Ordering::Relaxed);
    let kinds = 100_000;
    let engine = engine(kinds, 4);
    let held = HELD.load(Ordering::Relaxed) - before;
    let known = engine.tenants().map(|(_, tenant)| tenant.signatures()).sum::<usize>() as u64;
    println!("{held} bytes, {} a signature, {known} signatures", held as u64 / known);
    assert!(known >= kinds * 9 / 10, "only {known} of {kinds} kinds are kept apart");
    assert!(held <= 80_000_000, "{held} bytes");
}
