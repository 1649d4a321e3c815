//! Samples among a tenant's events → signals among its events. A signal is judged from samples, said by the
//! program `signals` of their host, and from there on an event like any other: it has a signature, a usual and
//! companions. Its evidence is the record of the sample that settled it.

use super::Tenant;
use crate::config::Config;
use crate::discover::pressure;
use crate::entities::Entities;
use crate::host::signal::Said;
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
        for said in said {
            self.hear_signal(said, of, config, out);
        }
    }

    fn hear_signal(
        &mut self,
        said: Said,
        of: &Sighting<'_>,
        config: &Config,
        out: &mut Vec<Change>,
    ) {
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
        if let (Some(pressed), Some(cell)) = (said.pressed, cell) {
            let finding = pressure::finding(self.view(config), cell, pressed);
            self.tell(finding, config, out);
        }
    }
}
