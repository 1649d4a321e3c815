//! The same messages → what parsing them costs, by itself: header, time, host, program, fields and the format of the body,
//! as the service does it, on this thread and with nothing beside it. The service's own threads also tell kinds of
//! messages, values and entities, which no peer does; what both do is compared by this.

use crate::load::messages::{Form, Messages};
use crate::machine;
use engine::normalize::{Reference, normalize};
use std::time::{SystemTime, UNIX_EPOCH};

/// Messages that are written before they are parsed: writing them is not to be measured.
const AT_ONCE: u64 = 20_000;

/// CPU seconds for a million messages.
pub(crate) fn cost(messages: u64) -> f64 {
    let (mut writer, mut text, mut ends) =
        (Messages::new(Form::Rfc5424, 0), Vec::new(), Vec::new());
    let past = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = model::Timestamp::from_micros(i64::try_from(past.as_micros()).unwrap_or(i64::MAX));
    let reference = Reference { now, zone_offset_secs: 0 };
    let (mut spent, mut named) = (0.0, 0_u64);
    let mut number = 0;
    while number < messages {
        text.clear();
        ends.clear();
        for _ in 0..AT_ONCE.min(messages - number) {
            writer.write(&mut text, number);
            ends.push(text.len());
            number += 1;
        }
        let before = machine::own_cpu_secs();
        let mut start = 0;
        for &end in &ends {
            let event = normalize(&text[start..end], &reference);
            // Asked for, so that nothing is left out.
            named += u64::from(event.host.is_some() && event.occurred_at.is_some());
            start = end;
        }
        spent += machine::own_cpu_secs() - before;
    }
    assert_eq!(named, messages, "every message names its host and its time");
    spent / messages as f64 * 1e6
}
