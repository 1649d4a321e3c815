//! The beginning of an object of JSON → the pairs that stand before the cut. A text that was cut keeps its
//! beginning, a number goes: half of one is another.
//!
//! Records are cut where they are longer than a line may be, and whoever starts a process chooses how long its
//! command line is: it must not be a way to go unseen.

use serde_json::{Map, Value};

/// What stands before the cut; `None` if nothing does, or nothing was cut.
pub(super) fn read(text: &str) -> Option<Map<String, Value>> {
    let scan = Scan::of(text)?;
    let closers: String = scan.open.iter().rev().map(|byte| char::from(*byte)).collect();
    let ends_well = scan.is_text || text.ends_with(['"', '}', ']']);
    let ends = [Some(text.len()), scan.escapes[1], scan.escapes[0]];
    let to_the_end = ends.into_iter().flatten().filter(|_| ends_well).map(|end| {
        let quote = if scan.is_text { "\"" } else { "" };
        format!("{}{quote}{closers}", &text[..end])
    });
    let without_last = scan.comma.map(|end| format!("{}}}", &text[..end]));
    to_the_end.chain(without_last).find_map(|text| serde_json::from_str(&text).ok())
}

/// Where a text stands at its end.
#[derive(Debug, Default)]
struct Scan {
    /// What closes the objects and lists that are open, the outermost first.
    open: Vec<u8>,
    is_text: bool,
    /// The last comma between pairs of the outermost object.
    comma: Option<usize>,
    /// The latest two escapes of the text that is open: a character may need both.
    escapes: [Option<usize>; 2],
}

impl Scan {
    /// `None` for what is no object, or one that ends.
    fn of(text: &str) -> Option<Scan> {
        let mut scan = Scan::default();
        let mut is_escaped = false;
        if !text.starts_with('{') {
            return None;
        }
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if scan.is_text => {
                    is_escaped = true;
                    scan.escapes = [scan.escapes[1], Some(at)];
                }
                b'"' => (scan.is_text, scan.escapes) = (!scan.is_text, [None; 2]),
                _ if scan.is_text => {}
                b'{' => scan.open.push(b'}'),
                b'[' => scan.open.push(b']'),
                b',' if scan.open.len() == 1 => scan.comma = Some(at),
                b'}' | b']' => {
                    scan.open.pop();
                    if scan.open.is_empty() {
                        return None;
                    }
                }
                _ => {}
            }
        }
        Some(scan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Option<String> {
        read(text).map(|fields| Value::Object(fields).to_string())
    }

    #[test]
    fn pairs_before_the_cut_are_kept_and_a_text_keeps_its_beginning() {
        for (text, kept) in [
            (r#"{"a":"b","c":"de"#, Some(r#"{"a":"b","c":"de"}"#)),
            (r#"{"a":"b","c":12"#, Some(r#"{"a":"b"}"#)),
            (r#"{"a":"b","c":12,"#, Some(r#"{"a":"b","c":12}"#)),
            (r#"{"a":"b","c""#, Some(r#"{"a":"b"}"#)),
            (r#"{"a":"b","c"#, Some(r#"{"a":"b"}"#)),
            (r#"{"a":"b\"#, Some(r#"{"a":"b"}"#)),
            (r#"{"a":"b\u00"#, Some(r#"{"a":"b"}"#)),
            (r#"{"a":"b\ud83d\ude"#, Some(r#"{"a":"b"}"#)),
            (r#"{"a":"b\"c"#, Some(r#"{"a":"b\"c"}"#)),
            (r#"{"a":{"b":["c"#, Some(r#"{"a":{"b":["c"]}}"#)),
            (r#"{"a":"b"} {"#, None),
            (r#"{"a"#, None),
            ("[1,", None),
            ("", None),
        ] {
            assert_eq!(of(text).as_deref(), kept, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_cut_of_an_object_gives_beginnings_of_its_texts(
            texts in prop::collection::btree_map("[a-c]{1,3}", "[\\PC\"\\\\\n😀]{0,8}", 1..4), at in 0_usize..200,
        ) {
            let whole = serde_json::to_string(&texts).unwrap();
            let at = (0..=at.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
            for (name, value) in read(&whole[..at]).unwrap_or_default() {
                prop_assert!(texts[&name].starts_with(value.as_str().unwrap()), "{name}");
            }
        }
    }
}
