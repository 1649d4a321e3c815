//! Rows of numbers → the scale of each column, on which both models stand: the middle, the spread,
//! and how heavy the tails are. Scales are robust, as the rows may hold what is to be found.

use serde::{Deserialize, Serialize};

/// Most columns of a table; the time of training grows with their cube.
pub const COLUMNS_MAX: usize = 256;
/// Fewest rows that say what is usual.
pub const ROWS_MIN: usize = 16;

/// Rows of equal width, one after the other. What is not finite counts as the column's middle.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    values: &'a [f64],
    width: usize,
}

/// Why rows are no table to learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableError {
    /// No columns, or too many.
    Width {
        /// How many there are.
        found: usize,
    },
    /// The last row is cut.
    Ragged,
    /// Too few rows.
    Rows {
        /// How many there are.
        found: usize,
    },
}

impl std::fmt::Display for TableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TableError::Width { found } => {
                write!(f, "{found} columns of numbers: a model takes 1 to {COLUMNS_MAX}")
            }
            TableError::Ragged => f.write_str("the rows are not all of the same width"),
            TableError::Rows { found } => {
                write!(f, "{found} rows are too few to learn from: give at least {ROWS_MIN}")
            }
        }
    }
}

impl std::error::Error for TableError {}

impl<'a> Table<'a> {
    /// Rows of `width` numbers.
    ///
    /// # Errors
    /// When they are too wide, cut, or too few.
    pub fn new(values: &'a [f64], width: usize) -> Result<Table<'a>, TableError> {
        if width == 0 || width > COLUMNS_MAX {
            return Err(TableError::Width { found: width });
        }
        if !values.len().is_multiple_of(width) {
            return Err(TableError::Ragged);
        }
        let rows = values.len() / width;
        if rows < ROWS_MIN {
            Err(TableError::Rows { found: rows })
        } else {
            Ok(Table { values, width })
        }
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The rows in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'a, f64> {
        self.values.chunks_exact(self.width)
    }
}

/// Values further out than this count as this: the fourth power of their sum stays a number.
const VALUE_MAX: f64 = 1e60;
/// So many times the range of the middle half a value may be away from the middle while the scale is made, and on the
/// scale: further out nothing is told apart, and one cell may not make all others the same.
const FAR: f64 = 1e9;

/// The scale of one column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its median.
    pub middle: f64,
    /// Its standard deviation about the median, without the outermost hundredth on either side; 0
    /// if it does not vary.
    pub spread: f64,
    /// The fourth root of the kurtosis: 1.3 for a normal column, more where few values lie far out.
    pub weight: f64,
}

/// Tails of single columns draw no more splits than this; 13.3 is a kurtosis of thirty thousand.
const WEIGHT_MAX: f64 = 13.3;

impl Column {
    /// The scale of one column of a table.
    pub(super) fn of(table: &Table<'_>, at: usize) -> Column {
        let mut values: Vec<f64> =
            table.rows().map(|row| row[at]).filter(|x| x.is_finite()).map(bounded).collect();
        let Some(middle) = crate::stats::median(&mut values) else {
            return Column { middle: 0.0, spread: 0.0, weight: 1.0 };
        };
        // `median` has sorted them.
        let range = values[values.len() * 3 / 4] - values[values.len() / 4];
        if range > 0.0 {
            let far = FAR * range;
            values.iter_mut().for_each(|x| *x = x.clamp(middle - far, middle + far));
        }
        let cut = values.len() / 100;
        let inner = moments(&values[cut..values.len() - cut], middle);
        let all = moments(&values, middle);
        let spread = if inner.0 > 0.0 { inner.0.sqrt() } else { all.0.sqrt() };
        let kurtosis = if all.0 > 0.0 { all.1 / all.0 / all.0 } else { 1.0 };
        // Roots alone, as they are the same on every machine.
        let weight = kurtosis.sqrt().sqrt().clamp(1.0, WEIGHT_MAX);
        Column { middle, spread, weight }
    }

    /// A value on the column's scale; 0 is the middle, and what is no number stands there too.
    pub(super) fn scaled(&self, value: f64) -> f64 {
        if value.is_finite() && self.spread > 0.0 {
            ((bounded(value) - self.middle) / self.spread).clamp(-FAR, FAR)
        } else {
            0.0
        }
    }
}

fn bounded(value: f64) -> f64 {
    value.clamp(-VALUE_MAX, VALUE_MAX)
}

/// Second and fourth moment about `middle`.
fn moments(values: &[f64], middle: f64) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let (second, fourth) = values.iter().fold((0.0, 0.0), |(second, fourth), x| {
        let square = (x - middle) * (x - middle);
        (second + square, fourth + square * square)
    });
    (second / n, fourth / n)
}

#[cfg(test)]
mod tests {
    use super::super::{OutlierModel, Scaled};
    use super::*;

    /// Scores of rows of two columns that go together; `last` is the last row.
    fn scores(last: [f64; 2], rows: usize) -> Vec<(f64, f64)> {
        let mut values: Vec<f64> = (0..rows)
            .flat_map(|row| {
                let x = (row as f64 * 0.618).fract();
                [x, x + 0.1 * (row as f64 * 0.414).fract()]
            })
            .collect();
        values[2 * rows - 2..].copy_from_slice(&last);
        let table = Table::new(&values, 2).unwrap();
        let model = OutlierModel::train(&table, &["a".to_owned(), "b".to_owned()], 1).unwrap();
        let scores = model.score_all(table.rows(), &mut Scaled::default());
        scores.into_iter().map(|score| (score.forest, score.pca)).collect()
    }

    #[test]
    fn a_value_at_the_end_of_all_numbers_stands_out_in_both_layers() {
        for cell in [1e12, 1e60, 1e160, 1e308, f64::MAX, f64::MIN] {
            for rows in [40, 400] {
                let scores = scores([cell, 0.5], rows);
                let (last, others) = scores.split_last().unwrap();
                assert!(scores.iter().all(|(f, p)| f.is_finite() && p.is_finite()), "{cell}");
                assert!(
                    others.iter().all(|o| o.0 < last.0 && o.1 < last.1),
                    "{cell} {rows}: {last:?}"
                );
            }
        }
    }

    #[test]
    fn a_row_without_numbers_is_not_unusual() {
        let ordinary = scores([f64::NAN; 2], 100);
        let last = ordinary.last().unwrap().0;
        assert!(ordinary.iter().filter(|score| score.0 > last).count() >= 45, "{last}");
    }
}
