//! Apache's error log, 2.2 (`[time] [error] [client …] msg`) and 2.4 (`[time] [module:error]
//! [pid 1:tid 2] [client …] msg`).

use super::{Reference, clock, level};
use model::{Event, Format};

/// A bracketed weekday date, then a bracketed level.
pub(super) fn read<'a>(text: &'a str, reference: &Reference) -> Option<Event<'a>> {
    let (stamp, rest) = clock::weekday_first(text.strip_prefix('[')?, reference)?;
    let mut rest = rest.strip_prefix("] ")?;
    let mut event = Event {
        occurred_at: stamp.at,
        defects: stamp.defects,
        // No other program writes this form, and the line does not name it.
        service: Some("apache".into()),
        format: Format::ApacheError,
        ..Event::default()
    };
    while let Some((inside, behind)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        let (word, value) = inside.split_once(' ').unwrap_or((inside, ""));
        match word {
            "pid" => event.pid = Some(value.split(':').next().unwrap_or(value).into()),
            "client" | "remote" => event.attributes.push(("client".into(), value.into())),
            _ if event.severity.is_some() => break,
            _ => {
                let (module, severity) = inside.rsplit_once(':').unwrap_or(("", inside));
                event.severity = Some(level::word(severity)?);
                if !module.is_empty() {
                    event.attributes.push(("module".into(), module.into()));
                }
            }
        }
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    event.severity?;
    event.body = rest.into();
    Some(event)
}
