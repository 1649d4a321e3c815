//! The bytes of a person's file → incidents, and what was wrong with the rest. The file comes out of
//! some ticket system: CSV with a header, or one JSON object a line; columns that we do not know are
//! named to the person and left out.

use super::csv;
use model::{Incident, TenantId, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Incidents that one file may hold; the rest is counted.
pub(crate) const INCIDENTS_MAX: usize = 10_000;
/// Bad rows that are told one by one.
const BAD_TOLD_MAX: usize = 5;
/// Columns that are told as not used.
const IGNORED_TOLD_MAX: usize = 20;

/// What a file came to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Incidents {
    /// The incidents, in the order of the file.
    pub(crate) list: Vec<Incident>,
    /// The first rows that are no incidents.
    pub(crate) bad: Vec<BadRow>,
    /// All rows that are no incidents.
    pub(crate) bad_total: u64,
    /// Incidents beyond [`INCIDENTS_MAX`].
    pub(crate) left_out: u64,
    /// Columns that are not used, the first few by name.
    pub(crate) ignored: BTreeSet<String>,
}

/// A row that is no incident.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// Its line, from 1.
    pub(crate) line: u64,
    /// What is wrong with it.
    pub(crate) what: String,
}

/// Why a file cannot be used at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// It has a header without the one column that must be there.
    #[error(
        "its header has no column `at`: name the columns at, tenant, host, service, title and id in \
         the first line (only `at` must be there), or write one JSON object a line with these keys"
    )]
    NoTimes,
    /// It was written in an encoding that is not read.
    #[error("it is UTF-16: save it as UTF-8")]
    Utf16,
    /// Nothing is in it.
    #[error("it holds no incident: write a header with a column `at`, and one incident a line")]
    Empty,
    /// Something is in it, but no incident.
    #[error("not one of its rows is an incident; line {}: {}", .0.line, .0.what)]
    AllBad(BadRow),
}

/// Reads a file whose times are, where they name no zone, so many seconds east of Greenwich.
pub(crate) fn parse(bytes: &[u8], zone_offset_secs: i32) -> Result<Incidents, Unusable> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unusable::Utf16);
    }
    // Bytes that are no UTF-8 stand in titles; an incident without an umlaut is one all the same.
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut incidents = Incidents::default();
    match text.trim_start().starts_with('{') {
        true => incidents.read_objects(text, zone_offset_secs),
        false => incidents.read_table(text, zone_offset_secs)?,
    }
    match (incidents.list.is_empty(), incidents.bad.is_empty()) {
        (false, _) => Ok(incidents),
        (true, true) => Err(Unusable::Empty),
        (true, false) => Err(Unusable::AllBad(incidents.bad.swap_remove(0))),
    }
}

/// What a column or key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    At,
    Tenant,
    Host,
    Service,
    Title,
    Id,
}

impl Field {
    /// The field that a column's name means, in any case.
    fn of(name: &str) -> Option<Field> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "at" => Field::At,
            "tenant" => Field::Tenant,
            "host" => Field::Host,
            "service" => Field::Service,
            "title" | "name" => Field::Title,
            "id" => Field::Id,
            _ => return None,
        })
    }
}

impl Incidents {
    fn read_table(&mut self, text: &str, zone: i32) -> Result<(), Unusable> {
        let header_line = text.lines().find(|line| !line.trim().is_empty());
        let separator = csv::separator(header_line.unwrap_or_default());
        let mut rows = csv::rows(text, separator);
        let header = rows.next().ok_or(Unusable::Empty)?;
        let names = header.values.map_err(|_| Unusable::NoTimes)?;
        let fields: Vec<Option<Field>> = names.iter().map(|name| Field::of(name)).collect();
        if !fields.contains(&Some(Field::At)) {
            return Err(Unusable::NoTimes);
        }
        for (name, _) in names.iter().zip(&fields).filter(|(_, field)| field.is_none()) {
            self.ignore(name);
        }
        for row in rows {
            let incident = row.values.map_err(str::to_owned).and_then(|values| {
                // Then it is not known which value is whose.
                if values.len() > fields.len()
                    && values[fields.len()..].iter().any(|v| !v.is_empty())
                {
                    return Err(format!(
                        "{} values for {} columns: put a value that holds `{separator}` in quotes",
                        values.len(),
                        fields.len()
                    ));
                }
                let fields = fields.iter().copied().zip(values);
                incident(row.line, fields.filter_map(|(f, value)| Some((f?, value))), zone)
            });
            self.take(row.line, incident);
        }
        Ok(())
    }

    fn read_objects(&mut self, text: &str, zone: i32) {
        for (line, text) in (1..).zip(text.lines()) {
            if text.trim().is_empty() {
                continue;
            }
            let incident = serde_json::from_str::<Map<String, Value>>(text)
                .map_err(|error| format!("not a JSON object: {error}"))
                .and_then(|object| {
                    let mut fields = Vec::new();
                    for (key, value) in object {
                        match Field::of(&key) {
                            Some(field) => fields.extend(word(&key, value)?.map(|v| (field, v))),
                            None => self.ignore(&key),
                        }
                    }
                    incident(line, fields.into_iter(), zone)
                });
            self.take(line, incident);
        }
    }

    fn ignore(&mut self, name: &str) {
        if self.ignored.len() < IGNORED_TOLD_MAX && !name.is_empty() {
            self.ignored.insert(name.to_owned());
        }
    }

    fn take(&mut self, line: u64, incident: Result<Incident, String>) {
        match incident {
            Ok(_) if self.list.len() == INCIDENTS_MAX => self.left_out += 1,
            Ok(incident) => self.list.push(incident),
            Err(what) => {
                self.bad_total += 1;
                if self.bad.len() < BAD_TOLD_MAX {
                    self.bad.push(BadRow { line, what });
                }
            }
        }
    }
}

/// The text of a JSON value; `None` where it says nothing.
fn word(key: &str, value: Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        // Numbers of tickets. A number as a time could be seconds or milliseconds: `at` refuses it.
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("`{key}` is neither text nor number"))
        }
    }
}

/// The incident that these values make. Of two values for one field the first that is not empty is taken.
fn incident(
    line: u64,
    values: impl Iterator<Item = (Field, String)>,
    zone: i32,
) -> Result<Incident, String> {
    let mut at = None;
    let mut incident = Incident { line, ..Incident::default() };
    for (field, value) in values {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        let place = match field {
            Field::At => &mut at,
            Field::Host => &mut incident.host,
            Field::Service => &mut incident.service,
            Field::Title => &mut incident.title,
            Field::Id => &mut incident.id,
            Field::Tenant => {
                incident.tenant_id.get_or_insert_with(|| TenantId::new(value));
                continue;
            }
        };
        place.get_or_insert_with(|| value.to_owned());
    }
    let at = at.ok_or("it has no time: give it one in `at`")?;
    incident.at = Timestamp::parse_absolute(&at, zone).map_err(|error| error.to_string())?;
    Ok(incident)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_absolute(text, 0).unwrap()
    }

    fn whats(incidents: &Incidents) -> Vec<(u64, &str)> {
        incidents.bad.iter().map(|bad| (bad.line, bad.what.as_str())).collect()
    }

    #[test]
    fn a_table_and_objects_give_the_same() {
        let table = "\u{feff}id,At,Tenant,host,service,name\r\n\
            7,2026-03-17T12:00:00Z,acme,gw2,ipsec,\"tunnel, down\"\r\n\
            ,2026-03-18 09:00,,,,\r\n";
        let objects = "\n{\"id\": 7, \"at\": \"2026-03-17T12:00:00Z\", \"tenant\": \"acme\", \"host\": \"gw2\", \
            \"service\": \"ipsec\", \"title\": \"tunnel, down\"}\n\
            {\"at\": \"2026-03-18T08:00:00Z\", \"host\": null}";
        let table = parse(table.as_bytes(), 3_600).unwrap();
        assert_eq!(table, parse(objects.as_bytes(), 3_600).unwrap());
        let first = Incident {
            line: 2,
            at: at("2026-03-17T12:00:00Z"),
            id: Some("7".into()),
            title: Some("tunnel, down".into()),
            tenant_id: Some(TenantId::new("acme")),
            host: Some("gw2".into()),
            service: Some("ipsec".into()),
        };
        assert_eq!(table.list[0], first);
        let second = Incident { line: 3, at: at("2026-03-18T08:00:00Z"), ..Incident::default() };
        assert_eq!(table.list[1], second);
    }

    #[test]
    fn what_is_not_used_is_named() {
        let table = parse(b"priority;at;owner\n1;2026-03-17;eve\n", 0).unwrap();
        let objects = parse(b"{\"at\": \"@0\", \"owner\": 1, \"priority\": []}", 0).unwrap();
        let ignored = |incidents: Incidents| incidents.ignored.into_iter().collect::<Vec<_>>();
        assert_eq!(ignored(table), ["owner", "priority"]);
        assert_eq!(ignored(objects), ["owner", "priority"]);
    }

    #[test]
    fn rows_that_are_no_incidents_are_told_and_counted() {
        let table = "at,host\nsoon,a\n,b\n24h,c\n1795000000,d\n2026-03-17,e,f\n2026-03-17,\"g\n2026-03-17,h,,\n";
        let incidents = parse(table.as_bytes(), 0).unwrap();
        assert_eq!((incidents.list.len(), incidents.bad_total), (1, 6));
        let told = whats(&incidents);
        assert_eq!(told.iter().map(|t| t.0).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
        assert!(told[0].1.starts_with("`soon` is not a time: write 2026-"), "{told:?}");
        assert!(told[1].1.contains("`at`") && told[4].1.contains("3 values for 2"), "{told:?}");
        let objects = "{\"at\": 1795000000}\n{\"at\": [1]}\n{\"host\": \"a\"}\n[]\n{\"at\": \"2026-03-17\"}\n";
        let incidents = parse(objects.as_bytes(), 0).unwrap();
        assert_eq!((incidents.list.len(), incidents.bad_total), (1, 4));
        assert!(whats(&incidents)[0].1.contains("@1795000000"), "{incidents:?}");
    }

    #[test]
    fn files_without_any_incident_say_what_is_missing() {
        assert_eq!(parse(b" \r\n", 0), Err(Unusable::Empty));
        assert_eq!(parse(b"at,host\n", 0), Err(Unusable::Empty));
        assert_eq!(parse(b"when,host\n2026-03-17,a\n", 0), Err(Unusable::NoTimes));
        assert_eq!(parse(b"[{\"at\": \"2026-03-17\"}]", 0), Err(Unusable::NoTimes));
        assert_eq!(parse(b"\xff\xfea\0t\0", 0), Err(Unusable::Utf16));
        let all_bad = parse(b"at\nsoon\nlater\n", 0).unwrap_err();
        assert!(matches!(&all_bad, Unusable::AllBad(first) if first.line == 2));
    }

    #[test]
    fn more_than_the_limit_is_counted() {
        let table = "at\n".to_owned() + &"2026-03-17\n".repeat(INCIDENTS_MAX + 3);
        let incidents = parse(table.as_bytes(), 0).unwrap();
        assert_eq!((incidents.list.len(), incidents.left_out), (INCIDENTS_MAX, 3));
    }
}
