//! What stands behind the HTTP API: the published views, the stores and the spool, as the traits that it asks for.
//! Nothing here waits for the engine.

use super::live::Live;
use super::shared::Shared;
use super::status::{Facts, Status};
use anyhow::{Context, bail};
use engine::normalize::{Reference, normalize};
use engine::signature::{Skeleton, fingerprint};
use model::port::StoreError;
use model::{CandidateId, Digest, Envelope, Item, Seq, SignatureId, TenantId, Timestamp};
use outputs::rest::status as api;
use outputs::rest::{
    Anonymous, Api, Created, Explained, Grant, Limits, Recognise, Records, Scope, Settings,
    Tenants, TokenList, Views,
};
use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use store::spool::Spool;

/// Everything that the API needs.
pub(super) fn backing(
    facts: &Facts,
    status: impl Fn() -> Status + Send + Sync + 'static,
    live: &Live,
    tenant: TenantId,
) -> Api {
    let Facts { spool, events, shared, meter, letters, .. } = facts;
    Api {
        intake: Arc::clone(spool) as _,
        letters: Arc::clone(letters) as _,
        meter: Arc::clone(meter),
        recognise: Arc::new(Stateless),
        views: Arc::new(Published { shared: Arc::clone(shared), status: Box::new(status) }),
        search: Arc::clone(events) as _,
        records: Arc::new(Kept(Arc::clone(spool))),
        tokens: Arc::clone(&live.tokens) as _,
        clock: sources::inlet::system_clock(),
        settings: Settings {
            anonymous: Anonymous::Loopback,
            tenant,
            wait_ms_max: 2_000,
            limits: Limits::default(),
            tenants_max: Arc::clone(&live.tenants_max),
            tenants: facts.tenants.clone(),
        },
    }
}

/// The fingerprint of a message: what the engine gives it too, unless it knows a wider kind.
struct Stateless;

impl Recognise for Stateless {
    fn signature(&self, envelope: &Envelope<'_>) -> SignatureId {
        thread_local!(static SKELETON: RefCell<Skeleton> = RefCell::default());
        let now = envelope.received_at.unwrap_or_default();
        let event = normalize(envelope.payload, &Reference { now, zone_offset_secs: 0 });
        let service = event.service.as_deref().unwrap_or_default();
        SKELETON.with_borrow_mut(|skeleton| {
            fingerprint(service, &event.body, skeleton);
            skeleton.signature(service).id
        })
    }
}

struct Kept(Arc<Spool>);

impl Records for Kept {
    fn read(&self, seqs: &[Seq], visit: &mut dyn FnMut(&Envelope<'_>)) -> Result<(), StoreError> {
        let read = self.0.raw().records(seqs, &mut |record| visit(&record.envelope()));
        read.map_err(|error| StoreError(error.to_string()))
    }
}

struct Published {
    shared: Arc<Shared>,
    status: Box<dyn Fn() -> Status + Send + Sync>,
}

impl Views for Published {
    fn status(&self) -> api::Status {
        told(&(self.status)(), &self.shared)
    }

    fn position(&self) -> Seq {
        self.shared.views().position
    }

    fn created(&self, first: Seq, last: Seq) -> Option<Created> {
        self.shared.created(first, last)
    }

    fn candidates_about(&self, tenant: &TenantId, signature: SignatureId) -> Vec<CandidateId> {
        let views = self.shared.views();
        let known = views.tenants.get(tenant).into_iter().flat_map(|view| &view.candidates);
        let about =
            known.filter(|known| known.lead == Some(signature) && known.item.outcome.is_none());
        about.map(|known| known.item.candidate_id).collect()
    }

    fn tenants(&self) -> Vec<TenantId> {
        self.shared.views().tenants.keys().cloned().collect()
    }

    fn candidates(&self, tenant: Option<&TenantId>) -> Result<Vec<Arc<Item>>, StoreError> {
        let views = self.shared.views();
        let of = views.tenants.iter().filter(|(id, _)| tenant.is_none_or(|tenant| tenant == *id));
        let known = of.flat_map(|(_, view)| &view.candidates);
        Ok(known.map(|known| Arc::clone(&known.item)).collect())
    }

    fn explain(&self, candidate: CandidateId) -> Result<Option<Explained>, StoreError> {
        let views = self.shared.views();
        Ok(views.candidate(candidate).map(|(tenant, known)| Explained {
            tenant_id: tenant.clone(),
            explanation: known.explanation.as_ref().clone(),
            signatures: known.lead.into_iter().collect(),
        }))
    }

    fn digest(
        &self,
        tenant: &TenantId,
        since: Option<Timestamp>,
    ) -> Result<Option<Digest>, StoreError> {
        Ok(self.shared.views().digest(tenant, since))
    }
}

fn told(status: &Status, shared: &Shared) -> api::Status {
    let (intake, spool, follower) = (&status.intake, &status.spool, &status.follower);
    let views = shared.views();
    let mut dropped = intake.shed.clone();
    for (reason, n) in &intake.lost {
        *dropped.entry(reason.clone()).or_default() += n;
    }
    let lost: u64 = intake.lost.values().sum();
    let candidates = views.tenants.values().flat_map(|view| &view.candidates);
    let state = api::State::ALL.into_iter().find(|state| state.word() == status.state);
    let of = |(tenant, more): (&String, &u64)| {
        let coverage_percent = status.coverage.get(tenant).and_then(|of| of.percent);
        (tenant.clone(), api::OfClient { coverage_percent, sources_more: *more })
    };
    api::Status {
        state: state.unwrap_or(api::State::Stopping),
        reasons: status.reasons.clone(),
        version: status.version.clone(),
        started_at: Timestamp::parse_absolute(&status.started_at, 0).unwrap_or_default(),
        intake: api::IntakeStatus {
            taking: spool.state == "writing",
            // What was lost before it reached us is counted here as well, so that nothing is missing in the sum.
            received: intake.received + lost,
            spooled: intake.stored,
            waiting: intake.open,
            dropped,
            empty: intake.empty,
            truncated: intake.truncated,
            refused: intake.refused,
            closed: intake.closed.clone(),
        },
        spool: api::SpoolStatus {
            next_seq: spool.next,
            bytes: spool.bytes,
            disk_free_bytes: spool.free_bytes,
            segments: spool.segments,
            queued_secs: spool.queued_secs,
            sync_p50_ms: Some(spool.sync_p50_ms),
            sync_p99_ms: Some(spool.sync_p99_ms),
            expired: spool.expired_records,
            damaged_blocks: spool.damaged_blocks,
            ..api::SpoolStatus::default()
        },
        engine: api::EngineStatus {
            running: shared.trouble().is_none(),
            position: follower.position,
            lag_records: follower.lag_records,
            lag_secs: follower.lag_secs,
            published_at: views.at,
            events: status.events.stored + status.events.waiting,
            defects: status.defects.clone(),
            dead_letters: status.dead_letters,
            dead_letters_not_kept: status.dead_letters_not_kept,
            tenants: follower.tenants,
            signatures: follower.signatures,
            candidates: candidates.filter(|known| known.item.outcome.is_none()).count() as u64,
        },
        raised: api::RaisedStatus {
            kept: status.house.raised_kept,
            bytes: status.house.raised_bytes,
            expired_by_age: status.house.raised_by_age,
            expired_by_size: status.house.raised_by_size,
        },
        coverage_percent: status.coverage_percent,
        sources: status.sources.iter().map(super::rows::told).collect(),
        sources_more: status.sources_more,
        of: status.sources_more_of.iter().map(of).collect(),
    }
}

/// How a token is made.
pub(crate) const TOKEN_NEW: &str = "foreshock token new NAME --scopes ingest --clients '*'";

/// The file of tokens: a line each, `name hash scopes clients`, the last two with commas; `*` means all clients. What
/// begins with `#` is a remark.
///
/// # Errors
/// If it cannot be read, or a line is wrong.
pub(crate) fn tokens(file: &Path) -> anyhow::Result<TokenList> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::NotFound => format!("make it with the first token: {TOKEN_NEW}"),
            ErrorKind::PermissionDenied => {
                "give it to the user that the service runs as (chown foreshock)".to_owned()
            }
            _ => "name another file as listen.tokens".to_owned(),
        };
        anyhow::anyhow!("cannot read the tokens in {shown}: {error}; {remedy}")
    })?;
    let mut tokens = TokenList::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{shown}:{}", number + 1);
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, hash, scopes, tenants] = words[..] else {
            bail!("{place}: write `name blake3:… ingest,read acme,beta`, or * for all clients");
        };
        let hash = hash.parse().with_context(|| place.clone())?;
        let known = |word| {
            Scope::from_word(word).with_context(|| {
                format!("{place}: there is no scope `{word}`; write ingest, read, review or admin")
            })
        };
        let scopes = scopes.split(',').map(known).collect::<anyhow::Result<Vec<Scope>>>()?;
        let tenants = match tenants {
            "*" => Tenants::All,
            some => Tenants::Only(some.split(',').map(TenantId::new).collect()),
        };
        tokens.0.push((hash, Arc::new(Grant { name: name.to_owned(), scopes, tenants })));
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_and_what_is_wrong_is_told_with_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let hash = outputs::rest::TokenHash::of("a-token-of-some-length").unwrap();
        let good = format!(
            "# name hash scopes clients\nshipper {hash} ingest acme,beta\nme {hash} admin *\n"
        );
        std::fs::write(file.path(), good).unwrap();
        let read = tokens(file.path()).unwrap();
        assert_eq!(read.0.len(), 2);
        assert!(read.0[0].1.covers("beta") && !read.0[0].1.covers("other"));
        assert!(read.0[1].1.allows(Scope::Read));
        let told = tokens(Path::new("/nonexistent/tokens")).unwrap_err().to_string();
        assert!(told.contains("foreshock token new"), "{told}");
        for bad in ["x y", &format!("x {hash} eat *"), "x blake3:1 read *"] {
            std::fs::write(file.path(), bad).unwrap();
            assert!(format!("{:#}", tokens(file.path()).unwrap_err()).contains(":1"), "{bad}");
        }
    }
}
