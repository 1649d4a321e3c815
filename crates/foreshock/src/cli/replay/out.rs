//! Digests, and the backtest after them → standard output, in the form that was asked for.

use super::Format;
use super::news::News;
use crate::cli::Talk;
use model::{Backtest, Digest};
use std::io::{self, Write};

/// Digests on their way to standard output.
pub(super) struct Digests {
    out: io::StdoutLock<'static>,
    format: Format,
    talk: Talk,
    count: u64,
    news: News,
    /// Pages list what was held back.
    held_back: bool,
}

impl Digests {
    pub(super) fn new(format: Format, held_back: bool, talk: Talk) -> Digests {
        let (out, news) = (io::stdout().lock(), News::default());
        Digests { out, format, talk, count: 0, news, held_back }
    }

    pub(super) fn write(&mut self, mut digest: Digest) -> io::Result<()> {
        match self.format {
            Format::Ndjson => {
                self.out.write_all(outputs::digest::ndjson(&digest, None).as_bytes())?;
            }
            Format::Json => self.element(&outputs::digest::ndjson(&digest, None))?,
            Format::Text => {
                if !self.held_back {
                    digest.quiet.cut.clear();
                }
                if let Some(digest) = self.news.of(digest) {
                    self.page(&digest)?;
                }
            }
        }
        self.count += 1;
        Ok(())
    }

    /// Ends the output: with how things stand at the end, and with the backtest if there is one.
    pub(super) fn finish(&mut self, backtest: Option<&Backtest>) -> io::Result<()> {
        match self.format {
            Format::Ndjson => {
                if let Some(backtest) = backtest {
                    self.out.write_all(outputs::backtest::ndjson(backtest).as_bytes())?;
                }
            }
            Format::Json => {
                if let Some(backtest) = backtest {
                    self.element(&outputs::backtest::ndjson(backtest))?;
                    self.count += 1;
                }
                let close: &[u8] = if self.count == 0 { b"[]\n" } else { b"\n]\n" };
                self.out.write_all(close)?;
            }
            Format::Text => {
                self.end_of_pages()?;
                if let Some(backtest) = backtest {
                    let page = outputs::backtest::text(backtest, &self.talk.style());
                    self.out.write_all(format!("\n{page}").as_bytes())?;
                }
            }
        }
        self.out.flush()
    }

    /// One more element of the array, given as a line of JSON.
    fn element(&mut self, json: &str) -> io::Result<()> {
        let open = if self.count == 0 { "[\n" } else { ",\n" };
        self.out.write_all(format!("{open}{}", json.trim_end()).as_bytes())
    }

    fn page(&mut self, digest: &Digest) -> io::Result<()> {
        let page = outputs::digest::text(digest, None, &self.talk.style());
        self.out.write_all(format!("{page}\n").as_bytes())
    }

    fn end_of_pages(&mut self) -> io::Result<()> {
        if self.count == 0 {
            return self.out.write_all(b"no envelope was read: nothing to tell\n");
        }
        for digest in self.news.rest() {
            self.page(&digest)?;
        }
        self.out.write_all(self.news.summary(self.count).as_bytes())
    }
}
