//! Events of a request → batches for the intake: each event's text exactly as it came, with its origin and its cursor;
//! and beside them the fate of each that is not taken.

use super::super::access::{Grant, Tenants};
use super::super::problem::{ItemError, Kind, Problem};
use super::item::{self, Bad, Item, Text};
use super::split::Piece;
use model::intake::{Batch, Facts, PushError};
use model::{Cursor, Origin, SourceId, TenantId, Timestamp, Transport};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What holds for all events of a request.
pub(crate) struct Common<'a> {
    pub(crate) grant: &'a Grant,
    /// Who delivers.
    pub(crate) peer: &'a str,
    pub(crate) received_at: Timestamp,
    /// The tenant of events that name none, if there is one.
    pub(crate) tenant: Option<TenantId>,
    /// The name of the source of events that name none.
    pub(crate) source_label: Option<&'a str>,
    /// The sender's name for the whole request.
    pub(crate) idempotency_key: Option<&'a str>,
    /// Whether events of a tenant are taken; if not, why.
    pub(crate) admit: &'a (dyn Fn(&TenantId) -> Result<(), String> + Sync),
}

/// The events of one request on their way in.
#[derive(Default)]
pub(crate) struct Rows {
    /// In the order of the request, no larger than the intake takes.
    pub(crate) batches: Vec<Batch>,
    /// Each row's place in the request, batch after batch.
    pub(crate) indices: Vec<u64>,
    /// What was not taken.
    pub(crate) errors: Vec<ItemError>,
    /// Tenants that the token is not for, or one too many, were named.
    pub(crate) is_forbidden: bool,
}

/// Origins of one request, by a hash of tenant, type and name.
type Origins = HashMap<u64, Arc<Origin>>;

/// Reads the events one by one.
pub(crate) fn read(events: &[Piece<'_>], common: &Common<'_>) -> Rows {
    let mut rows = Rows::default();
    rows.indices.reserve(events.len());
    let mut origins = Origins::new();
    let mut last: Option<Arc<Origin>> = None;
    for (index, text) in events.iter().enumerate() {
        let Ok(text) = text else {
            rows.refuse(index, "not JSON: the line is no UTF-8".into());
            continue;
        };
        match Item::read(text) {
            Ok(item) => rows.take(index, text, &item, common, &mut origins, &mut last),
            Err(bad) => rows.refuse(index, bad.to_string()),
        }
    }
    rows
}

/// Reads the only event of a request.
pub(crate) fn one(text: &str, common: &Common<'_>) -> Result<Rows, Problem> {
    let item = Item::read(text).map_err(|bad| {
        let kind = match bad {
            Bad::Syntax(_) => Kind::BadBody,
            _ => Kind::Invalid,
        };
        Problem::new(kind, bad.to_string())
    })?;
    let mut rows = Rows::default();
    rows.take(0, text, &item, common, &mut Origins::new(), &mut None);
    match rows.errors.pop() {
        None => Ok(rows),
        Some(error) => {
            let kind = if rows.is_forbidden { Kind::Forbidden } else { Kind::Invalid };
            let problem = Problem::new(kind, error.reason);
            Err(if error.is_foreign { problem.foreign() } else { problem })
        }
    }
}

impl Rows {
    /// The origin and the cursor of the first row.
    pub(crate) fn first(&self) -> Option<(Arc<Origin>, Cursor)> {
        let (origin, _, facts, _) = self.batches.first()?.records().next()?;
        Some((Arc::clone(origin), facts.cursor))
    }

    fn refuse(&mut self, index: usize, reason: String) {
        let is_foreign = false;
        self.errors.push(ItemError { index: index as u64, reason, retry: false, is_foreign });
    }

    fn take(
        &mut self,
        index: usize,
        text: &str,
        item: &Item<'_>,
        common: &Common<'_>,
        origins: &mut Origins,
        last: &mut Option<Arc<Origin>>,
    ) {
        let tenant = match &item.tenant_id {
            Some(named) if !common.grant.covers(&named.0) => {
                self.is_forbidden = true;
                let reason = common.grant.not_of(&named.0).detail().to_owned();
                let (index, retry) = (index as u64, false);
                return self.errors.push(ItemError { index, reason, retry, is_foreign: true });
            }
            Some(named) => &*named.0,
            None => match &common.tenant {
                Some(tenant) => tenant.as_str(),
                None => return self.refuse(index, NO_TENANT.to_owned()),
            },
        };
        let origin = match last {
            Some(last) if is_same(last, tenant, item, common) => Arc::clone(last),
            _ => match origin(tenant, item, common, origins) {
                Ok(origin) => origin,
                Err(why) => {
                    self.is_forbidden = true;
                    return self.refuse(index, why);
                }
            },
        };
        let cursor = cursor(tenant, item, common, index);
        let facts = Facts { cursor, ..Facts::received(common.received_at) };
        match self.push(&origin, common.peer, facts, text.as_bytes()) {
            Ok(()) => self.indices.push(index as u64),
            Err(error) => self.refuse(index, error.to_string()),
        }
        *last = Some(origin);
    }

    fn push(
        &mut self,
        origin: &Arc<Origin>,
        peer: &str,
        facts: Facts,
        payload: &[u8],
    ) -> Result<(), PushError> {
        if let Some(batch) = self.batches.last_mut() {
            match batch.push(origin, peer, facts, payload) {
                Err(PushError::BatchFull) => {}
                done => return done,
            }
        }
        let mut batch = Batch::new().urgent();
        batch.push(origin, peer, facts, payload)?;
        self.batches.push(batch);
        Ok(())
    }
}

const NO_TENANT: &str = "`tenant_id` is missing, and the token is for several tenants: name one";

const SOURCE_TYPE: &str = "http";

/// What the source says that it is.
fn source_type<'a>(item: &'a Item<'_>) -> &'a str {
    item.source_type.as_ref().map_or(SOURCE_TYPE, |t| &t.0)
}

/// The source as people call it: a path, a label, or who delivers.
fn source_name<'a>(item: &'a Item<'_>, common: &Common<'a>) -> &'a str {
    let named = item.source_path.as_ref().or(item.source_name.as_ref());
    named.map(|text: &Text<'_>| &*text.0).or(common.source_label).unwrap_or(&common.grant.name)
}

fn is_same(last: &Origin, tenant: &str, item: &Item<'_>, common: &Common<'_>) -> bool {
    last.source_name == source_name(item, common)
        && last.source_type == source_type(item)
        && last.tenant_id.as_str() == tenant
}

fn origin(
    tenant: &str,
    item: &Item<'_>,
    common: &Common<'_>,
    origins: &mut Origins,
) -> Result<Arc<Origin>, String> {
    let mut hasher = DefaultHasher::new();
    (tenant, source_type(item), source_name(item, common)).hash(&mut hasher);
    let key = hasher.finish();
    if let Some(known) = origins.get(&key).filter(|known| is_same(known, tenant, item, common)) {
        return Ok(Arc::clone(known));
    }
    let tenant_id = TenantId::new(tenant);
    (common.admit)(&tenant_id)?;
    let origin = Arc::new(Origin {
        source_id: SourceId::new(source_of(common.grant)),
        tenant_id,
        source_type: source_type(item).to_owned(),
        source_name: source_name(item, common).to_owned(),
        transport: Transport::Http,
    });
    origins.insert(key, Arc::clone(&origin));
    Ok(origin)
}

/// A source is who delivers: the token by its name. So there are as many as there are tokens, whatever senders write
/// into their events.
pub(crate) fn source_of(grant: &Grant) -> String {
    format!("http:{}", grant.name)
}

/// Named by the sender where it gives names, so that what is sent twice is known again.
fn cursor(tenant: &str, item: &Item<'_>, common: &Common<'_>, index: usize) -> Cursor {
    if item.event_id.is_none() && common.idempotency_key.is_none() {
        return Facts::received(common.received_at).cursor;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(tenant.as_bytes());
    if let Some(event) = &item.event_id {
        hasher.update(b"\0event\0").update(event.0.as_bytes());
    } else if let Some(key) = common.idempotency_key {
        hasher.update(b"\0request\0").update(key.as_bytes());
        hasher.update(b"\0").update(&(index as u64).to_le_bytes());
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Cursor::Key { hash: u128::from_le_bytes(hash) }
}

/// The tenant of events that name none: the request's, the token's only one, or that of the settings.
pub(crate) fn tenant_of(
    grant: &Grant,
    named: Option<&str>,
    default: &TenantId,
) -> Result<Option<TenantId>, Bad> {
    match (named, &grant.tenants) {
        (Some(named), _) if item::is_tenant(named) => Ok(Some(TenantId::new(named))),
        (Some(_), _) => Err(Bad::Tenant),
        (None, Tenants::All) => Ok(Some(default.clone())),
        (None, Tenants::Only(some)) => Ok(match some.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }),
    }
}
