//! `--live`: follows `/dev/kmsg` and writes each report when it is complete.

use super::{Args, Exit, Format, anonymiser, page};
use crate::cli::parse;
use crate::interrupt::Interrupt;
use anyhow::Context as _;
use engine::kernel::{Analysis, Analyzer, Severity};
use engine::normalize::Reference;
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// A pause after which a report is complete.
const PAUSE: Duration = Duration::from_secs(2);
/// The kernel gives one record a read, of at most 8 KiB.
const RECORD_BYTES_MAX: usize = 16 << 10;
/// Records between the reading thread and the analyzer.
const WAITING_MAX: usize = 1_024;
/// `EPIPE`: the kernel's buffer ran over what was not read yet; the next read goes on behind it.
const OVERRUN: i32 = 32;

/// What the reading thread has to say.
enum Heard {
    Bytes(Vec<u8>),
    Overrun,
    Failed(io::Error),
}

/// Follows a file of records until it ends or a signal comes.
pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<Exit> {
    let mut hide = anonymiser(args)?;
    let interrupt = Interrupt::listen().context("cannot listen for interrupts")?;
    let file = File::open(path).with_context(|| {
        format!("cannot read {}: it needs root, or dmesg_restrict=0", path.display())
    })?;
    let (sender, receiver) = sync_channel(WAITING_MAX);
    // The thread ends with the file or the process: a read of /dev/kmsg cannot be cut short.
    std::thread::spawn(move || listen(file, &sender));
    let reference = Reference { now: parse::now(), zone_offset_secs: args.zone };
    let mut analyzer = Analyzer::live(reference);
    let mut worst: Option<Severity> = None;
    let mut is_partial = false;
    let mut out = io::stdout().lock();
    loop {
        let is_over = interrupt.is_set()
            || match receiver.recv_timeout(PAUSE) {
                Ok(Heard::Bytes(bytes)) => {
                    analyzer.push(&bytes);
                    false
                }
                Ok(Heard::Overrun) => {
                    writeln!(
                        io::stderr(),
                        "foreshock: the kernel was faster than this; messages are missing"
                    )?;
                    is_partial = true;
                    false
                }
                Ok(Heard::Failed(error)) => {
                    writeln!(
                        io::stderr(),
                        "foreshock: cannot read {} further: {error}",
                        path.display()
                    )?;
                    is_partial = true;
                    true
                }
                Err(RecvTimeoutError::Timeout) => {
                    analyzer.settle();
                    false
                }
                Err(RecvTimeoutError::Disconnected) => true,
            };
        if is_over {
            analyzer.settle();
        }
        let reports = analyzer.take_finished().into_iter();
        let reports: Vec<_> = reports.filter(|r| r.severity >= args.severity_min).collect();
        for report in reports {
            worst = worst.max(Some(report.severity));
            let mut analysis = Analysis {
                reports: vec![report],
                summary: Analyzer::new(reference).finish().summary,
            };
            if let Some(hide) = &mut hide {
                hide.anonymise(&mut analysis);
            }
            match args.format {
                Format::Text => {
                    page::full(&mut out, &analysis.reports[0], &[], page::Told::Now)?;
                    out.write_all(b"\n")?;
                }
                Format::Json | Format::Ndjson => {
                    let name = path.display().to_string();
                    serde_json::to_writer(
                        &mut out,
                        &json!({ "file": name, "reports": analysis.reports }),
                    )?;
                    out.write_all(b"\n")?;
                }
            }
            out.flush()?;
        }
        if is_over {
            break;
        }
    }
    let exit = Exit::of_reading(interrupt.is_set(), is_partial);
    let is_found = args.fail_on.is_some() && worst >= args.fail_on;
    Ok(if exit == Exit::Ok && is_found { Exit::Findings } else { exit })
}

fn listen(mut file: File, sender: &SyncSender<Heard>) {
    let mut buffer = vec![0; RECORD_BYTES_MAX];
    loop {
        let heard = match file.read(&mut buffer) {
            Ok(0) => return,
            Ok(bytes) => Heard::Bytes(buffer[..bytes].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.raw_os_error() == Some(OVERRUN) => Heard::Overrun,
            Err(error) => Heard::Failed(error),
        };
        let is_end = matches!(heard, Heard::Failed(_));
        if sender.send(heard).is_err() || is_end {
            return;
        }
    }
}
