//! What goes: whole files by age and size, and from old files the events of low bands.

use super::block::Encoder;
use super::files::{self, EventFile, Stored};
use super::head::{HEAD, Head};
use super::rows::{EventRow, Rows};
use super::store::{Events, EventsError, failed};
use crate::disk::write_whole;
use model::{SignatureId, TenantId, Timestamp};
use std::io;

impl Events {
    /// Removes whole files whose events are all before `before`, and the oldest while there are more than
    /// `bytes`.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn expire(
        &self,
        before: Option<Timestamp>,
        bytes: Option<u64>,
    ) -> Result<u64, EventsError> {
        let _one_at_a_time = self.encoder();
        let mut removed = 0;
        loop {
            let oldest = {
                let held = self.read();
                let total: u64 = held.files.iter().map(|file| file.bytes).sum();
                let is_due = |file: &&EventFile| {
                    bytes.is_some_and(|bytes| total > bytes)
                        || before.is_some_and(|before| file.latest().is_none_or(|at| at < before))
                };
                // The last file is being written.
                let older = held.files.len().saturating_sub(1);
                held.files[..older]
                    .iter()
                    .find(is_due)
                    .map(|file| (file.name.clone(), file.events()))
            };
            let Some((name, events)) = oldest else { return Ok(removed) };
            {
                let mut held = self.write();
                held.files.retain(|file| file.name != name);
                held.expired += events;
            }
            removed += events;
            self.disk.remove(&name).map_err(failed("remove old events"))?;
        }
    }

    /// Leaves only the events that `keep` wants in files whose events are all before `before`: the others have
    /// been of low bands, and what remains of them is counted elsewhere. Returns how many were left out.
    ///
    /// # Errors
    /// If a file cannot be rewritten; it stays as it was.
    pub fn thin(
        &self,
        before: Timestamp,
        keep: &dyn Fn(&TenantId, &SignatureId) -> bool,
    ) -> Result<u64, EventsError> {
        let mut encoder = self.encoder();
        let due: Vec<EventFile> = {
            let held = self.read();
            let older = held.files.len().saturating_sub(1);
            let is_due = |file: &&EventFile| {
                file.latest().is_some_and(|at| at < before)
                    && file.blocks.iter().any(|block| !block.head.thinned)
            };
            held.files[..older].iter().filter(is_due).cloned().collect()
        };
        let mut left_out = 0;
        for file in due {
            left_out +=
                self.thin_file(&file, keep, &mut encoder).map_err(failed("thin out old events"))?;
        }
        Ok(left_out)
    }

    fn thin_file(
        &self,
        file: &EventFile,
        keep: &dyn Fn(&TenantId, &SignatureId) -> bool,
        encoder: &mut Encoder,
    ) -> io::Result<u64> {
        let mut bytes = Vec::new();
        let mut blocks = Vec::new();
        let mut left_out = 0;
        for block in &file.blocks {
            let rows = match files::summary(&*file.file, block)? {
                Some(summary) => files::events(&*file.file, block, summary, true)?,
                None => None,
            };
            // What is damaged cannot be thinned: it stays to be told.
            let Some(rows) = rows else { return Ok(0) };
            let thinned = thinned(&rows, keep);
            left_out += (rows.len() - thinned.len()) as u64;
            let encoded = encoder.encode(&thinned, block.head.through, true)?;
            let head = Head::read(&encoded[..HEAD]);
            let head = head.ok_or_else(|| io::Error::other("no block"))?;
            blocks.push(Stored { offset: bytes.len() as u64, head });
            bytes.extend_from_slice(&encoded);
        }
        write_whole(&*self.disk, &file.name, &bytes)?;
        let opened = self.disk.open(&file.name)?;
        let mut held = self.write();
        held.expired += left_out;
        if let Some(held) = held.files.iter_mut().find(|held| held.name == file.name) {
            (held.file, held.blocks, held.bytes) = (opened, blocks, bytes.len() as u64);
        }
        Ok(left_out)
    }
}

pub(super) fn thinned(rows: &Rows, keep: &dyn Fn(&TenantId, &SignatureId) -> bool) -> Rows {
    let mut kept = Rows::default();
    copy(rows, &mut kept, keep);
    kept
}

pub(super) fn copy(from: &Rows, to: &mut Rows, keep: &dyn Fn(&TenantId, &SignatureId) -> bool) {
    for (place, fact) in from.facts.iter().enumerate() {
        let kind = &from.kinds[fact.kind as usize];
        let tenant = TenantId::new(&*from.tenants.all[fact.tenant as usize]);
        if keep(&tenant, &kind.signature) {
            let text = String::from_utf8_lossy(from.text(place));
            to.push(&EventRow {
                seq: fact.seq,
                at: fact.at,
                tenant: &tenant,
                host: &from.hosts.all[fact.host as usize],
                service: &from.services.all[fact.service as usize],
                severity: model::Severity::from_number(fact.severity),
                signature: kind.signature,
                template: kind.text.as_deref().unwrap_or("<*>"),
                text: &text,
            });
        }
    }
}
