//! MB/s of the kernel analyzer on one thread: ordinary messages with nothing to report, and a log with
//! a report every forty kilobytes. `cargo bench -p engine --bench kernel`
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::kernel::Analyzer;
use engine::normalize::Reference;
use model::Timestamp;
use std::fmt::Write;
use std::hint::black_box;

/// Invented messages of ordinary length.
const MESSAGES: [&str; 12] = [
    "usb 1-4: new high-speed USB device number 3 using xhci_hcd",
    "mill 0000:02:00.0: firmware 12.4 loaded, 4 queues, 512 descriptors each",
    "ACPI: button: Power Button [PWRB]",
    "pci 0000:00:1c.0: PCI bridge to [bus 02-03], window [mem 0xdf000000-0xdf1fffff]",
    "systemd[1]: Started lamp.service - The lamp in the yard.",
    "audit: type=1400 audit(1773049200.512:77): operation=\"profile_load\" profile=\"unconfined\" name=\"milld\" pid=311",
    "EXT4-fs (sda2): mounted filesystem with ordered data mode. Quota mode: none.",
    "lamp: probe of 0-000c failed with error -5",
    "wlan0: authenticated; associate attempt 1 of 3",
    "input: Example Keyboard as /devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/input/input7",
    "smpboot: CPU0: Example Processor 3000 (family: 0x17, model: 0x71, stepping: 0x0)",
    "device-mapper: ioctl: 4.48.0-ioctl (2023-03-01) initialised",
];

/// Messages with stamps, and every so many of them a report of the fixtures.
fn log(messages: usize, report_every: Option<usize>) -> Vec<u8> {
    let report = include_str!("../../../fixtures/kernel/oops_dmesg/input.log");
    let report: Vec<&str> =
        report.lines().skip_while(|l| !l.contains("BUG: ")).map(|l| &l[15..]).collect();
    let mut text = String::new();
    let mut mono = 0;
    for at in 0..messages {
        mono += 1_500;
        let stamp = |mono: usize| format!("[{:5}.{:06}] ", mono / 1_000_000, mono % 1_000_000);
        let _ = writeln!(text, "{}{}", stamp(mono), MESSAGES[at % MESSAGES.len()]);
        if report_every.is_some_and(|every| at % every == every - 1) {
            for line in &report {
                // Another function each time, so that nothing is folded.
                let line = line.replace("lamp_set_level", &format!("lamp_set_{at}"));
                let _ = writeln!(text, "{}{line}", stamp(mono));
            }
        }
    }
    text.into_bytes()
}

fn bench(criterion: &mut Criterion) {
    let reference = Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 0 };
    let mut group = criterion.benchmark_group("kernel");
    for (name, messages, every) in
        [("clean", 60_000, None), ("mixed", 30_000, Some(450)), ("mixed_10x", 300_000, Some(450))]
    {
        let log = log(messages, every);
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.sample_size(20).bench_function(name, |b| {
            b.iter(|| {
                let mut analyzer = Analyzer::new(reference);
                log.chunks(64 << 10).for_each(|piece| analyzer.push(piece));
                black_box(analyzer.finish())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
