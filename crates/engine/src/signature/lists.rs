//! A skeleton with lists in it → the skeleton of one of their elements: `[a,<*>],[a,<*>],[a,<*>]` is
//! `[a,<*>]`, so that the number of elements does not split one kind of message into many.

use super::skeleton::HOLE;

/// Brackets nested deeper than this are taken as plain text.
const DEPTH_MAX: usize = 16;
/// Distinct elements of one list that are remembered.
const DISTINCT_MAX: usize = 4;

/// One open bracket (the lowest frame is the text itself).
#[derive(Clone, Copy, Default)]
struct Frame {
    /// Where the bracket stands.
    open: usize,
    /// Where the element that is being read begins.
    element: usize,
    /// The distinct elements before it, and how many they are.
    seen: [(usize, usize); DISTINCT_MAX],
    distinct: usize,
    /// Where the last element that stayed ends.
    kept_to: usize,
    /// A second bare value stayed.
    paired: bool,
}

/// Rewrites `text` in place; `scratch` is room to work in.
pub(super) fn collapse(text: &mut Vec<u8>, scratch: &mut Vec<u8>) {
    scratch.clear();
    let (mut frames, mut depth) = ([Frame::default(); DEPTH_MAX], 0);
    for &byte in text.iter() {
        match byte {
            b'(' | b'[' | b'{' if depth + 1 < DEPTH_MAX => {
                depth += 1;
                scratch.push(byte);
                frames[depth] =
                    Frame { open: scratch.len() - 1, element: scratch.len(), ..Frame::default() };
            }
            b')' | b']' | b'}' if depth > 0 => {
                end_element(scratch, &mut frames[depth]);
                scratch.push(byte);
                drop_repeated_group(scratch, frames[depth].open);
                depth -= 1;
            }
            b',' | b';' => {
                end_element(scratch, &mut frames[depth]);
                scratch.push(byte);
                frames[depth].element = scratch.len();
            }
            _ => scratch.push(byte),
        }
    }
    if depth == 0 {
        end_element(scratch, &mut frames[0]);
    }
    std::mem::swap(text, scratch);
}

/// Drops the element that ends here if the list has shown it already. Two bare values stay two:
/// pairs are common where lists are not.
fn end_element(text: &mut Vec<u8>, frame: &mut Frame) {
    let start = frame.element.min(text.len());
    let start = start + usize::from(text.get(start) == Some(&b' '));
    let element = text.get(start..).unwrap_or_default();
    let known = !element.is_empty()
        && frame.seen[..frame.distinct]
            .iter()
            .any(|&(from, to)| text.get(from..to) == Some(element));
    if known && (element != HOLE || frame.paired) {
        text.truncate(frame.kept_to);
        return;
    }
    frame.paired |= known;
    if !known && frame.distinct < DISTINCT_MAX {
        frame.seen[frame.distinct] = (start, text.len());
        frame.distinct += 1;
    }
    frame.kept_to = text.len();
}

/// Drops the bracketed group that begins at `open` and ends here if the same one stands before it.
fn drop_repeated_group(text: &mut Vec<u8>, open: usize) {
    let (head, group) = text.split_at(open.min(text.len()));
    let list =
        [&b", "[..], b",", b"; ", b";"].into_iter().find_map(|joint| head.strip_suffix(joint));
    if let Some(rest) = list
        && rest.ends_with(group)
    {
        text.truncate(rest.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_equal_elements_are_one_element() {
        for (text, expected) in [
            ("a [x,<*>],[x,<*>],[x,<*>] of b", "a [x,<*>] of b"),
            ("a [x,<*>], [y,<*>], [y,<*>]", "a [x,<*>], [y,<*>]"),
            ("Map(<*> -> L(<*>), <*> -> L(<*>))", "Map(<*> -> L(<*>))"),
            ("(<*>, <*>)", "(<*>, <*>)"),
            ("(<*>, <*>, <*>, <*>)", "(<*>, <*>)"),
            ("f(), g(), g() ; ) ]", "f(), g(), g() ; ) ]"),
            ("{a:<*>, b:<*>, a:<*>, b:<*>}", "{a:<*>, b:<*>}"),
            ("((((((((((((((((((((a,a,a", "((((((((((((((((((((a,a,a"),
            ("", ""),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            collapse(&mut bytes, &mut Vec::new());
            assert_eq!(String::from_utf8_lossy(&bytes), expected, "{text}");
        }
    }
}
