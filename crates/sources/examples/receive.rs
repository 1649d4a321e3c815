//! Receives and counts, to see what receiving costs: `receive tcp|tls|udp PORT [SECONDS]`, `receive follow PATTERN
//! [SECONDS]`, `receive kmsg - [SECONDS]`. Nothing is stored: the spool costs extra. Ends after so many seconds without a
//! record and tells what it used.

#![allow(clippy::print_stdout, reason = "an example tells")]

use model::TenantId;
use model::intake::{Batch, Intake, OnAnswer, Receipt, Returned};
use sources::inlet::{Tenancy, system_clock};
use sources::syslog::tls::{Tls, TlsFiles};
use sources::syslog::{stream, udp};
use sources::{Counters, Inlet, Stop, follow, kmsg};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Counting {
    records: AtomicU64,
    batches: AtomicU64,
}

impl Intake for Counting {
    fn append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        let first = model::Seq(self.records.fetch_add(batch.len() as u64, Relaxed));
        self.batches.fetch_add(1, Relaxed);
        done(Ok(Receipt { first, last: first }));
        Ok(())
    }

    fn try_append_then(&self, batch: Batch, done: OnAnswer) -> Result<(), Box<Returned>> {
        self.append_then(batch, done)
    }

    fn wait_writable(&self, _: Duration) -> bool {
        true
    }
}

/// A certificate that nobody has reason to trust, for one run.
fn certificate(place: &Path) -> std::io::Result<Arc<Tls>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let made = made.map_err(std::io::Error::other)?;
    let files = TlsFiles {
        certificate: place.with_extension("cert"),
        key: place.with_extension("key"),
        client_authority: None,
        client_required: false,
    };
    std::fs::write(&files.certificate, made.cert.pem())?;
    std::fs::write(&files.key, made.signing_key.serialize_pem())?;
    let tls = Tls::load(files.clone()).map_err(std::io::Error::other);
    std::fs::remove_file(&files.certificate)?;
    std::fs::remove_file(&files.key)?;
    tls
}

/// CPU time of this process, in seconds.
fn cpu_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let transport = args.next().unwrap_or_else(|| "tcp".into());
    let what = args.next().unwrap_or_else(|| "5514".into());
    let silence: u64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(2);
    let counting = Arc::new(Counting::default());
    let counters = Arc::new(Counters::new("receive", "syslog"));
    let inlet = Inlet::new(
        Arc::clone(&counting) as Arc<dyn Intake>,
        Arc::clone(&counters),
        Stop::new(),
        system_clock(),
    );
    let tenancy = Tenancy::of(TenantId::new("local"));
    let address = ([127, 0, 0, 1], what.parse().unwrap_or(5_514)).into();
    let place = std::env::temp_dir().join(format!("receive-{}", std::process::id()));
    let receiver = match transport.as_str() {
        "udp" => udp::start(udp::UdpConfig::new("receive", udp::bind(address)?, tenancy), &inlet)?,
        "follow" => {
            let tenant = TenantId::new("local");
            let config = follow::FollowConfig::new("receive", [what], place.clone(), tenant);
            follow::start(config, &inlet).map_err(std::io::Error::other)?
        }
        "kmsg" => {
            let tenant = TenantId::new("local");
            kmsg::start(kmsg::KmsgConfig::new("receive", place.clone(), tenant)?, &inlet)?
        }
        _ => {
            let mut config =
                stream::StreamConfig::new("receive", stream::listen(address)?, tenancy);
            if transport == "tls" {
                config.tls = Some(certificate(&place)?);
            }
            stream::start(config, &inlet)?
        }
    };
    println!("listening on {:?}", receiver.local_addr());
    let (mut began, mut last) = (None, (0, Instant::now()));
    loop {
        std::thread::sleep(Duration::from_millis(20));
        let records = counting.records.load(Relaxed);
        if records > last.0 {
            began.get_or_insert_with(Instant::now);
            last = (records, Instant::now());
        } else if began.is_some() && last.1.elapsed() > Duration::from_secs(silence) {
            break;
        }
    }
    let secs = began.map_or(0.0, |began| last.1.duration_since(began).as_secs_f64());
    let health = receiver.stop();
    let _ = std::fs::remove_file(place);
    let (records, cpu) = (counting.records.load(Relaxed) as f64, cpu_secs());
    println!(
        "records {records} in {secs:.2} s ({:.0}/s), {:.3} CPU-s/M, {:.0} records a batch, lost {:?}, {} malformed, error {:?}",
        records / secs.max(0.02),
        cpu / records * 1e6,
        records / counting.batches.load(Relaxed) as f64,
        health.lost,
        health.malformed.values().sum::<u64>(),
        health.last_error
    );
    Ok(())
}
