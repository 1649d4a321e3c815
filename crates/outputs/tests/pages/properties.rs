//! What holds for every page, whatever logs put into it.

use crate::cases;
use model::{Contribution, Counts, Digest};
use outputs::{Style, backtest, digest, explain};
use proptest::prelude::*;

/// Log text: anything, often with what acts on terminals and in Markdown.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just(cases::HOSTILE.to_owned()),
        "[ -~\n\r\t\u{1b}\u{7f}-\u{9f}\u{ad}\u{61c}\u{200b}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{e0041}`#|<>\\[\\]*_~-]{0,80}",
        "[a-z]{0,300}",
        // What begins or ends an element of Markdown where it stands alone.
        "[`#>*_+=~:|-]{1,5} ?[a-z]{0,2}",
        Just("```".to_owned()),
        "[0-9]{1,3}[.)] ?[a-z]{0,2}",
        "[*_`~^$]{1,3}[a-z]{1,3}[*_`~^$]{1,3}",
        "(https?://|www\\.|mailto:)[a-z]{1,5}\\.[a-z]{2}",
    ];
    prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

fn pages(text: &str, style: &Style) -> Vec<String> {
    let digest = cases::hostile_digest(text);
    let item = cases::hostile_item(text);
    let counts = Counts::default();
    vec![
        digest::text(&digest, Some(&counts), style),
        digest::brief(&digest, Some(&counts), style),
        explain::text(&cases::hostile_explanation(item, text), style),
        backtest::text(&cases::hostile_backtest(text), style),
    ]
}

fn documents(text: &str) -> Vec<String> {
    let digest = cases::hostile_digest(text);
    let explanation = cases::hostile_explanation(cases::hostile_item(text), text);
    vec![
        digest::markdown(&digest, None),
        digest::json(&digest, None),
        digest::ndjson(&digest, None),
        explain::json(&explanation),
        explain::markdown(&explanation),
        backtest::ndjson(&cases::hostile_backtest(text)),
    ]
}

fn harmless(page: &str) -> bool {
    // Named here once more, so that a hole in the code's own list is seen.
    let acts = |c: char| {
        c.is_control()
            || matches!(c as u32, 0xad | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe007f)
    };
    page.ends_with('\n') && !page.chars().any(|c| c != '\n' && acts(c))
}

/// The page without the colours that are ours: bold, faint, red, yellow, cyan, off.
fn without_our_colors(page: &str) -> String {
    ["[1m", "[2m", "[1;31m", "[1;33m", "[36m", "[0m"]
        .iter()
        .fold(page.to_owned(), |page, code| page.replace(&format!("\x1b{code}"), ""))
}

/// The lines that begin at the margin: headings and the first lines of items.
fn skeleton(page: &str) -> Vec<&str> {
    let begins = |l: &&str| !l.starts_with("   ") && !l.is_empty();
    page.lines().filter(begins).map(|l| l.get(..3).unwrap_or(l)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_control_leaves_a_page(text in text(), width in 0_usize..200, color: bool) {
        for page in pages(&text, &Style { color, width }) {
            let page = if color { without_our_colors(&page) } else { page };
            prop_assert!(harmless(&page), "{page:?}");
        }
        for document in documents(&text) {
            prop_assert!(harmless(&document), "{document:?}");
        }
    }

    #[test]
    fn color_changes_nothing_but_color(text in text(), width in 48_usize..120) {
        let plain = pages(&text, &Style { color: false, width });
        let colored = pages(&text, &Style { color: true, width });
        for (plain, colored) in plain.iter().zip(&colored) {
            prop_assert_eq!(plain, &without_our_colors(colored));
        }
    }

    #[test]
    fn lines_fit_except_commands(text in text(), width in 48_usize..=100) {
        for page in pages(&text, &Style { color: false, width }) {
            for line in page.lines().filter(|l| !l.contains("   # ")) {
                prop_assert!(line.chars().count() <= width, "{line}");
            }
        }
    }

    /// A log line cannot forge a heading, an item or a section.
    #[test]
    fn text_never_reaches_the_margin(text in text()) {
        let style = Style { color: false, width: 80 };
        for (page, plain) in pages(&text, &style).iter().zip(pages("plain", &style)) {
            let count = |page: &str| skeleton(page).into_iter().filter(|l| !l.starts_with("  ")).count();
            prop_assert!(count(page) <= count(&plain) + 1, "{page}"); // the tenant's name may take a second line
        }
    }

    #[test]
    fn a_line_of_ndjson_is_the_json(text in text()) {
        let digest = cases::hostile_digest(&text);
        let line = digest::ndjson(&digest, None);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        prop_assert_eq!(read(&line), read(&digest::json(&digest, None)));
        prop_assert_eq!(&read(&line)["items"][0]["title"], &text);
        let line = backtest::ndjson(&cases::hostile_backtest(&text));
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert_eq!(&read(&line)["incidents"][0]["host"], &text);
    }
}

#[test]
fn ten_items_fit_in_a_mail() {
    let case = cases::case("storm_day");
    let style = Style { color: false, width: 72 };
    let mail = digest::brief(&case.digest, Some(&case.counts), &style);
    assert_eq!(case.digest.items.len(), 10);
    assert!(mail.lines().count() <= 60, "{} lines:\n{mail}", mail.lines().count());
}

#[test]
fn json_names_its_schema() {
    let digest = cases::case("vpn_self_heal").digest;
    let value: serde_json::Value = serde_json::from_str(&digest::json(&digest, None)).unwrap();
    assert_eq!(value["schema"], "foreshock.digest/1");
    assert_eq!(value["items"][0]["decision_band"], "review");
    assert_eq!(value["items"][0]["where"]["hosts"][0], "fw-hq");
}

#[test]
fn a_score_that_does_not_add_up_is_told() {
    let mut item = cases::vpn_item();
    item.contributions.push(Contribution { name: "stray", value: 0.2, reason: String::new() });
    let digest = Digest { items: vec![item], ..cases::case("vpn_self_heal").digest };
    let page = digest::text(&digest, None, &Style::default());
    assert!(page.contains("the terms add up to .84, the total says .64"), "{page}");
}

#[test]
fn counts_that_do_not_add_up_are_told() {
    let case = cases::case("quiet_day");
    let lost = Counts { lines: case.counts.lines + 1, ..case.counts };
    let page = digest::text(&case.digest, Some(&lost), &Style::default());
    assert!(page.contains("do not add up"), "{page}");
}
