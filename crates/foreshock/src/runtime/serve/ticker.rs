//! The clock → records: the engine has no other. So what only time can show is the same when the records are read again.

use model::intake::{Batch, Facts, Intake, Kind};
use model::{Origin, SourceId, TenantId, Timestamp, Transport};
use std::sync::Arc;

/// The name of what the program itself says.
pub(super) const OWN: &str = "foreshock";

/// What the program itself says comes from here.
pub(super) fn own_origin() -> Arc<Origin> {
    Arc::new(Origin {
        source_id: SourceId::new(OWN),
        tenant_id: TenantId::new(OWN),
        source_type: OWN.to_owned(),
        source_name: OWN.to_owned(),
        transport: Transport::Own,
    })
}

/// Hands in the time.
pub(super) struct Ticker {
    intake: Arc<dyn Intake>,
    origin: Arc<Origin>,
}

impl Ticker {
    pub(super) fn new(intake: Arc<dyn Intake>) -> Ticker {
        Ticker { intake, origin: own_origin() }
    }

    /// Says that it is `now`. Where the spool takes nothing this one is left out: the next tells the same and more.
    pub(super) fn tick(&self, now: Timestamp) {
        let mut batch = Batch::new();
        let facts = Facts { kind: Kind::Tick, ..Facts::received(now) };
        if batch.push(&self.origin, "", facts, b"").is_ok() {
            let _ = self.intake.try_append_then(batch, Box::new(drop));
        }
    }
}
