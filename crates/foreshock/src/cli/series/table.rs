//! A CSV file → times and values, or rows of numbers. What cannot be read costs its row and is counted;
//! a file without the columns that are needed is an error that says which there are.

use crate::backtest::csv;
use anyhow::{Context as _, bail};
use model::Timestamp;
use std::fs;
use std::path::Path;

/// Largest file that is read: two hundred million bytes are ten million rows.
const BYTES_MAX: u64 = 200 << 20;
/// Names of a column of times, the surest first.
const TIMES: [&str; 7] = ["timestamp", "time", "t", "date", "datetime", "ts", "at"];
/// Names of a column of values.
const VALUES: [&str; 3] = ["value", "used", "v"];

/// One row of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The time as written, to be written again.
    pub(crate) text: String,
    /// The time in seconds; NaN if it could not be read.
    pub(crate) secs: f64,
    /// The value; NaN if there is none.
    pub(crate) value: f64,
}

/// One series.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// The rows, all of them, in the order of the file.
    pub(crate) rows: Vec<Row>,
    /// Rows whose time or value could not be read.
    pub(crate) unread: u64,
    /// The first thing that could not be read.
    pub(crate) first_unread: Option<String>,
}

impl Table {
    /// ", 3 rows could not be read (the first: `soon` is no time)"
    pub(crate) fn told_unread(count: u64, first: Option<&str>) -> String {
        match (count, first) {
            (0, _) => String::new(),
            (_, None) => format!(", {count} rows could not be read"),
            (_, Some(first)) => format!(", {count} rows could not be read (the first: {first})"),
        }
    }
}

/// Reads the series of one file; `column` names the values, or is guessed.
pub(crate) fn series(path: &Path, column: Option<&str>) -> anyhow::Result<Table> {
    let text = text(path)?;
    let separator = csv::separator(text.lines().next().unwrap_or_default());
    let mut rows = csv::rows(&text, separator);
    let header = header(rows.next(), path)?;
    let time_at = TIMES
        .iter()
        .find_map(|name| header.iter().position(|column| column.eq_ignore_ascii_case(name)))
        .unwrap_or(0);
    let value_at = value_column(&header, time_at, column)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if !secs(&header[time_at]).is_nan() && !number(&header[value_at]).is_nan() {
        bail!("{} has no header: the first line must name the columns", path.display());
    }
    let mut table = Table::default();
    for row in rows {
        let values = row.values.unwrap_or_default();
        let cell = |at: usize| values.get(at).map_or("", String::as_str);
        let (time, value) = (secs(cell(time_at)), number(cell(value_at)));
        let shown = |at: usize| cell(at).chars().take(40).collect::<String>();
        let why = if time.is_nan() {
            Some(format!("`{}` is no time as 2026-11-20T08:00:00Z or in seconds", shown(time_at)))
        } else if value.is_nan() && !cell(value_at).trim().is_empty() {
            Some(format!("`{}` is no number", shown(value_at)))
        } else {
            None
        };
        table.unread += u64::from(why.is_some());
        table.first_unread = table.first_unread.or(why);
        table.rows.push(Row { text: cell(time_at).to_owned(), secs: time, value });
    }
    if let Some(why) =
        table.first_unread.as_ref().filter(|_| table.unread == table.rows.len() as u64)
    {
        bail!("no row of {} can be read: {why}", path.display());
    }
    Ok(table)
}

fn value_column(header: &[String], time_at: usize, column: Option<&str>) -> anyhow::Result<usize> {
    if let Some(wanted) = column {
        let found = header.iter().position(|name| name == wanted);
        return found
            .with_context(|| format!("no column `{wanted}`: there are {}", header.join(", ")));
    }
    let named =
        VALUES.iter().find_map(|name| header.iter().position(|c| c.eq_ignore_ascii_case(name)));
    let others: Vec<usize> = (0..header.len()).filter(|at| *at != time_at).collect();
    match (named, &others[..]) {
        (Some(at), _) => Ok(at),
        (None, [only]) => Ok(*only),
        (None, []) => bail!("one column only: give times and values"),
        _ => bail!("several columns of values: choose one with --column, of {}", header.join(", ")),
    }
}

/// Rows of numbers under named columns.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// The columns.
    pub(crate) names: Vec<String>,
    /// The rows, one after the other; what is no number is NaN.
    pub(crate) values: Vec<f64>,
    /// Cells that are no numbers.
    pub(crate) unread: u64,
    /// Rows without any number.
    pub(crate) empty: u64,
}

/// Reads a table of numbers, each row of the file one of the table, those without a number too.
pub(crate) fn numbers(path: &Path) -> anyhow::Result<Numbers> {
    let text = text(path)?;
    let separator = csv::separator(text.lines().next().unwrap_or_default());
    let mut rows = csv::rows(&text, separator);
    let names = header(rows.next(), path)?;
    let width = names.len();
    let mut table = Numbers { names, ..Numbers::default() };
    for row in csv::every_row(rows, width) {
        let cells = row.values.unwrap_or_default();
        let number = |at: usize| cells.get(at).map_or(f64::NAN, |cell| huge_or_number(cell));
        table.values.extend((0..width).map(number));
        let unread = table.values[table.values.len() - width..].iter().filter(|x| x.is_nan());
        let unread = unread.count();
        table.unread += unread as u64;
        table.empty += u64::from(unread == width);
    }
    Ok(table)
}

/// Named numbers at instants, of one host or several.
#[derive(Debug, Default)]
pub(crate) struct Wide {
    /// The columns of numbers.
    pub(crate) names: Vec<String>,
    /// The rows, in the order of the file.
    pub(crate) rows: Vec<WideRow>,
    /// Times that could not be read, and cells that hold something else than a number.
    pub(crate) unread: u64,
}

/// One row of a [`Wide`] table.
#[derive(Debug)]
pub(crate) struct WideRow {
    /// The time as written.
    pub(crate) text: String,
    /// The time in seconds; NaN if it could not be read.
    pub(crate) secs: f64,
    /// The host; empty if the table names none.
    pub(crate) host: String,
    /// A number a column, NaN where there is none.
    pub(crate) values: Vec<f64>,
}

/// Reads the columns of numbers whose names are known.
pub(crate) fn wide(path: &Path, is_known: impl Fn(&str) -> bool) -> anyhow::Result<Wide> {
    let text = text(path)?;
    let separator = csv::separator(text.lines().next().unwrap_or_default());
    let mut rows = csv::rows(&text, separator);
    let header = header(rows.next(), path)?;
    let place = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
    let time_at = TIMES.iter().find_map(|name| place(name)).with_context(|| {
        format!("{} has no column of times: call it {}", path.display(), TIMES.join(", "))
    })?;
    let host_at = place("host");
    let columns: Vec<usize> = (0..header.len()).filter(|at| is_known(&header[*at])).collect();
    if columns.is_empty() {
        bail!(
            "{} has no column that is known, only {}: `foreshock host metrics` lists the names",
            path.display(),
            header.join(", ")
        );
    }
    let names = columns.iter().map(|at| header[*at].clone()).collect();
    let mut table = Wide { names, ..Wide::default() };
    for row in rows {
        let cells = row.values.unwrap_or_default();
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        let secs = secs(cell(time_at));
        let values: Vec<f64> = columns.iter().map(|at| number(cell(*at))).collect();
        let is_odd = |(at, value): (&usize, &f64)| value.is_nan() && !cell(*at).trim().is_empty();
        let odd = columns.iter().zip(&values).filter(|pair| is_odd(*pair)).count();
        table.unread += u64::from(secs.is_nan()) + odd as u64;
        let host = host_at.map_or_else(String::new, |at| cell(at).to_owned());
        table.rows.push(WideRow { text: cell(time_at).to_owned(), secs, host, values });
    }
    Ok(table)
}

fn text(path: &Path) -> anyhow::Result<String> {
    let size = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    if size > BYTES_MAX {
        bail!("{} is larger than {} MB: split it", path.display(), BYTES_MAX >> 20);
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        bail!("{} is UTF-16: write it as UTF-8", path.display());
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

fn header(row: Option<csv::Row>, path: &Path) -> anyhow::Result<Vec<String>> {
    let Some(Ok(header)) = row.map(|row| row.values) else {
        bail!("{} has no header: the first line must name the columns", path.display());
    };
    Ok(header)
}

fn number(cell: &str) -> f64 {
    cell.trim().parse().ok().filter(|x: &f64| x.is_finite()).unwrap_or(f64::NAN)
}

/// A number; one that is written out and too large for any is the largest there is, as it is no missing value.
fn huge_or_number(cell: &str) -> f64 {
    let cell = cell.trim();
    match cell.parse::<f64>() {
        Ok(x) if x.is_infinite() && cell.contains(|c: char| c.is_ascii_digit()) => {
            f64::MAX.copysign(x)
        }
        _ => number(cell),
    }
}

/// From this number on a time is no seconds (of the year 5138) but thousandths, millionths or nanoseconds.
const SECONDS_MAX: f64 = 1e11;

/// Seconds since 1970 of a date and time in UTC, or of a number.
fn secs(cell: &str) -> f64 {
    let mut seconds = number(cell);
    while seconds.abs() >= SECONDS_MAX && seconds.abs() < SECONDS_MAX * 1e9 {
        seconds /= 1_000.0;
    }
    if !seconds.is_nan() {
        return seconds;
    }
    let instant = Timestamp::parse_absolute(cell.trim(), 0);
    instant.map_or(f64::NAN, |at| at.as_micros() as f64 / 1e6)
}
