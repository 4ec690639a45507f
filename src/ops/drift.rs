//! Drift: how the live space differs from what was applied, by what the difference means.

use crate::diff::diff;
use crate::model::{Address, Change, Space};
use crate::sql::plain_form;
use serde_json::Value;

/// What an edit means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftKind {
    /// White space, order, the layout of SQL: Genie reads the same.
    Cosmetic,
    /// What people see and Genie does not answer from: title, folder, sample questions, benchmarks.
    Content,
    /// What answers are made from.
    Semantic,
}

impl DriftKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::Content => "content",
            Self::Semantic => "semantic",
        }
    }

    pub fn of(change: &Change) -> Self {
        let plain = |value: &Option<Value>| value.as_ref().map(|value| plain(value, change.address.last()));
        let segments = change.address.segments();
        let first = segments.first().map(String::as_str);
        match first {
            _ if plain(&change.before) == plain(&change.after) => Self::Cosmetic,
            Some("config" | "benchmarks") => Self::Content,
            Some("space") if change.address.last() != "warehouse_id" => Self::Content,
            _ => Self::Semantic,
        }
    }
}

/// The edits with what they mean, by place. Spaces that are the same to Genie, but not byte for
/// byte, differ in one cosmetic way.
pub fn drift(stood: &Space, live: &Space) -> Vec<(Change, DriftKind)> {
    let edits: Vec<(Change, DriftKind)> =
        diff(stood, live).into_iter().map(|c| (DriftKind::of(&c), c)).map(swap).collect();
    if edits.is_empty() && stood.document() != live.document() {
        let whole = Change { address: Address::from_segments(["form"]), before: None, after: None };
        return vec![(whole, DriftKind::Cosmetic)];
    }
    edits
}

fn swap((kind, change): (DriftKind, Change)) -> (Change, DriftKind) {
    (change, kind)
}

/// A value without what makes no difference to a reader.
fn plain(value: &Value, key: &str) -> Value {
    match value {
        Value::String(text) if key == "sql" => Value::String(plain_form(text)),
        Value::String(text) => Value::String(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Value::Array(items) => match crate::model::joined_text(value) {
            Some(text) if !items.is_empty() && key != "synonyms" => plain(&Value::String(text), key),
            _ => Value::Array(items.iter().map(|item| plain(item, key)).collect()),
        },
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), plain(value, key))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kind(address: Address, before: Value, after: Value) -> DriftKind {
        DriftKind::of(&Change::update(address, before, after))
    }

    #[test]
    fn edits_are_told_by_what_they_mean() {
        let sql = || Address::snippet("measures", "01").child("sql");
        assert_eq!(kind(sql(), json!(["SUM(a)"]), json!(["SUM(b)"])), DriftKind::Semantic);
        let query = || Address::instruction("example_question_sqls", "01").child("sql");
        assert_eq!(kind(query(), json!(["SELECT a\n", "FROM t"]), json!(["select a from t;"])), DriftKind::Cosmetic);
        let text = || Address::table_field("t", "description");
        assert_eq!(kind(text(), json!(["One  row.\n"]), json!(["One row."])), DriftKind::Cosmetic);
        assert_eq!(kind(text(), json!(["One row."]), json!(["Two rows."])), DriftKind::Semantic);
        assert_eq!(kind(Address::sidecar("title"), json!("A"), json!("B")), DriftKind::Content);
        assert_eq!(kind(Address::sidecar("warehouse_id"), json!("A"), json!("B")), DriftKind::Semantic);
        let added = Change::add(Address::from_segments(["config", "sample_questions", "01"]), json!({"id": "01"}));
        assert_eq!(DriftKind::of(&added), DriftKind::Content);
    }
}
