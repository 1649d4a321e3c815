//! Samples and starts of processes among a tenant's events → signals among its events. A signal is judged from
//! them, said by the program `signals` of their host, and from there on an event like any other: it has a signature,
//! a usual and companions. Its evidence is the record that settled it.

use super::Tenant;
use crate::attention::cell::{CellIndex, StoryIndex};
use crate::config::Config;
use crate::discover::{Facts, pressure, start};
use crate::entities::Entities;
use crate::host::anomaly::memory::Bounds;
use crate::host::signal::{FORECAST, Pressed, Said};
use crate::sighting::{Process, SampleNote, Sighting};
use crate::signature::fingerprint;
use crate::values::Values;
use model::{Change, Timestamp};

/// Who says signals.
const SERVICE: &str = "signals";

impl Tenant {
    /// Judges a sample, and takes in what is said of it.
    pub(super) fn take_sample(
        &mut self,
        sample: SampleNote<'_>,
        of: &Sighting<'_>,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
        let mut said = Vec::new();
        let at = (of.at.as_micros() as f64 / 1e6, sample.value);
        self.gauges.take(of.host, sample.series, at, config.limits.series_max, &mut said);
        for mut said in said {
            let (pressed, outcome) = (said.pressed.take(), said.outcome.take());
            let series = said.series.clone();
            let cell = self.hear_signal(said, of, config, out);
            if let (Some(pressed), Some(cell)) = (pressed, cell) {
                self.tell_pressure(pressed, cell, of.host, config, out);
            }
            if let Some(outcome) = outcome {
                self.end_forecast((of.host, &series), outcome, config, out);
            }
        }
    }

    /// Tells of a host's pressure. A forecast takes the place of the one before of its series: two would contradict each
    /// other. A condition of the series ends it.
    fn tell_pressure(
        &mut self,
        pressed: Pressed,
        cell: CellIndex,
        host: &str,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
        let is_forecast = pressed.name == FORECAST;
        if !is_forecast {
            let outcome = format!("it came: {}", pressed.summary);
            self.end_forecast((host, &pressed.series), outcome, config, out);
        }
        let known = self.forecast_of(host, &pressed.series).filter(|_| is_forecast);
        if let Some(index) = known {
            self.ledger[cell].candidate.get_or_insert(index);
        }
        let finding = pressure::finding(self.view(config), cell, pressed.clone());
        self.tell(finding, config, out);
        if let Some(index) = known {
            self.stories[index].facts = Facts::Pressure(pressed);
            self.restand(index, config, out);
        }
    }

    /// The open story that tells of a forecast of a series.
    fn forecast_of(&self, host: &str, series: &str) -> Option<StoryIndex> {
        let is_it = |index: &StoryIndex| {
            let story = &self.stories[*index];
            let Facts::Pressure(pressed) = &story.facts else { return false };
            pressed.name == FORECAST
                && pressed.series == series
                && self.ledger.host_of(story.lead()).name == host
        };
        self.stories.open.iter().copied().find(is_it)
    }

    fn end_forecast(
        &mut self,
        (host, series): (&str, &str),
        outcome: String,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
        let Some(index) = self.forecast_of(host, series) else { return };
        let (stories, view) = self.stories_and_view(config);
        stories.end_forecast(index, outcome, view);
        self.closed(index, config, out);
    }

    /// Judges a start of a process, and takes in what is said of it.
    pub(super) fn take_start(&mut self, of: &Sighting<'_>, config: &Config, out: &mut Vec<Change>) {
        let limits = &config.limits;
        let bounds = Bounds { programs: limits.programs_max, pairs: limits.start_pairs_max };
        let Some(odd) = self.starts.take(of.body, of.host, of.at, bounds) else { return };
        let cell = self.hear_signal(odd.said(), of, config, out);
        if let (true, Some(cell)) = (odd.is_told(), cell) {
            let finding = start::finding(self.view(config), cell, odd);
            self.tell(finding, config, out);
        }
    }

    /// Says a signal; in which cell, unless there is no room for one.
    fn hear_signal(
        &mut self,
        said: Said,
        of: &Sighting<'_>,
        config: &Config,
        out: &mut Vec<Change>,
    ) -> Option<CellIndex> {
        fingerprint(SERVICE, &said.body, &mut self.skeleton);
        let sighting = Sighting {
            service: SERVICE,
            severity: Some(said.severity),
            body: &said.body,
            key: self.skeleton.key(),
            process: Process::default(),
            entities: Entities::default(),
            values: Values::default(),
            occurrences: 1,
            kernel: None,
            sample: None,
            is_start: false,
            ..*of
        };
        let (index, cell) = self.see(&sighting, config, out);
        let time = |secs: f64| Timestamp::from_micros((secs * 1e6) as i64);
        out.push(Change::SignalJudged {
            tenant_id: self.id.clone(),
            at: of.at,
            signature_id: self.library.signature(index).id,
            seq: of.seq,
            host: of.host.to_owned(),
            severity: said.severity,
            message: said.body.clone(),
            series: said.series,
            from: time(said.span.0),
            to: time(said.span.1),
        });
        cell
    }
}
