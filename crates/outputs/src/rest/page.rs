//! What pages of answers have in common.

use super::few::Whole;
use super::problem::{Kind, Problem};
use model::port::StoreError;

/// How many to tell.
pub(super) fn limit(asked: Option<Whole>, usual: u64, most: u64) -> Result<usize, Problem> {
    match asked.map_or(usual, |asked| asked.0) {
        limit if (1..=most).contains(&limit) => Ok(limit as usize),
        _ => Err(Problem::new(Kind::Invalid, format!("`limit` is not a number from 1 to {most}"))),
    }
}

pub(super) fn no_cursor() -> Problem {
    Problem::new(
        Kind::Invalid,
        "`cursor` is none: give back the `next` of the page before as it is",
    )
}

/// A store that cannot answer says why.
pub(super) fn no_answer(error: StoreError) -> Problem {
    Problem::new(Kind::Unavailable, error.to_string()).retry_after(5)
}

/// How many values of each field to tell; 10 where nothing is said.
pub(super) fn facets(asked: Option<Whole>, most: u64) -> Result<usize, Problem> {
    match asked.map_or(10, |asked| asked.0) {
        top if (1..=most).contains(&top) => Ok(top as usize),
        _ => Err(Problem::new(Kind::Invalid, format!("`facets` is not a number from 1 to {most}"))),
    }
}
