//! Nanoseconds per line of the normalizer, by format, and of the assembler on a mixed stream.
//! `cargo bench -p engine --bench normalize`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::normalize::{Assembler, AssemblerConfig, Reference, normalize};
use model::{Counts, Cursor, Envelope, Origin, Seq, SourceId, TenantId, Timestamp, Transport};
use std::hint::black_box;

/// Invented lines of ordinary length, one or more a format.
const LINES: &[(&str, &str)] = &[
    (
        "rfc3164",
        "<38>Nov 21 09:00:01 web-3.example.com keyd[24117]: Rejected the key of user orsino from 198.51.100.17 at port 40211 of door2, 3 tries left, door will be shut in 30 seconds unless a key",
    ),
    (
        "rfc3164_no_priority",
        "Nov 21 09:00:01 web-3 postfix/smtpd[4711]: peer mail.example.org[203.0.113.9] went away before its turn",
    ),
    (
        "rfc5424",
        "<165>1 2026-11-21T09:00:01.250113Z web-3.example.com gate 4711 ID47 [origin@32473 ip=\"192.0.2.1\" software=\"gate\" swVersion=\"4.2\"] session of amir closed after 31 s, 4711 bytes in and 512 out, code 0",
    ),
    (
        "rfc5424_no_data",
        "<165>1 2026-11-21T09:00:01.250113Z web-3.example.com gate 4711 - - session of amir closed after 31 s, 4711 bytes in and 512 out, code 0",
    ),
    (
        "syslog_iso",
        "2026-11-21T09:00:01.250113+01:00 web-3 systemd[1]: The nightly sweep of old directories has begun.",
    ),
    (
        "dated",
        "2026-11-21 09:00:01,123 ERROR [pool-1-thread-3] org.example.store.Client: connection to 192.0.2.7:5432 lost, retrying in 5 s",
    ),
    (
        "json",
        r#"{"level":"error","ts":1795251601.25,"logger":"api","caller":"srv/handler.go:12","msg":"request failed","err":"timeout","path":"/v1/orders/4711","ms":1200}"#,
    ),
    (
        "access",
        r#"192.0.2.8 - - [21/Nov/2026:09:00:01 +0000] "GET /shop/cart?id=4711 HTTP/1.1" 502 512 "https://example.org/" "Mozilla/5.0 (X11; Linux x86_64)""#,
    ),
    (
        "cisco",
        "<189>5120: *Nov 21 07:31:05.117: %PORT-3-FLAP: Port 0/7 went away again, seven times in this hour",
    ),
    ("dmesg", "[  652.779042] usb 1-1: no answer from the device, error -110"),
    ("text", "a line of words that has no header at all and must pass by every reader there is"),
];

fn reference() -> Reference {
    Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 0 }
}

fn one_line(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("normalize");
    for (name, line) in LINES {
        group.throughput(Throughput::Bytes(line.len() as u64));
        group.bench_function(*name, |bencher| {
            let reference = reference();
            bencher.iter(|| black_box(normalize(black_box(line.as_bytes()), &reference)).severity)
        });
    }
    group.finish();
}

/// A thousand syslog lines through the assembler: what holding back and remembering cost.
fn stream(criterion: &mut Criterion) {
    let origin = Origin {
        source_id: SourceId::new("bench"),
        tenant_id: TenantId::new("bench"),
        source_type: "file".into(),
        source_name: "bench.log".into(),
        transport: Transport::File,
    };
    let mut group = criterion.benchmark_group("assemble");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("rfc3164_no_priority", |bencher| {
        let mut assembler = Assembler::new(AssemblerConfig::default(), reference());
        let mut counts = Counts::default();
        bencher.iter(|| {
            for line in 0..1_000 {
                let envelope = Envelope {
                    seq: Seq(line),
                    origin: &origin,
                    cursor: Cursor::Stream { offset: 0, line },
                    received_at: None,
                    payload: LINES[1].1.as_bytes(),
                    truncated: false,
                };
                assembler.push(&envelope, &mut counts, &mut |event| {
                    black_box(event.occurrences);
                });
            }
        });
    });
    group.finish();
}

criterion_group!(benches, one_line, stream);
criterion_main!(benches);
