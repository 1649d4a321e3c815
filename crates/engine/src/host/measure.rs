//! An event → the sample that it is, if it is one: a JSON object that names a metric and a number and
//! says nothing else. A message that tells of a metric in words is a message, whatever numbers it holds.

use super::is_record_alone;
use model::Event;
use std::borrow::Cow;

/// Keys that name a metric.
const NAMES: [&str; 4] = ["metric", "metric_name", "metric.name", "__name__"];
/// Keys of the number.
const VALUES: [&str; 7] =
    ["value", "metric.value", "gauge", "asDouble", "as_double", "asInt", "as_int"];
/// Keys that tell apart what one metric measures several times on a host.
const PARTS: [&str; 7] = ["device", "mountpoint", "interface", "disk", "cpu", "state", "direction"];
/// Objects of such keys.
const LABELS: [&str; 4] = ["labels.", "attributes.", "tags.", "dimensions."];
/// Labels of a series; further ones are left out of its name.
const LABELS_MAX: usize = 4;
/// Bytes of a series' name; a longer one is no name.
const NAME_BYTES_MAX: usize = 160;

/// One measured value of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured<'a> {
    /// The series: the metric, and its labels in braces where it has some.
    pub series: Cow<'a, str>,
    /// The value, finite.
    pub value: f64,
}

/// The sample that an event is.
pub fn measured<'a>(event: &'a Event<'_>) -> Option<Measured<'a>> {
    if !is_record_alone(event) {
        return None;
    }
    let find = |keys: &[&str]| {
        let has = |key: &&str| event.attributes.iter().find(|(name, _)| name == key);
        keys.iter().find_map(has).map(|(_, value)| &**value)
    };
    let name = find(&NAMES).filter(|name| !name.is_empty())?;
    let value: f64 = find(&VALUES)?.parse().ok().filter(|value: &f64| value.is_finite())?;
    let series = with_labels(name, event);
    (series.len() <= NAME_BYTES_MAX).then_some(Measured { series, value })
}

/// `disk.busy_ratio{device=sda}`.
fn with_labels<'a>(name: &'a str, event: &'a Event<'_>) -> Cow<'a, str> {
    let label = |name: &'a str| {
        let inside = LABELS.iter().find_map(|prefix| name.strip_prefix(prefix));
        inside.or_else(|| PARTS.contains(&name).then_some(name))
    };
    let labels = event.attributes.iter().filter_map(|(key, value)| Some((label(key)?, value)));
    let mut labels: Vec<_> = labels.take(LABELS_MAX).collect();
    if labels.is_empty() {
        return Cow::Borrowed(name);
    }
    // The order in which a sender writes them names no other series.
    labels.sort();
    let labels: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Cow::Owned(format!("{name}{{{}}}", labels.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::{Reference, normalize};
    use model::Timestamp;

    fn read(line: &str) -> Option<(String, f64)> {
        let reference = Reference { now: Timestamp::from_secs(1_795_255_200), zone_offset_secs: 0 };
        let event = normalize(line.as_bytes(), &reference);
        measured(&event).map(|found| (found.series.into_owned(), found.value))
    }

    #[test]
    fn a_named_number_is_a_sample() {
        let plain =
            r#"{"time":"2026-11-20T08:00:00Z","host":"oak","metric":"load.per_cpu","value":0.5}"#;
        assert_eq!(read(plain), Some(("load.per_cpu".to_owned(), 0.5)));
        let labelled =
            r#"{"metric":"disk.busy_ratio","asDouble":0.5,"attributes":{"device":"sda","a":"b"}}"#;
        assert_eq!(read(labelled), Some(("disk.busy_ratio{a=b,device=sda}".to_owned(), 0.5)));
    }

    #[test]
    fn what_speaks_is_a_message_and_what_has_no_number_or_no_name_is_none() {
        for line in [
            r#"{"msg":"memory is short","metric":"memory.used_ratio","value":0.97}"#,
            r#"{"metric":"memory.used_ratio","value":"much"}"#,
            r#"{"metric":"","value":1}"#,
            r#"{"value":1}"#,
            "metric memory.used_ratio value 0.97",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        let long = format!(r#"{{"metric":"{}","value":1}}"#, "m".repeat(200));
        assert_eq!(read(&long), None);
    }
}
