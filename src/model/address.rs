//! Addresses: where in a space a change happens, by natural key and never by position.
//!
//! An address is a path of segments. Lists of the document are entered by key: tables by
//! `identifier`, columns by `column_name`, everything with an id by its id, synonyms by the
//! synonym itself, and lines of the text instruction by section and line. The text form leaves
//! out the document's outer folders: `tables/main.sales.orders/columns/status/synonyms/state`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A place in a space document or among the fields beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Vec<String>);

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address in a space; an example of one is `tables/main.sales.orders/description`")]
pub struct AddressError(pub String);

/// Short first segments and the folders they stand for.
const FOLDERS: [(&str, &[&str]); 12] = [
    ("tables", &["data_sources", "tables"]),
    ("metric_views", &["data_sources", "metric_views"]),
    ("text_instructions", &["instructions", "text_instructions"]),
    ("examples", &["instructions", "example_question_sqls"]),
    ("functions", &["instructions", "sql_functions"]),
    ("joins", &["instructions", "join_specs"]),
    ("filters", &["instructions", "sql_snippets", "filters"]),
    ("expressions", &["instructions", "sql_snippets", "expressions"]),
    ("measures", &["instructions", "sql_snippets", "measures"]),
    ("sample_questions", &["config", "sample_questions"]),
    ("benchmarks", &["benchmarks", "questions"]),
    ("space", &["space"]),
];

impl Address {
    /// An address from full document segments, such as `["config", "sample_questions", id]`.
    pub fn from_segments<S: Into<String>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }

    /// `title`, `description`, `warehouse_id` or `parent_path`: what stands beside the document.
    pub fn sidecar(field: &str) -> Self {
        Self::from_segments(["space", field])
    }

    pub fn table(identifier: &str) -> Self {
        Self::from_segments(["data_sources", "tables", identifier])
    }

    pub fn table_field(identifier: &str, field: &str) -> Self {
        Self::table(identifier).child(field)
    }

    pub fn column_field(identifier: &str, column: &str, field: &str) -> Self {
        Self::table(identifier).child("column_configs").child(column).child(field)
    }

    pub fn synonym(identifier: &str, column: &str, synonym: &str) -> Self {
        Self::column_field(identifier, column, "synonyms").child(synonym)
    }

    /// An element of one of the lists with ids: `join_specs`, `example_question_sqls` …
    pub fn instruction(list: &str, id: &str) -> Self {
        Self::from_segments(["instructions", list, id])
    }

    /// A measure, filter or expression; `list` is `measures`, `filters` or `expressions`.
    pub fn snippet(list: &str, id: &str) -> Self {
        Self::from_segments(["instructions", "sql_snippets", list, id])
    }

    /// One line of the text instruction; `section` is the heading without its `#`s, or empty for
    /// what stands before the first heading.
    pub fn text_line(id: &str, section: &str, line: &str) -> Self {
        Self::instruction("text_instructions", id).child("content").child(section).child(line)
    }

    pub fn child(&self, segment: &str) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment.to_owned());
        Self(segments)
    }

    /// The full document segments.
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    pub fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// True if both touch the same place or one contains the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        let shared = self.0.len().min(other.0.len());
        self.0[..shared] == other.0[..shared]
    }

    pub fn is_text_line(&self) -> bool {
        self.0.len() == 6 && self.0[1] == "text_instructions" && self.0[3] == "content"
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = FOLDERS
            .iter()
            .find(|(_, full)| self.0.len() >= full.len() && full.iter().zip(&self.0).all(|(want, have)| want == have));
        let (head, rest) = match folder {
            Some((short, full)) => (vec![*short], &self.0[full.len()..]),
            None => (vec!["document"], &self.0[..]),
        };
        let segments = head.into_iter().map(str::to_owned).chain(rest.iter().map(|s| short_segment(s)));
        f.write_str(&segments.collect::<Vec<_>>().join("/"))
    }
}

fn short_segment(segment: &str) -> String {
    match segment {
        "column_configs" => "columns".to_owned(),
        other => other.replace('~', "~0").replace('/', "~1"),
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut parts = text.split('/').map(|part| match part {
            "columns" => "column_configs".to_owned(),
            other => other.replace("~1", "/").replace("~0", "~"),
        });
        let head = parts.next().unwrap_or_default();
        let rest: Vec<String> = parts.collect();
        if head == "document" && !rest.is_empty() {
            return Ok(Self(rest));
        }
        let folder = FOLDERS.iter().find(|(short, _)| *short == head);
        let (_, full) = folder.ok_or_else(|| AddressError(text.to_owned()))?;
        Ok(Self(full.iter().map(|s| (*s).to_owned()).chain(rest).collect()))
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_reads_back() {
        for address in [
            Address::synonym("main.sales.orders", "status", "state / phase"),
            Address::snippet("measures", "01f0"),
            Address::sidecar("title"),
            Address::text_line("ab", "Rules", "- a/b ~ c"),
            Address::from_segments(["config", "theme"]),
            Address::from_segments(["version"]),
        ] {
            assert_eq!(address.to_string().parse::<Address>().as_ref(), Ok(&address), "{address}");
        }
        assert_eq!(
            Address::column_field("a.b.c", "d", "description").to_string(),
            "tables/a.b.c/columns/d/description"
        );
        assert!("nowhere/x".parse::<Address>().is_err());
    }
}
