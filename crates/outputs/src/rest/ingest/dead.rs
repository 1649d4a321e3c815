//! What could not be taken → dead letters; and dead letters → the intake, once more.

use super::super::access::Grant;
use super::super::body::{self, Coding};
use super::super::letters::{Letter, LetterCoding, LetterForm};
use super::super::problem::{ItemError, Kind, Problem};
use super::super::shared::Shared;
use super::rows::{self, Common, Rows};
use super::split::{Form, Piece};
use super::{Sender, all_durable, rows_of};
use axum::body::Bytes;
use std::sync::Arc;

/// Keeps what of one request cannot be taken.
pub(super) struct Dead<'a> {
    pub(super) shared: &'a Shared,
    pub(super) grant: &'a Grant,
    pub(super) peer: &'a str,
}

impl Dead<'_> {
    fn letter(&self, reason: &str, is_foreign: bool, form: LetterForm) -> Letter {
        let settings = &self.shared.api.settings;
        Letter {
            at: self.shared.now(),
            source: rows::source_of(self.grant),
            tenant: rows::tenant_of(self.grant, None, &settings.tenant).ok().flatten(),
            tenants: self.grant.tenants.clone(),
            is_foreign,
            peer: self.peer.to_owned(),
            reason: reason.to_owned(),
            form,
            coding: None,
            bytes: Vec::new(),
            truncated: false,
        }
    }

    /// Keeps a whole body, if it is to blame.
    pub(super) fn body(&self, problem: &Problem, form: LetterForm, coding: Coding, bytes: &[u8]) {
        if !problem.is_of_content() || bytes.is_empty() {
            return;
        }
        let coding = match coding {
            Coding::Plain => None,
            Coding::Gzip => Some(LetterCoding::Gzip),
            Coding::Zstd => Some(LetterCoding::Zstd),
        };
        let letter = Letter { coding, ..self.letter(problem.detail(), problem.is_foreign(), form) };
        self.shared.api.letters.keep(letter.with(bytes));
    }

    /// Keeps events of a body that is otherwise taken.
    pub(super) fn events(&self, errors: &[ItemError], events: &[Piece<'_>]) {
        for error in errors.iter().filter(|error| !error.retry) {
            let Some(event) = events.get(error.index as usize) else { continue };
            let bytes = event.map_or_else(|bytes| bytes, str::as_bytes);
            let letter = self.letter(&error.reason, error.is_foreign, LetterForm::Event);
            self.shared.api.letters.keep(letter.with(bytes));
        }
    }
}

impl From<Form> for LetterForm {
    fn from(form: Form) -> LetterForm {
        match form {
            Form::Json => LetterForm::Bulk,
            Form::Lines => LetterForm::Lines,
        }
    }
}

/// Takes in a letter as its sender would have sent it, with what `grant` allows; returns the events that are durable.
/// Its events reach nobody whom its sender could not reach: else one client's token would write to another's events, by
/// the hand of who may everything.
pub(in super::super) async fn again(
    shared: &Arc<Shared>,
    grant: &Grant,
    id: u64,
    letter: Letter,
) -> Result<u64, Problem> {
    let name = letter.source.strip_prefix("http:").unwrap_or(&letter.source).to_owned();
    let tenants = match letter.is_foreign {
        // Whoever names it by its number wants just that.
        true => grant.tenants.clone(),
        false => grant.tenants.within(&letter.tenants),
    };
    let grant = Grant { name, tenants, ..grant.clone() };
    let key = format!("dead letter {id} of {}", letter.at);
    let default = letter.tenant.as_ref().unwrap_or(&shared.api.settings.tenant);
    let sender = Sender { grant: &grant, peer: &letter.peer, key: Some(&key), default };
    let coding = match letter.coding {
        None => Coding::Plain,
        Some(LetterCoding::Gzip) => Coding::Gzip,
        Some(LetterCoding::Zstd) => Coding::Zstd,
    };
    let limits = &shared.api.settings.limits;
    let mut held = shared.budget.hold(limits.bodies_bytes_max);
    let most = limits.decompressed_bytes_max;
    let bytes = body::plain(Bytes::from(letter.bytes.clone()), coding, most, &mut held)?;
    let rows = match letter.form {
        LetterForm::Event => event(shared, &bytes, &sender)?,
        LetterForm::Bulk => rows_of(shared, &bytes, Form::Json, &sender)?,
        LetterForm::Lines => rows_of(shared, &bytes, Form::Lines, &sender)?,
    };
    let Rows { batches, indices, mut errors, .. } = rows;
    if indices.is_empty() {
        let why = errors.first().map_or("there is no event in it", |error| &error.reason);
        return Err(Problem::new(Kind::Invalid, why));
    }
    let source = rows::source_of(&grant);
    let receipts = all_durable(shared, &source, batches, &indices, &mut errors).await?;
    match errors.iter().find(|error| error.retry) {
        // The same ids come again when all of it is sent again.
        Some(error) => Err(Problem::new(Kind::NotTaking, error.reason.as_str()).retry_after(5)),
        None => Ok(receipts.iter().map(|r| r.last.0 - r.first.0 + 1).sum()),
    }
}

fn event(shared: &Shared, bytes: &Bytes, sender: &Sender<'_>) -> Result<Rows, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::new(Kind::BadBody, "the event is no UTF-8"))?
        .trim_ascii();
    let admit = shared.admits(sender.grant);
    let common = Common {
        grant: sender.grant,
        peer: sender.peer,
        received_at: shared.now(),
        tenant: rows::tenant_of(sender.grant, None, sender.default).map_err(super::refusal)?,
        source_label: None,
        idempotency_key: sender.key,
        admit: &admit,
    };
    rows::one(text, &common)
}
