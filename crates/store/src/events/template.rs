//! A message and its template → the values that stand in the holes, and back. What does not fit is kept as one
//! value, so nothing is ever lost: a template is a way to store less, not a claim.

use memchr::memmem;

/// What stands for a value in a template.
const HOLE: &str = "<*>";

/// Where a value stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        // A text is shorter than a block's texts may be, which is far below four gigabytes.
        Span { start: start as u32, end: end as u32 }
    }

    /// The whole text: what stands in the one hole of [`Template::anything`].
    pub(super) fn all(text: &str) -> Span {
        Span::new(0, text.len())
    }

    /// As a range of bytes.
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The literals of a template: one more than it has holes.
#[derive(Debug, Clone)]
pub(super) struct Template {
    literals: Vec<String>,
    /// Finds those between the first and the last: made once, as making one costs as much as a find.
    inner: Vec<memmem::Finder<'static>>,
}

impl Template {
    pub(super) fn new(template: &str) -> Template {
        let literals: Vec<String> = template.split(HOLE).map(str::to_owned).collect();
        let last = literals.len().saturating_sub(1);
        let inner = literals.get(1..last).unwrap_or_default().iter();
        let inner = inner.map(|literal| memmem::Finder::new(literal).into_owned()).collect();
        Template { literals, inner }
    }

    /// The template that fits any text: one hole.
    pub(super) fn anything() -> Template {
        Template::new(HOLE)
    }

    pub(super) fn holes(&self) -> usize {
        self.literals.len() - 1
    }

    /// Where the values of `text` stand in it, appended to `values`; whether it fits. If not, `values` is as it was.
    pub(super) fn split(&self, text: &str, values: &mut Vec<Span>) -> bool {
        let before = values.len();
        let fits = self.fill(text, values).is_some();
        if !fits {
            values.truncate(before);
        }
        fits
    }

    fn fill(&self, text: &str, values: &mut Vec<Span>) -> Option<()> {
        let (first, rest) = self.literals.split_first()?;
        let Some((last, _)) = rest.split_last() else {
            return (text == first).then_some(());
        };
        if !text.starts_with(first.as_str()) {
            return None;
        }
        let mut from = first.len();
        for literal in &self.inner {
            let place = from + literal.find(&text.as_bytes()[from..])?;
            values.push(Span::new(from, place));
            from = place + literal.needle().len();
        }
        let rest = text.get(from..)?.strip_suffix(last.as_str())?;
        values.push(Span::new(from, from + rest.len()));
        Some(())
    }

    /// The text with these values, appended to `out`. `None` if there are too few.
    pub(super) fn join<'a>(
        &self,
        out: &mut Vec<u8>,
        mut value: impl FnMut(usize) -> Option<&'a [u8]>,
    ) -> Option<()> {
        for (place, literal) in self.literals.iter().enumerate() {
            if place > 0 {
                out.extend_from_slice(value(place - 1)?);
            }
            out.extend_from_slice(literal.as_bytes());
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(template: &str, text: &str) -> Option<Vec<String>> {
        let template = Template::new(template);
        let mut values = Vec::new();
        if !template.split(text, &mut values) {
            assert!(values.is_empty());
            return None;
        }
        assert_eq!(values.len(), template.holes());
        let values: Vec<&str> = values.iter().map(|value| &text[value.range()]).collect();
        let mut out = Vec::new();
        template.join(&mut out, |place| Some(values[place].as_bytes())).unwrap();
        assert_eq!(out, text.as_bytes());
        Some(values.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn values_are_what_stands_in_the_holes() {
        let some = |values: &[&str]| Some(values.iter().map(|v| v.to_string()).collect::<Vec<_>>());
        assert_eq!(round("user <*> from <*>", "user ann from ::1"), some(&["ann", "::1"]));
        assert_eq!(round("<*>", "any"), some(&["any"]));
        assert_eq!(round("", ""), some(&[]));
        assert_eq!(round("a<*>a", "aa"), some(&[""]));
        assert_eq!(round("a<*>a", "a"), None);
        assert_eq!(round("up", "up "), None);
        assert_eq!(round("<*> ms<*>", "12 ms"), some(&["12", ""]));
    }

    proptest! {
        #[test]
        fn what_fits_comes_back(template in "[ab]{0,3}(<\\*>[ab ]{0,3}){0,4}", text in "[ab ]{0,12}") {
            round(&template, &text);
        }

        #[test]
        fn texts_made_from_a_template_fit(
            literals in prop::collection::vec("[a-c ]{0,3}", 1..5),
            values in prop::collection::vec("[a-c0-9é]{0,4}", 4),
        ) {
            let mut text = literals[0].clone();
            for (place, literal) in literals[1..].iter().enumerate() {
                text += &values[place];
                text += literal;
            }
            prop_assert!(round(&literals.join("<*>"), &text).is_some());
        }
    }
}
