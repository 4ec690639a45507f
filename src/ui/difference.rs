//! A change of a space as lines: what goes, what comes, and within a changed line which words.

use super::code;
use super::show;
use crate::model::{Action, Change};
use maud::{Markup, html};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// What the changed element is called, where its address holds only an id.
pub fn name(change: &Change) -> Option<String> {
    let element = change.after.as_ref().or(change.before.as_ref())?;
    let text = |pointer: &str| match element.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(joined(items)),
        _ => None,
    };
    let sides = || Some(format!("{} ↔ {}", text("/left/alias")?, text("/right/alias")?));
    text("/display_name").or_else(|| text("/question")).or_else(sides)
}

/// Where the change is, and what is there.
pub fn place(change: &Change) -> Markup {
    html! {
        code.address { (show::text(&change.address.to_string())) }
        @if let Some(name) = name(change) { " " (show::prose(&name)) }
    }
}

/// A value as lines that people read: lists of texts joined, objects as `key: value`.
fn lines(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.trim_end_matches('\n').to_owned()
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                out.push_str(&format!("{indent}{key}:"));
                write_under(inner, depth + 1, out);
            }
        }
        Value::Array(items) if depth == 0 && items.iter().all(Value::is_string) => out.push_str(&joined(items)),
        Value::Array(items) => {
            for item in items {
                out.push_str(&format!("{indent}-"));
                write_under(item, depth + 1, out);
            }
        }
        Value::String(text) => {
            for line in text.lines() {
                out.push_str(&format!("{indent}{line}\n"));
            }
        }
        other => out.push_str(&format!("{indent}{other}\n")),
    }
}

/// After a `key:` or a `-`: on the same line if it fits there.
fn write_under(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            write_under(&Value::String(joined(items)), depth, out);
        }
        Value::String(text) if !text.trim_end().contains('\n') => out.push_str(&format!(" {}\n", text.trim_end())),
        Value::Object(map) if map.is_empty() => out.push_str(" {}\n"),
        Value::Array(items) if items.is_empty() => out.push_str(" []\n"),
        Value::Object(_) | Value::Array(_) | Value::String(_) => {
            out.push('\n');
            write(value, depth, out);
        }
        other => out.push_str(&format!(" {other}\n")),
    }
}

/// The API cuts prose into lists of lines; some writers leave out the line ends.
fn joined(items: &[Value]) -> String {
    let parts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let whole = parts.iter().any(|part| part.ends_with('\n'));
    parts.join(if whole { "" } else { "\n" })
}

/// The change as a diff.
pub fn of(change: &Change) -> Markup {
    let side = |value: &Option<Value>| value.as_ref().map(lines).unwrap_or_default();
    let (before, after) = (side(&change.before), side(&change.after));
    if let (Action::Add, Some(query)) = (change.action(), whole_query(change)) {
        return html! { (rows("", &without_sql(change))) (code::sql(&query)) };
    }
    rows(&before, &after)
}

/// The SQL of an added example, which reads better highlighted than as lines of a list.
fn whole_query(change: &Change) -> Option<String> {
    let sql = change.after.as_ref()?.get("sql")?;
    let relation = |item: &Value| item.as_str().is_some_and(|text| text.starts_with("--rt="));
    match sql {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if !items.iter().any(relation) => Some(joined(items)),
        _ => None,
    }
}

fn without_sql(change: &Change) -> String {
    let Some(Value::Object(map)) = &change.after else { return String::new() };
    let mut rest = map.clone();
    rest.shift_remove("sql");
    lines(&Value::Object(rest))
}

fn rows(before: &str, after: &str) -> Markup {
    let diff = TextDiff::from_lines(before, after);
    html! {
        div.diff role="group" aria-label="Difference" {
            @for op in diff.ops() { @for change in diff.iter_inline_changes(op) {
                (row(change.tag(), &change))
            } }
        }
    }
}

fn row(tag: ChangeTag, change: &similar::InlineChange<'_, str>) -> Markup {
    let words = || {
        html! { @for (emphasised, part) in change.iter_strings_lossy() {
            @let part = show::text(part.trim_end_matches('\n'));
            @if emphasised && tag != ChangeTag::Equal { strong { (part) } } @else { (part) }
        } }
    };
    html! {
        @match tag {
            ChangeTag::Delete => del { span.sign { "− " } (words()) },
            ChangeTag::Insert => ins { span.sign { "+ " } (words()) },
            ChangeTag::Equal => div { span.sign { "  " } (words()) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use serde_json::json;

    #[test]
    fn values_read_as_lines() {
        let value = json!({"id": "1", "question": ["어제 DAU"], "sql": ["SELECT 1\n", "FROM t"], "n": 1, "e": []});
        assert_eq!(lines(&value), "id: 1\nquestion: 어제 DAU\nsql:\n  SELECT 1\n  FROM t\nn: 1\ne: []");
        assert_eq!(lines(&json!(["a\n", "b"])), "a\nb");
    }

    #[test]
    fn elements_with_an_id_are_called_by_name() {
        let at = |list| Address::instruction(list, "01f0");
        let join = json!({"left": {"alias": "a"}, "right": {"alias": "b"}, "sql": ["a.x = b.x"]});
        assert_eq!(name(&Change::add(at("join_specs"), join)).as_deref(), Some("a ↔ b"));
        let example = json!({"question": ["어제 DAU"]});
        assert_eq!(name(&Change::remove(at("example_question_sqls"), example)).as_deref(), Some("어제 DAU"));
        assert_eq!(name(&Change::add(at("text_instructions"), json!("a line"))), None);
    }

    #[test]
    fn a_change_shows_both_sides_and_escapes_them() {
        let address = Address::table_field("a.b.c", "description");
        let change = Change::update(address, json!(["old <b>words</b>"]), json!(["new <b>words</b>"]));
        let shown = of(&change).into_string();
        assert!(shown.contains("<del>") && shown.contains("<ins>") && !shown.contains("<b>"), "{shown}");
    }
}
