//! Text with separated values → rows with the numbers of their lines. A row that is not well formed
//! costs itself and nothing else: a quote that nobody closes must not swallow the rest of the file.

/// What may separate two values: spreadsheets of half the world write the second.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its first line, from 1.
    pub(crate) line: u64,
    /// Its values without the blanks around them, or why there are none.
    pub(crate) values: Result<Vec<String>, &'static str>,
}

/// The separator with which this line, as a header, has the most columns.
pub(crate) fn separator(header: &str) -> char {
    let mut best = SEPARATORS[0];
    for other in SEPARATORS {
        if header.matches(other).count() > header.matches(best).count() {
            best = other;
        }
    }
    best
}

/// The rows of `text`, blank ones left out.
pub(crate) fn rows(text: &str, separator: char) -> Rows<'_> {
    Rows { rest: text, line: 1, separator, keeps: Keeps::Filled }
}

/// The rows of `text` behind a header of so many `columns`, those without any value too: with a separator they are
/// rows, and under a single column every line is one.
pub(crate) fn every_row(rows: Rows<'_>, columns: usize) -> Rows<'_> {
    Rows { keeps: if columns == 1 { Keeps::Lines } else { Keeps::Separated }, ..rows }
}

/// Which rows are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    /// Those with a value.
    Filled,
    /// Those with a value or a separator.
    Separated,
    /// Every line.
    Lines,
}

/// Rows yet to be read.
pub(crate) struct Rows<'a> {
    rest: &'a str,
    line: u64,
    separator: char,
    keeps: Keeps,
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.rest.is_empty() {
            let line = self.line;
            let values = match values(self.rest, self.separator) {
                Ok((values, rest)) => {
                    self.go_to(rest);
                    Ok(values)
                }
                Err(what) => {
                    let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
                    self.go_to(&self.rest[end..]);
                    Err(what)
                }
            };
            let is_blank = |values: &Vec<String>| match self.keeps {
                Keeps::Filled => values.iter().all(String::is_empty),
                Keeps::Separated => values.len() == 1 && values[0].is_empty(),
                Keeps::Lines => false,
            };
            if !values.as_ref().is_ok_and(is_blank) {
                return Some(Row { line, values });
            }
        }
        None
    }
}

impl<'a> Rows<'a> {
    fn go_to(&mut self, rest: &'a str) {
        let read = &self.rest[..self.rest.len() - rest.len()];
        self.line += read.matches('\n').count() as u64;
        self.rest = rest;
    }
}

/// The values of the first row of `text`, and what follows it.
fn values(text: &str, separator: char) -> Result<(Vec<String>, &str), &'static str> {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        let (value, after) = value(rest, separator)?;
        values.push(value);
        match after.strip_prefix(separator) {
            Some(more) => rest = more,
            None => return Ok((values, after.strip_prefix('\n').unwrap_or(after))),
        }
    }
}

/// The first value of `text`, and what follows it: a separator, a line end or nothing.
fn value(text: &str, separator: char) -> Result<(String, &str), &'static str> {
    let ends = |c: char| c == separator || c == '\n';
    let is_blank = |c: char| c.is_whitespace() && !ends(c);
    let Some(mut rest) = text.trim_start_matches(is_blank).strip_prefix('"') else {
        let (value, after) = text.split_at(text.find(ends).unwrap_or(text.len()));
        return Ok((value.trim().to_owned(), after));
    };
    let mut value = String::new();
    while value.len() <= QUOTED_BYTES_MAX {
        let (part, after) = rest.split_once('"').ok_or(OPEN_QUOTE)?;
        value += part;
        // Two quotes in a quoted value stand for one.
        let Some(more) = after.strip_prefix('"') else {
            let after = after.trim_start_matches(is_blank);
            let is_end = after.is_empty() || after.starts_with(ends);
            return if is_end { Ok((value.trim().to_owned(), after)) } else { Err(INNER_QUOTE) };
        };
        value.push('"');
        rest = more;
    }
    Err(OPEN_QUOTE)
}

/// Bytes that a quoted value may have. A longer one is a quote that was forgotten.
const QUOTED_BYTES_MAX: usize = 64 << 10;

/// What is wrong with `"say`.
const OPEN_QUOTE: &str = "a quote is not closed";
/// What is wrong with `"say "hi" now"`.
const INNER_QUOTE: &str = "text follows a closing quote: write a quote inside of quotes twice";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<Row> {
        rows(text, ',').collect()
    }

    fn row(line: u64, values: &[&str]) -> Row {
        Row { line, values: Ok(values.iter().map(|v| (*v).to_owned()).collect()) }
    }

    #[test]
    fn values_are_read_with_and_without_quotes() {
        assert_eq!(read("a,b\nc,d"), [row(1, &["a", "b"]), row(2, &["c", "d"])]);
        assert_eq!(read(" a , \"b, \"\"c\"\"\" ,\r\n"), [row(1, &["a", "b, \"c\"", ""])]);
        assert_eq!(read("\"\",x"), [row(1, &["", "x"])]);
        assert_eq!(read("b \"quoted\" late"), [row(1, &["b \"quoted\" late"])]);
    }

    #[test]
    fn lines_are_counted_through_blank_rows_and_line_ends_in_quotes() {
        let rows = read("\r\n,,\na,\"two\r\nlines\"\r\n\r\nb\n");
        assert_eq!(rows, [row(3, &["a", "two\r\nlines"]), row(6, &["b"])]);
    }

    #[test]
    fn rows_without_values_are_told_where_they_are_asked_for() {
        let lines = |text: &str, columns| {
            let mut rows = rows(text, ',');
            rows.next();
            every_row(rows, columns).map(|row| row.line).collect::<Vec<_>>()
        };
        assert_eq!(lines("a,b\n1,2\n,\n\n,3\r\n\r\n", 2), [2, 3, 5]);
        assert_eq!(lines("a\n1\n\n\r\n2\n", 1), [2, 3, 4, 5]);
        assert_eq!(lines("a\n1\n\"\"\n", 1), [2, 3]);
    }

    #[test]
    fn a_broken_row_costs_only_itself() {
        let rows = read("a,\"open\nb,\"in\"side\"\nc\n");
        assert_eq!(rows[2], row(3, &["c"]));
        assert_eq!(rows[1].values, Err(INNER_QUOTE));
        assert_eq!((rows[0].line, rows.len()), (1, 3));
        assert_eq!(read("a,\"open"), [Row { line: 1, values: Err(OPEN_QUOTE) }]);
    }

    #[test]
    fn the_header_tells_the_separator() {
        for (header, found) in [("at,host", ','), ("at;host;a,b", ';'), ("at\thost", '\t')] {
            assert_eq!(separator(header), found);
        }
        assert_eq!(separator("at"), ',');
        assert_eq!(rows("at\thost\n1\t\t2\n", '\t').last(), Some(row(2, &["1", "", "2"])));
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[a,\"\n\r ;é]{0,60}") {
            let lines = text.matches('\n').count() as u64 + 1;
            let rows = read(&text);
            prop_assert!(rows.iter().all(|row| row.line <= lines));
            prop_assert!(rows.is_sorted_by(|a, b| a.line < b.line));
        }

        #[test]
        fn quoted_values_come_back(value in "[a-z,\"\n;]{1,20}") {
            let written = format!("\"{}\",x\n", value.replace('"', "\"\""));
            let value = value.trim();
            prop_assert_eq!(read(&written), [row(1, &[value, "x"])]);
        }
    }
}
