//! Numbers → the way people read them: grouped, rounded so that sums still add up, drawn as lines.

use model::{Contribution, Counts};

/// `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 host`, `1,200 hosts`. The plural is given, as English does not follow one rule.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A score of 0–1 in hundredths: `.64`, `1.00`.
pub fn score(value: f64) -> String {
    hundredths(to_hundredths(value))
}

/// Hundredths as text: `.64`, `-.04`, `1.00`.
pub fn hundredths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    match value.unsigned_abs() {
        small @ 0..100 => format!("{sign}.{small:02}"),
        large => format!("{sign}{}.{:02}", large / 100, large % 100),
    }
}

/// A score of 0–1 in whole hundredths. What is no number counts as none.
pub fn to_hundredths(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

/// The terms of a score in hundredths, rounded so that what is shown adds up to what is shown as
/// the total (largest remainder). `None` if the terms do not add up to the total at all.
pub fn terms_in_hundredths(terms: &[Contribution], total: f64) -> Option<Vec<i64>> {
    let sum: f64 = terms.iter().map(|t| t.value).sum();
    // A thousandth is far above what adding floats can lose and far below what a reader can see.
    if !sum.is_finite() || !total.is_finite() || (sum - total).abs() > 0.001 {
        return None;
    }
    let mut shown: Vec<i64> = terms.iter().map(|t| (t.value * 100.0).floor() as i64).collect();
    let missing = to_hundredths(total) - shown.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..terms.len()).collect();
    let remainder = |at: &usize| terms[*at].value * 100.0 - (terms[*at].value * 100.0).floor();
    order.sort_by(|a, b| remainder(b).total_cmp(&remainder(a)));
    for at in order.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        shown[at] += 1;
    }
    (shown.iter().sum::<i64>() == to_hundredths(total)).then_some(shown)
}

/// The days a spark line shows.
pub const SPARK_DAYS: usize = 14;

/// The last [`SPARK_DAYS`] numbers as a line of bars; `·` is none at all, the highest is full.
pub fn spark(numbers: &[u32]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let numbers = &numbers[numbers.len().saturating_sub(SPARK_DAYS)..];
    let most = u64::from(numbers.iter().copied().max().unwrap_or(0));
    let bar = |n: u32| match u64::from(n) {
        0 => '·',
        n => BARS[(n * 8).div_ceil(most) as usize - 1],
    };
    numbers.iter().map(|n| bar(*n)).collect()
}

/// `read 25,567 lines = 25,301 events + 12 joined + 3 repeats + 251 refused (empty 251)`.
pub fn counts_line(counts: &Counts) -> String {
    let reasons: Vec<String> = counts
        .refused
        .iter()
        .map(|(reason, count)| format!("{} {}", reason.word(), grouped(*count)))
        .collect();
    let reasons = match reasons.is_empty() {
        true => String::new(),
        false => format!(" ({})", reasons.join(", ")),
    };
    format!(
        "read {} = {} + {} joined + {} + {} refused{reasons}",
        counted(counts.lines, "line", "lines"),
        counted(counts.events, "event", "events"),
        grouped(counts.joined),
        counted(counts.repeats, "repeat", "repeats"),
        grouped(counts.refused_total()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Refusal;
    use proptest::prelude::*;

    fn terms(values: &[f64]) -> Vec<Contribution> {
        let term =
            |value: &f64| Contribution { name: "term", value: *value, reason: String::new() };
        values.iter().map(term).collect()
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (25_567_000, "25,567,000")]
        {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "host", "hosts"), "1 host");
    }

    #[test]
    fn scores_have_two_digits() {
        for (value, text) in [(0.64, ".64"), (1.0, "1.00"), (-0.04, "-.04"), (0.0, ".00")] {
            assert_eq!(score(value), text);
        }
        assert_eq!(score(f64::NAN), ".00");
    }

    #[test]
    fn shown_terms_add_up() {
        let parts = terms(&[0.215, 0.215, 0.214]);
        assert_eq!(terms_in_hundredths(&parts, 0.644), Some(vec![22, 21, 21]));
        assert_eq!(terms_in_hundredths(&parts, 0.7), None);
        assert_eq!(terms_in_hundredths(&parts, f64::NAN), None);
        assert_eq!(terms_in_hundredths(&[], 0.0), Some(vec![]));
    }

    #[test]
    fn sparks_show_none_and_most() {
        assert_eq!(spark(&[0, 1, 2, 4, 8]), "·▁▂▄█");
        assert_eq!(spark(&[1; 20]), "█".repeat(14));
        assert_eq!(spark(&[u32::MAX, 1]), "█▁");
        assert_eq!(spark(&[]), "");
    }

    #[test]
    fn the_line_of_counts_names_every_reason() {
        let mut counts =
            Counts { lines: 25_567, events: 25_301, joined: 12, repeats: 3, ..Counts::default() };
        (0..251).for_each(|_| counts.refuse(Refusal::Empty));
        assert_eq!(
            counts_line(&counts),
            "read 25,567 lines = 25,301 events + 12 joined + 3 repeats + 251 refused (empty 251)"
        );
        assert_eq!(
            counts_line(&Counts::default()),
            "read 0 lines = 0 events + 0 joined + 0 repeats + 0 refused"
        );
    }

    proptest! {
        #[test]
        fn any_terms_that_add_up_are_shown_adding_up(values in prop::collection::vec(-0.5..1.0, 0..12)) {
            let total: f64 = values.iter().sum();
            let shown = terms_in_hundredths(&terms(&values), total).unwrap();
            prop_assert_eq!(shown.iter().sum::<i64>(), to_hundredths(total));
        }
    }
}
