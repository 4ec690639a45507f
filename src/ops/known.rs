//! Results of SQL that earlier runs got over the same data, where it is known which data that is:
//! the same statement over the same tables on the same day gives the same rows.

use crate::compare::Side;
use crate::model::{Digest, ResultSet};
use crate::sql::{is_random, reads_clock};
use crate::store::{Cache, ResultKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::OnceLock;

/// Bytes that are kept; a file that has grown beyond starts over, since all of it is read.
const MOST_BYTES: u64 = 4 << 20;

/// Larger results are not kept.
const MOST_CELLS: usize = 500;

pub struct KnownResults {
    path: PathBuf,
    /// The workspace with the version of its data, and all else that results depend on.
    ground: String,
    /// The frozen date; without one, what reads the clock is run again.
    as_of: Option<String>,
    /// Opened when it is first asked; none if it cannot be.
    cache: OnceLock<Option<Cache>>,
}

/// What came of a statement, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Rows(ResultSet),
    SqlError(String),
}

impl KnownResults {
    pub fn new(path: PathBuf, ground: String, as_of: Option<String>) -> Self {
        Self { path, ground, as_of, cache: OnceLock::new() }
    }

    /// What scoring got; its results are cut where scoring cuts them.
    pub fn side(&self, sql: &str) -> Option<Side> {
        Some(match self.get("scored", sql)? {
            Kept::Rows(rows) => Side::Rows(rows),
            Kept::SqlError(message) => Side::SqlError(message),
        })
    }

    pub fn keep_side(&self, sql: &str, side: &Side) {
        match side {
            Side::Rows(rows) if is_small(rows) => self.put("scored", sql, &Kept::Rows(rows.clone())),
            Side::SqlError(message) => self.put("scored", sql, &Kept::SqlError(message.clone())),
            _ => {}
        }
    }

    /// The rows of a statement that was run as it stands.
    pub fn rows(&self, sql: &str) -> Option<ResultSet> {
        self.get("plain", sql)
    }

    pub fn keep_rows(&self, sql: &str, rows: &ResultSet) {
        if is_small(rows) {
            self.put("plain", sql, rows);
        }
    }

    /// True if the statement gave the very same twice.
    pub fn was_steady(&self, sql: &str) -> bool {
        self.get("steady", sql).unwrap_or(false)
    }

    pub fn remember_steady(&self, sql: &str) {
        self.put("steady", sql, &true);
    }

    fn get<T: DeserializeOwned>(&self, what: &str, sql: &str) -> Option<T> {
        self.cache()?.get(&self.key(what, sql)?)
    }

    fn put<T: Serialize>(&self, what: &str, sql: &str, value: &T) {
        if let Some((cache, key)) = self.cache().zip(self.key(what, sql)) {
            // What cannot be kept is got again the next time.
            let _ = cache.put(&key, value);
        }
    }

    fn cache(&self) -> Option<&Cache> {
        self.cache.get_or_init(|| Cache::open_within(&self.path, MOST_BYTES).ok()).as_ref()
    }

    /// None: the statement may give something else each time.
    fn key(&self, what: &str, sql: &str) -> Option<Digest> {
        if is_random(sql) || self.as_of.is_none() && reads_clock(sql) {
            return None;
        }
        let sql = format!("{what} {sql}");
        Some(ResultKey { sql, as_of: self.as_of.clone(), workspace: self.ground.clone() }.digest())
    }
}

fn is_small(rows: &ResultSet) -> bool {
    !rows.truncated && rows.rows.len() * rows.columns.len() <= MOST_CELLS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cell;

    #[test]
    fn what_the_same_data_gives_again_is_known_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |ground: &str, as_of: Option<&str>| {
            KnownResults::new(folder.path().join("results.jsonl"), ground.to_owned(), as_of.map(str::to_owned))
        };
        let rows =
            |count: usize| ResultSet { rows: vec![vec![Cell::Number("1".into())]; count], ..ResultSet::default() };
        let one = ResultSet {
            columns: vec![crate::model::Column {
                name: "a".into(),
                type_name: "LONG".into(),
                type_text: String::new(),
            }],
            ..rows(1)
        };
        let first = open("embedded data-1", Some("2025-01-01"));
        assert!(first.side("SELECT 1").is_none());
        first.keep_side("SELECT 1", &Side::Rows(one.clone()));
        first.keep_side("SELECT x", &Side::SqlError("no x".into()));
        first.keep_side("SELECT t", &Side::Transport("reset".into()));
        first.keep_side("SELECT rand()", &Side::Rows(one.clone()));
        first.keep_side("SELECT many", &Side::Rows(ResultSet { columns: one.columns.clone(), ..rows(MOST_CELLS + 1) }));
        first.keep_side("SELECT cut", &Side::Rows(ResultSet { truncated: true, ..one.clone() }));
        first.keep_side("SELECT current_date()", &Side::Rows(one.clone()));
        first.remember_steady("SELECT 1");
        let again = open("embedded data-1", Some("2025-01-01"));
        assert_eq!(again.side("SELECT 1"), Some(Side::Rows(one.clone())));
        assert_eq!(again.side("SELECT x"), Some(Side::SqlError("no x".into())));
        assert!(again.side("SELECT current_date()").is_some(), "the date stands still");
        for other in ["SELECT t", "SELECT rand()", "SELECT many", "SELECT cut"] {
            assert!(again.side(other).is_none(), "{other}");
        }
        assert!(again.was_steady("SELECT 1") && !again.was_steady("SELECT x"));
        assert_eq!(again.rows("SELECT 1"), None, "what scoring got may be cut");
        // Other data, another day: not known.
        assert!(open("embedded data-2", Some("2025-01-01")).side("SELECT 1").is_none());
        assert!(open("embedded data-1", Some("2025-01-02")).side("SELECT 1").is_none());
        let moving = open("embedded data-1", None);
        moving.keep_side("SELECT current_date()", &Side::Rows(one));
        assert!(moving.side("SELECT current_date()").is_none(), "tomorrow is another day");
    }
}
