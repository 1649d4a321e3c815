//! Hostile text as a CommonMark parser with every extension sees it: words, and nothing else.

use crate::cases;
use crate::properties::text;
use outputs::{digest, explain, safe};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::collections::BTreeMap;

fn events(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    // Front matter stands at the very start, where a digest has its own heading; curled quotation
    // marks are a matter of taste.
    let other = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
        | Options::ENABLE_SMART_PUNCTUATION;
    Parser::new_ext(markdown, Options::all() - other)
}

/// How many of each element there are; running text itself is not counted.
fn elements(markdown: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in events(markdown) {
        let name = match event {
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                format!("{level} {id:?} {classes:?} {attrs:?}")
            }
            Event::Start(Tag::CodeBlock(kind)) => format!("{kind:?}"),
            Event::Start(tag) => format!("{tag:?}"),
            Event::Code(_) => "code span".into(),
            Event::Text(_) | Event::End(_) => continue,
            other => format!("{other:?}"),
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn hostile_text_adds_no_element(text in text()) {
        // Lines that say nothing are left out; with a letter in front every page has the same ones.
        let text = if text.trim().is_empty() { format!("x{text}") } else { text };
        let pages = |text: &str| {
            let item = cases::hostile_item(text);
            [
                digest::markdown(&cases::hostile_digest(text), None),
                explain::markdown(&cases::hostile_explanation(item, text)),
            ]
        };
        for (page, plain) in pages(&text).iter().zip(pages("plain")) {
            prop_assert_eq!(elements(page), elements(&plain), "{}", page);
        }
    }

    #[test]
    fn escaped_text_reads_as_itself(text in text()) {
        let markdown = format!("Begin {}", safe::markdown(&text));
        let mut read = String::new();
        for event in events(&markdown) {
            match event {
                Event::Text(text) => read += &text,
                Event::Start(Tag::Paragraph) | Event::End(_) => {}
                other => prop_assert!(false, "{other:?} in {markdown}"),
            }
        }
        prop_assert_eq!(words(&read), words(&format!("Begin {}", safe::text(&text))));
    }
}
