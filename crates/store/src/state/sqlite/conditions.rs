//! Conditions of a query → SQL with places for values: nothing that a person asks for becomes part of the
//! statement.

use rusqlite::ToSql;

/// Conditions of a query that must all hold, with their values.
#[derive(Default)]
pub(super) struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    pub(super) fn add(&mut self, condition: &str, value: impl ToSql + 'static) {
        if !self.sql.is_empty() {
            self.sql += " AND ";
        }
        self.go_on(condition, value);
    }

    pub(super) fn go_on(&mut self, condition: &str, value: impl ToSql + 'static) {
        self.sql += condition;
        self.values.push(Box::new(value));
    }

    /// One of these values, unless there are none.
    pub(super) fn any<T: ToSql + 'static>(
        &mut self,
        column: &str,
        values: impl Iterator<Item = T>,
    ) {
        let mut values = values.peekable();
        if values.peek().is_none() {
            return;
        }
        let before = format!("{column} IN (?");
        for (place, value) in values.enumerate() {
            match place {
                0 => self.add(&before, value),
                _ => self.go_on(",?", value),
            }
        }
        self.sql.push(')');
    }

    pub(super) fn take(self) -> (String, Vec<Box<dyn ToSql>>) {
        let sql = if self.sql.is_empty() { "1".to_owned() } else { self.sql };
        (sql, self.values)
    }
}
