//! A place in a settings file → line and column; a word that nothing knows → the word that was
//! probably meant.

/// Line and column (in letters) of a byte, both from 1.
pub(super) fn of(text: &str, byte: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let begin = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let letters = text.get(begin..byte).map_or(byte - begin, |line| line.chars().count());
    (line, letters + 1)
}

/// `; did you mean …?`, where one of the words is near enough.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|other| (distance(word, other), other)).min();
    match near {
        // A third of the letters: more is another word.
        Some((steps, other)) if steps * 3 <= other.chars().count().max(3) => {
            format!("; did you mean `{other}`?")
        }
        _ => String::new(),
    }
}

/// Letters to add, remove or replace to make the one of the other (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_letters_from_one() {
        let text = "a = 1\nü = bad\n";
        assert_eq!(of(text, 0), (1, 1));
        assert_eq!(of(text, text.find("bad").unwrap()), (2, 5));
        assert_eq!(of(text, text.len()), (3, 1));
    }

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        let known = || ["close_after", "close_after_max", "host"].into_iter();
        assert_eq!(did_you_mean("close_aftr", known()), "; did you mean `close_after`?");
        assert_eq!(did_you_mean("hots", known()), "");
        assert_eq!(did_you_mean("hos", known()), "; did you mean `host`?");
        assert_eq!(did_you_mean("colour", known()), "");
        assert_eq!((distance("", "abc"), distance("kitten", "sitting")), (3, 3));
    }
}
