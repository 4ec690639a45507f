//! What people call the places of a space: "synonym '매출' on main.sales.orders.amount".

use super::escape::visible_line;
use super::style::cut;
use crate::model::{Change, joined_text};
use serde_json::Value;

/// The longest part of a title that comes from content, in columns.
const ROOM: usize = 60;

/// The changed element's name, on one line, safe to show.
pub(super) fn title(change: &Change) -> String {
    let segments: Vec<&str> = change.address.segments().iter().map(String::as_str).collect();
    let value = change.after.as_ref().or(change.before.as_ref());
    let name = match segments.as_slice() {
        ["space", field] => format!("space {}", words(field)),
        ["data_sources", "tables", rest @ ..] => table("table", rest),
        ["data_sources", "metric_views", rest @ ..] => table("metric view", rest),
        ["instructions", "text_instructions", rest @ ..] => instruction(rest),
        ["instructions", "sql_snippets", list, rest @ ..] => element(list.trim_end_matches('s'), rest, value),
        ["instructions", list, rest @ ..] => element(kind(list), rest, value),
        ["config", "sample_questions", rest @ ..] => element("sample question", rest, value),
        ["benchmarks", "questions", rest @ ..] => element("benchmark", rest, value),
        _ => change.address.to_string(),
    };
    visible_line(&name)
}

fn kind(list: &str) -> &str {
    match list {
        "join_specs" => "join",
        "example_question_sqls" => "example",
        "sql_functions" => "function",
        other => other,
    }
}

fn words(field: &str) -> String {
    match field {
        "warehouse_id" => "warehouse".to_owned(),
        "enable_entity_matching" => "value dictionary".to_owned(),
        "enable_format_assistance" => "format assistance".to_owned(),
        "exclude" => "hiding".to_owned(),
        other => other.replace('_', " "),
    }
}

fn table(noun: &str, rest: &[&str]) -> String {
    match rest {
        [table, "column_configs", column] => format!("column {table}.{column}"),
        [table, "column_configs", column, "synonyms", synonym] => {
            format!("synonym '{}' on {table}.{column}", cut(synonym, ROOM))
        }
        [table, "column_configs", column, field] => format!("{} of {table}.{column}", words(field)),
        [table, field, ..] => format!("{} of {noun} {table}", words(field)),
        _ => format!("{noun} {}", rest.join("/")),
    }
}

fn instruction(rest: &[&str]) -> String {
    match rest {
        [_, "content", "", _] => "instruction line".to_owned(),
        [_, "content", section, _] => format!("instruction line in \"{}\"", cut(section, ROOM)),
        [_, "content"] | [_] => "text instruction".to_owned(),
        _ => format!("text instruction {}", rest.join("/")),
    }
}

/// An element of a list with ids, named by what it says; one of its fields by its id.
fn element(noun: &str, rest: &[&str], value: Option<&Value>) -> String {
    match rest {
        [id] => {
            let name = value.and_then(|value| own_name(noun, value)).unwrap_or_else(|| short(id));
            format!("{noun} {}", cut(name.trim(), ROOM))
        }
        [id, "synonyms", synonym] => format!("synonym '{}' of {noun} {}", cut(synonym, ROOM), short(id)),
        [id, field, ..] => format!("{} of {noun} {}", words(field), short(id)),
        [] => noun.to_owned(),
    }
}

fn own_name(noun: &str, value: &Value) -> Option<String> {
    let text = |key: &str| value.get(key).and_then(joined_text).filter(|text| !text.trim().is_empty());
    let side = |side: &str| {
        let identifier = value.get(side)?.get("identifier")?.as_str()?;
        Some(identifier.rsplit('.').next().unwrap_or(identifier).to_owned())
    };
    match noun {
        "join" => Some(format!("{} → {}", side("left")?, side("right")?)),
        "example" | "sample question" | "benchmark" => {
            text("question").map(|question| format!("\"{}\"", question.trim()))
        }
        "function" => text("identifier"),
        _ => text("display_name").or_else(|| text("alias")).or_else(|| text("sql")),
    }
}

fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use serde_json::json;

    #[test]
    fn elements_are_called_as_people_call_them() {
        let add = |address: Address, value: Value| title(&Change::add(address, value));
        let synonym = Address::synonym("main.sales.orders", "cash_revenue", "매출");
        assert_eq!(add(synonym, json!("매출")), "synonym '매출' on main.sales.orders.cash_revenue");
        let join = json!({"left": {"identifier": "m.s.orders"}, "right": {"identifier": "m.s.customers"}});
        assert_eq!(add(Address::instruction("join_specs", "01"), join), "join orders → customers");
        let measure = json!({"display_name": "revenue", "sql": ["sum(x)"]});
        assert_eq!(add(Address::snippet("measures", "01"), measure), "measure revenue");
        let name = Address::snippet("measures", "0123456789").child("synonyms").child("매출");
        assert_eq!(add(name, json!("매출")), "synonym '매출' of measure 01234567");
        assert_eq!(add(Address::text_line("01", "Dates", "- x"), json!("- x")), "instruction line in \"Dates\"");
    }
}
