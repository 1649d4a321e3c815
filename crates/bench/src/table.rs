//! Figures of several rounds → medians in columns, for a person to compare.

/// The middle one; of an even number the lower of the two. Not a number if there are none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// The `share` of values lies below: 0.99 for p99.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 - 1.0) * share).ceil();
    sorted.get(place.max(0.0) as usize).copied().unwrap_or(f64::NAN)
}

/// The median of the ratios of each round: what loads the machine in one round loads both.
pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// `1234567.8` → `1 234 568`; small ones keep what tells them apart.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value.abs() < 100.0 {
        let digits = if value.abs() < 10.0 { 2 } else { 1 };
        return format!("{value:.digits$}");
    }
    let whole = format!("{:.0}", value.abs());
    let mut shown = if value < 0.0 { "-".to_owned() } else { String::new() };
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            shown.push(' ');
        }
        shown.push(digit);
    }
    shown
}

/// Rows of text in columns as wide as they need be; the first is a head.
pub(crate) fn print(title: &str, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    println!("\n{title}");
    for (at, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let blanks = " ".repeat(width - cell.chars().count());
            // Names to the left, figures to the right.
            if column == 0 { format!("{cell}{blanks}") } else { format!("{blanks}{cell}") }
        });
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        if at == 0 {
            println!("  {}", "-".repeat(widths.iter().sum::<usize>() + 2 * (columns.max(1) - 1)));
        }
    }
}

/// A row from its cells.
#[macro_export]
macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$($cell.to_string()),*] };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles_are_values_that_were_measured() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(median(&[]).is_nan());
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile(&hundred, 0.99), 100.0);
        assert_eq!(quantile(&hundred, 0.5), 51.0);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert_eq!(ratio(&[2.0, 20.0, 9.0], &[1.0, 10.0, 3.0]), 2.0);
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        for (value, shown) in [
            (1_234_567.8, "1 234 568"),
            (999.6, "1 000"),
            (12.34, "12.3"),
            (0.456, "0.46"),
            (-1_500.0, "-1 500"),
        ] {
            assert_eq!(number(value), shown);
        }
        assert_eq!(number(f64::NAN), "–");
    }
}
