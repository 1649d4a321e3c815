//! Rows of numbers → which do not belong with the others: an isolation forest and principal
//! components side by side, trained, saved and loaded as one model.
//!
//! The forest finds what lies far out in few columns, the components what is impossible together.
//! Neither is right alone, so both are told, each with its chance among the training rows.

mod chance;
mod forest;
mod pca;
mod table;

pub use forest::Forest;
pub use pca::Directions;
pub use table::{COLUMNS_MAX, Column, ROWS_MIN, Table, TableError};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// What every saved model begins with.
const MARK: &[u8; 8] = b"fshkhero";
/// Rises with every change of what a model holds or means.
pub const FORMAT: u32 = 2;
/// Largest saved model that is read: 256 columns need less than 2 MB.
const BYTES_MAX: usize = 16 << 20;
/// Scores of training rows that are kept, to tell the chance of a score.
const QUANTILES: usize = 201;
/// Columns that a reason names.
pub const REASONS_MAX: usize = 3;

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlierModel {
    names: Vec<String>,
    columns: Vec<Column>,
    forest: Forest,
    directions: Directions,
    /// Scores of the training rows at evenly spaced ranks, ascending: forest, components.
    forest_scores: Vec<f64>,
    pca_scores: Vec<f64>,
    rows: u64,
    seed: u64,
}

/// What a row looks like to the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutlierScore {
    /// Isolation forest, 0–1; ½ is ordinary.
    pub forest: f64,
    /// φ of the principal components; above 1 is outside 99 % of the training rows.
    pub pca: f64,
    /// Share of the training rows that score at least as much in the forest.
    pub forest_chance: f64,
    /// The same for the components.
    pub pca_chance: f64,
}

impl OutlierScore {
    /// The two layers as one number between 0 and 1 that keeps both orders: the mean of the shares of
    /// training rows that lie further in.
    pub fn joined(&self) -> f64 {
        1.0 - (self.forest_chance + self.pca_chance) / 2.0
    }
}

/// A column and how much of a score is due to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// The column's name.
    pub column: String,
    /// Its value in the row.
    pub value: f64,
    /// Its usual value: the median of the training rows.
    pub usual: f64,
    /// How far the forest's score falls when the value is replaced by the usual one.
    pub due: f64,
}

/// What a model is, for those who run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelStatus {
    /// Format of the model.
    pub format: u32,
    /// Names of the columns, in order.
    pub columns: Vec<String>,
    /// Rows it was trained on.
    pub rows: u64,
    /// Seed it was trained with.
    pub seed: u64,
    /// Columns that did not vary in training and say nothing.
    pub constant_columns: Vec<String>,
}

/// Why bytes are no model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelError {
    /// They do not begin like a model.
    NotAModel,
    /// They are of another format.
    Format {
        /// The number that they name.
        found: u32,
    },
    /// They are damaged, cut or too long.
    Damaged,
}

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ModelError::NotAModel => f.write_str("these bytes are no outlier model"),
            ModelError::Format { found } => {
                write!(
                    f,
                    "the model has format {found}, this program reads {FORMAT}: train it again"
                )
            }
            ModelError::Damaged => f.write_str("the model is damaged: train it again"),
        }
    }
}

impl std::error::Error for ModelError {}

impl OutlierModel {
    /// Learns what is usual from rows with one name a column. The same rows, names and seed give the
    /// same model.
    ///
    /// # Errors
    /// When the names do not match the columns.
    pub fn train(
        table: &Table<'_>,
        names: &[String],
        seed: u64,
    ) -> Result<OutlierModel, TableError> {
        if names.len() != table.width() {
            return Err(TableError::Width { found: names.len() });
        }
        let columns: Vec<Column> = (0..table.width()).map(|at| Column::of(table, at)).collect();
        let forest = Forest::grow(table, &columns, seed);
        let directions = Directions::learn(table, &columns);
        let mut model = OutlierModel {
            names: names.to_vec(),
            columns,
            forest,
            directions,
            forest_scores: Vec::new(),
            pca_scores: Vec::new(),
            rows: table.rows().len() as u64,
            seed,
        };
        let (forest, pca) = model.raw(table.rows(), &mut Scaled::default());
        (model.forest_scores, model.pca_scores) = (ranks(forest), ranks(pca));
        Ok(model)
    }

    /// Scores one row; `scaled` is room that is used again.
    ///
    /// A row of another width is read as far as it goes, the rest counts as usual; one without any number scores as the
    /// middle one of the training rows.
    pub fn score(&self, row: &[f64], scaled: &mut Scaled) -> OutlierScore {
        self.score_all(std::iter::once(row), scaled).pop().unwrap_or(OutlierScore {
            forest: 0.5,
            pca: 0.0,
            forest_chance: 1.0,
            pca_chance: 1.0,
        })
    }

    /// Scores many rows, each as [`OutlierModel::score`] does, in a third of the time.
    pub fn score_all<'a>(
        &self,
        rows: impl Iterator<Item = &'a [f64]>,
        scaled: &mut Scaled,
    ) -> Vec<OutlierScore> {
        let mut is_empty = Vec::new();
        let noted = rows.inspect(|row| is_empty.push(!row.iter().any(|x| x.is_finite())));
        let (forest, pca) = self.raw(noted, scaled);
        let told = |((forest, pca), is_empty)| {
            let (forest, pca) = match is_empty {
                true => (self.forest_scores[QUANTILES / 2], self.pca_scores[QUANTILES / 2]),
                false => (forest, pca),
            };
            OutlierScore {
                forest,
                pca,
                forest_chance: chance(&self.forest_scores, forest, self.rows),
                pca_chance: chance(&self.pca_scores, pca, self.rows),
            }
        };
        forest.into_iter().zip(pca).zip(is_empty).map(told).collect()
    }

    /// The forest's scores alone, where speed counts.
    pub fn forest_scores<'a>(
        &self,
        rows: impl Iterator<Item = &'a [f64]>,
        scaled: &mut Scaled,
    ) -> Vec<f64> {
        scaled.fill(rows, &self.columns, |_| {});
        self.forest.score(&scaled.single, self.columns.len())
    }

    fn raw<'a>(
        &self,
        rows: impl Iterator<Item = &'a [f64]>,
        scaled: &mut Scaled,
    ) -> (Vec<f64>, Vec<f64>) {
        let mut pca = Vec::new();
        scaled.fill(rows, &self.columns, |row| pca.push(self.directions.score(row)));
        (self.forest.score(&scaled.single, self.columns.len()), pca)
    }

    /// The columns that a score is due to, the most important first.
    pub fn causes(&self, row: &[f64], scaled: &mut Scaled) -> Vec<Cause> {
        let width = self.columns.len();
        let forest = |scaled: &Scaled| self.forest.score(&scaled.single, width);
        scaled.fill(std::iter::once(row), &self.columns, |_| {});
        let whole = forest(scaled).pop().unwrap_or_default();
        let mut causes: Vec<Cause> = (0..width.min(row.len()))
            .map(|at| {
                let kept = std::mem::replace(&mut scaled.single[at], 0.0);
                let due = whole - forest(scaled).pop().unwrap_or_default();
                scaled.single[at] = kept;
                Cause {
                    column: self.names[at].clone(),
                    value: row[at],
                    usual: self.columns[at].middle,
                    due,
                }
            })
            .filter(|cause| cause.due > 0.0)
            .collect();
        causes.sort_by(|a, b| b.due.total_cmp(&a.due));
        causes.truncate(REASONS_MAX);
        causes
    }

    /// The columns' names, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What this model is.
    pub fn status(&self) -> ModelStatus {
        let constant =
            self.columns.iter().zip(&self.names).filter(|(column, _)| column.spread <= 0.0);
        ModelStatus {
            format: FORMAT,
            columns: self.names.clone(),
            rows: self.rows,
            seed: self.seed,
            constant_columns: constant.map(|(_, name)| name.clone()).collect(),
        }
    }

    /// The model as bytes: mark, format, check sum, postcard.
    pub fn save(&self) -> Vec<u8> {
        // Fails only for types without a binary form, whatever the value: the tests would show it.
        let body = postcard::to_stdvec(self).expect("a model has a binary form");
        let mut bytes = Vec::with_capacity(body.len() + 20);
        bytes.extend_from_slice(MARK);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&xxh3_64(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// A saved model.
    ///
    /// # Errors
    /// When the bytes are not one, are of another format, or are damaged.
    pub fn load(bytes: &[u8]) -> Result<OutlierModel, ModelError> {
        let rest = bytes.strip_prefix(MARK).ok_or(ModelError::NotAModel)?;
        let (format, rest) = rest.split_first_chunk().ok_or(ModelError::Damaged)?;
        let found = u32::from_le_bytes(*format);
        if found != FORMAT {
            return Err(ModelError::Format { found });
        }
        let (sum, body) = rest.split_first_chunk().ok_or(ModelError::Damaged)?;
        if bytes.len() > BYTES_MAX || u64::from_le_bytes(*sum) != xxh3_64(body) {
            return Err(ModelError::Damaged);
        }
        let model: OutlierModel = postcard::from_bytes(body).map_err(|_| ModelError::Damaged)?;
        // A check sum can be right by intent: what is walked without looking is looked at here.
        let width = model.columns.len();
        let fits = width > 0
            && model.names.len() == width
            && model.forest.fits(width)
            && model.directions.fits(width)
            && model.forest_scores.len() == QUANTILES
            && model.pca_scores.len() == QUANTILES;
        if fits { Ok(model) } else { Err(ModelError::Damaged) }
    }
}

/// Room for rows on the columns' scale, used again.
#[derive(Debug, Clone, Default)]
pub struct Scaled {
    single: Vec<f32>,
    double: Vec<f64>,
}

impl Scaled {
    /// Puts rows on the columns' scale, one after the other; `each` sees every one in full precision.
    fn fill<'a>(
        &mut self,
        rows: impl Iterator<Item = &'a [f64]>,
        columns: &[Column],
        mut each: impl FnMut(&[f64]),
    ) {
        self.single.clear();
        for row in rows {
            self.double.clear();
            let value =
                |(at, column): (usize, &Column)| row.get(at).map_or(0.0, |x| column.scaled(*x));
            self.double.extend(columns.iter().enumerate().map(value));
            self.single.extend(self.double.iter().map(|x| *x as f32));
            each(&self.double);
        }
    }
}

/// Scores at evenly spaced ranks, ascending.
fn ranks(mut scores: Vec<f64>) -> Vec<f64> {
    scores.sort_by(f64::total_cmp);
    let last = (scores.len() - 1) as f64;
    (0..QUANTILES)
        .map(|at| scores[(last * at as f64 / (QUANTILES - 1) as f64).round() as usize])
        .collect()
}

/// Share of the training rows that score at least `score`, never below that of one row more than
/// there were: what was never seen is rarer than that, but how much rarer is not known.
fn chance(ranks: &[f64], score: f64, rows: u64) -> f64 {
    let below = ranks.partition_point(|rank| *rank < score);
    let least = 1.0 / (rows as f64 + 1.0);
    (1.0 - below as f64 / ranks.len() as f64).clamp(least, 1.0)
}
