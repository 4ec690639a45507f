//! The rules a space document must meet to be written, in the server's recorded words, and what
//! the server makes of it (reference 2.5, 2.9, 1.2).

use super::shape::check_shape;
use crate::model::{Relationship, Space};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What depends on the workspace.
#[derive(Clone, Debug)]
pub struct Limits {
    pub max_tables: usize,
    pub accept_unknown_fields: bool,
}

/// Lists with ids, as the server names their elements in errors.
const WITH_IDS: [(&str, &str); 9] = [
    ("/config/sample_questions", "sample_question"),
    ("/instructions/text_instructions", "text_instruction"),
    ("/instructions/example_question_sqls", "example_question_sql"),
    ("/instructions/sql_functions", "sql_function"),
    ("/instructions/join_specs", "join_spec"),
    ("/instructions/sql_snippets/filters", "filter"),
    ("/instructions/sql_snippets/expressions", "expression"),
    ("/instructions/sql_snippets/measures", "measure"),
    ("/benchmarks/questions", "benchmark_question"),
];

/// Checks a document as the server does on write, and returns it as the server keeps it:
/// migrated to version 2, without default values. The error is the server's message.
pub fn accept(serialized: &str, limits: &Limits) -> Result<Value, String> {
    let document: Value =
        serde_json::from_str(serialized).map_err(|_| "Invalid JSON in field 'serialized_space'".to_owned())?;
    check_shape(&document, limits.accept_unknown_fields)?;
    version(&document)?;
    ids(&document)?;
    orders(&document)?;
    tables(&document, limits)?;
    instructions(&document)?;
    benchmarks(&document)?;
    Ok(kept(document))
}

/// Identifiers of all tables and metric views, as written.
pub(crate) fn table_names(document: &Value) -> Vec<String> {
    let lists = ["/data_sources/tables", "/data_sources/metric_views"];
    lists.iter().flat_map(|list| items(document, list)).map(|table| text(table, "identifier").to_owned()).collect()
}

fn items<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn children<'a>(item: &'a Value, key: &str) -> &'a [Value] {
    item.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn version(document: &Value) -> Result<(), String> {
    match document.get("version").and_then(Value::as_i64).unwrap_or(0) {
        1 => Ok(()),
        2 => old_flags(document),
        other => Err(format!("Invalid export proto: ExportConverter supports versions 1 and 2, but got {other}")),
    }
}

fn old_flags(document: &Value) -> Result<(), String> {
    for list in ["tables", "metric_views"] {
        for (i, table) in items(document, &format!("/data_sources/{list}")).iter().enumerate() {
            for (j, column) in children(table, "column_configs").iter().enumerate() {
                if column.get("get_example_values").or(column.get("build_value_dictionary")).is_some() {
                    return Err(format!(
                        "data_sources.{list}[{i}].column_configs[{j}] uses version 1 fields (get_example_values, \
                         build_value_dictionary) but the export version is 2. Use enable_format_assistance and \
                         enable_entity_matching for version 2."
                    ));
                }
            }
        }
    }
    Ok(())
}

fn ids(document: &Value) -> Result<(), String> {
    let (mut questions, mut instructions) = (BTreeSet::new(), BTreeSet::new());
    for (pointer, name) in WITH_IDS {
        for item in items(document, pointer) {
            let id = text(item, "id");
            if id.is_empty() {
                return Err(format!(
                    "Failed to parse export proto: {name}.id must be provided and non-empty. Expected lowercase \
                     32-hex UUID without hyphens."
                ));
            }
            if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
                return Err(format!(
                    "Failed to parse export proto: Invalid id for {name}.id: '{id}'. Expected lowercase 32-hex UUID \
                     without hyphens"
                ));
            }
            let group = if pointer.starts_with("/instructions") { &mut instructions } else { &mut questions };
            if !group.insert(id) {
                return Err(format!("Invalid export proto: duplicate id '{id}' in {name}"));
            }
        }
    }
    Ok(())
}

fn orders(document: &Value) -> Result<(), String> {
    for (pointer, _) in WITH_IDS {
        let functions = pointer.ends_with("sql_functions");
        let key = |item: &Value| (text(item, "id").to_owned(), text(item, "identifier").to_owned());
        let by = if functions { "(id, identifier)" } else { "id" };
        sorted(items(document, pointer), key, &pointer[1..].replace('/', "."), by)?;
    }
    for list in ["tables", "metric_views"] {
        let tables = items(document, &format!("/data_sources/{list}"));
        sorted(tables, |t| text(t, "identifier").to_owned(), &format!("data_sources.{list}"), "identifier")?;
        for table in tables {
            let name = format!("data_sources.table({}).column_configs", text(table, "identifier"));
            sorted(children(table, "column_configs"), |c| text(c, "column_name").to_owned(), &name, "column_name")?;
        }
    }
    Ok(())
}

fn sorted<K: Ord>(items: &[Value], key: impl Fn(&Value) -> K, name: &str, by: &str) -> Result<(), String> {
    if items.windows(2).all(|pair| key(&pair[0]) <= key(&pair[1])) {
        Ok(())
    } else {
        Err(format!("Invalid export proto: {name} must be sorted by {by}"))
    }
}

fn tables(document: &Value, limits: &Limits) -> Result<(), String> {
    let names = table_names(document);
    if names.len() > limits.max_tables {
        return Err(format!("Invalid export proto: Exceeded maximum number ({}) of tables", limits.max_tables));
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        if name.split('.').count() != 3 || name.split('.').any(str::is_empty) {
            return Err(format!("Invalid export proto: '{name}' is not a three-part table identifier"));
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(format!("Invalid export proto: duplicate table identifier '{name}'"));
        }
    }
    let all = ["/data_sources/tables", "/data_sources/metric_views"];
    for table in all.iter().flat_map(|list| items(document, list)) {
        let mut columns = BTreeSet::new();
        for column in children(table, "column_configs") {
            let (table, name) = (text(table, "identifier"), text(column, "column_name"));
            if name.is_empty() || !columns.insert(name) {
                return Err(format!("Invalid export proto: missing or duplicate column_name '{name}' in {table}"));
            }
            let flag = |key: &str| column.get(key).and_then(Value::as_bool).unwrap_or(false);
            if flag("enable_entity_matching") && !flag("enable_format_assistance") {
                return Err(format!(
                    "Invalid export proto: column {table}.{name}: enable_entity_matching requires \
                     enable_format_assistance"
                ));
            }
        }
    }
    Ok(())
}

fn instructions(document: &Value) -> Result<(), String> {
    let count = |pointer: &str| items(document, pointer).len();
    if count("/instructions/text_instructions") > 1 {
        return Err("Invalid export proto: instructions.text_instructions must contain at most one item".to_owned());
    }
    let slots = count("/instructions/example_question_sqls")
        + count("/instructions/sql_functions")
        + count("/instructions/text_instructions");
    let snippet_lists = ["filters", "expressions", "measures"];
    let snippets: usize = snippet_lists.iter().map(|list| count(&format!("/instructions/sql_snippets/{list}"))).sum();
    for (have, limit) in [(slots, 100), (snippets + count("/instructions/join_specs"), 200)] {
        if have > limit {
            return Err(format!("Invalid export proto: Exceeded maximum number ({limit}) of instructions"));
        }
    }
    items(document, "/instructions/join_specs").iter().try_for_each(join)?;
    for list in snippet_lists {
        for (i, snippet) in items(document, &format!("/instructions/sql_snippets/{list}")).iter().enumerate() {
            let place = format!("instructions.sql_snippets.{list}[{i}]");
            if children(snippet, "sql").iter().all(|part| part.as_str().unwrap_or_default().trim().is_empty()) {
                return Err(format!("Invalid export proto: {place}.sql is required but missing"));
            }
            if text(snippet, "display_name").is_empty() && list != "measures" {
                return Err(format!("Invalid export proto: {place}.display_name is required but missing"));
            }
        }
    }
    Ok(())
}

/// Two elements: an equality of backtick-quoted columns of the two aliases, and the marker.
fn join(join: &Value) -> Result<(), String> {
    let sql: Vec<&str> = children(join, "sql").iter().filter_map(Value::as_str).collect();
    let refused = |text: &str| Err(format!("Failed to parse export proto: {text} (of class java.lang.String)"));
    let [condition, marker] = sql[..] else { return refused(&sql.join(" ")) };
    let known = [
        Relationship::ManyToOne,
        Relationship::OneToMany,
        Relationship::OneToOne,
        Relationship::ManyToMany,
        Relationship::Unspecified,
    ];
    if !known.iter().any(|relationship| relationship.marker() == marker.trim()) {
        return refused(marker);
    }
    let aliases = ["left", "right"].map(|side| join.get(side).map_or("", |side| text(side, "alias")));
    // Quoted names stand at the odd places; every first name of a pair is an alias.
    let parts: Vec<&str> = condition.split('`').collect();
    let qualifiers: Vec<&str> = parts
        .iter()
        .enumerate()
        .filter(|(i, _)| i % 2 == 1 && parts.get(i + 1).is_some_and(|after| after.trim() == "."))
        .map(|(_, name)| *name)
        .collect();
    let quoted = condition.contains('=') && !qualifiers.is_empty();
    if !quoted || qualifiers.iter().any(|name| !aliases.contains(name)) {
        return refused(condition);
    }
    Ok(())
}

fn benchmarks(document: &Value) -> Result<(), String> {
    let questions = items(document, "/benchmarks/questions");
    if questions.len() > 500 {
        return Err("Invalid export proto: Exceeded maximum number (500) of benchmark questions".to_owned());
    }
    for question in questions {
        match children(question, "answer") {
            [] => return Err("Invalid export proto: benchmark_question must have at least one answer".to_owned()),
            [answer] if matches!(text(answer, "format"), "SQL") => {}
            _ => return Err("Invalid export proto: benchmark_question must have exactly one SQL answer".to_owned()),
        }
    }
    Ok(())
}

/// Migrated, sorted, and without default values; `data_sources` stays even if it is empty.
fn kept(document: Value) -> Value {
    let Ok(space) = Space::from_document(document.clone()) else { return document };
    let mut kept: Value = serde_json::from_str(&space.to_wire()).unwrap_or(document);
    prune(&mut kept);
    if let Value::Object(map) = &mut kept {
        map.entry("data_sources").or_insert_with(|| json!({}));
    }
    kept
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(prune);
            map.retain(|_, child| !is_default(child));
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => Map::is_empty(map),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(document: &str) -> String {
        accept(document, &Limits { max_tables: 30, accept_unknown_fields: false }).err().unwrap_or_default()
    }

    const A: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_smallest_documents_are_taken_and_migrated() {
        let limits = Limits { max_tables: 30, accept_unknown_fields: false };
        let two = json!({"version": 2, "data_sources": {}});
        assert_eq!(accept(r#"{"version":1}"#, &limits), Ok(two.clone()));
        assert_eq!(accept(r#"{"version":2,"data_sources":{},"config":{"sample_questions":[]}}"#, &limits), Ok(two));
    }

    #[test]
    fn recorded_words_for_wrong_shapes() {
        assert_eq!(refusal("{"), "Invalid JSON in field 'serialized_space'");
        assert_eq!(refusal("{}"), "Invalid export proto: ExportConverter supports versions 1 and 2, but got 0");
        assert_eq!(
            refusal(r#"{"version":2,"x":1}"#),
            "Invalid serialized_space: Cannot find field: x in message databricks.datarooms.export.GenieSpaceExport"
        );
        assert_eq!(
            refusal(r#"{"version":2,"data_sources":{"tables":[{"identifier":"a.b.c","description":"x"}]}}"#),
            "Invalid serialized_space: Expected an array for description but found \"x\""
        );
        assert!(
            refusal(r#"{"version":2,"instructions":{"sql_snippets":{"filters":[{"alias":"x"}]}}}"#)
                .contains("Cannot find field: alias in message databricks.datarooms.export.Filter")
        );
    }

    #[test]
    fn recorded_words_for_broken_rules() {
        let tables = r#"{"version":2,"data_sources":{"tables":[{"identifier":"a.b.d"},{"identifier":"a.b.c"}]}}"#;
        assert_eq!(refusal(tables), "Invalid export proto: data_sources.tables must be sorted by identifier");
        let old = r#"{"version":2,"data_sources":{"tables":[{"identifier":"a.b.c","column_configs":[
            {"column_name":"x","get_example_values":true}]}]}}"#;
        assert!(refusal(old).starts_with("data_sources.tables[0].column_configs[0] uses version 1 fields"));
        let id = r#"{"version":2,"config":{"sample_questions":[{"id":"q1","question":["x"]}]}}"#;
        assert_eq!(
            refusal(id),
            "Failed to parse export proto: Invalid id for sample_question.id: 'q1'. Expected lowercase 32-hex UUID \
             without hyphens"
        );
        let join = |sql: &str| {
            let document = json!({"version":2,"instructions":{"join_specs":[{"id":A,
                "left":{"identifier":"a.b.o","alias":"o"},"right":{"identifier":"a.b.c","alias":"c"},
                "sql":[sql,"--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"]}]}});
            refusal(&document.to_string())
        };
        assert_eq!(join("`o`.`c_id` = `c`.`id`"), "");
        assert_eq!(join("o.c_id = c.id"), "Failed to parse export proto: o.c_id = c.id (of class java.lang.String)");
        assert_ne!(join("`o`.`c_id` = `x`.`id`"), "");
    }

    /// Real documents stand beside the repository; where they do not, there is nothing to check.
    #[test]
    fn real_exports_are_taken_once_sorted() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/spaces");
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let limits = Limits { max_tables: 100, accept_unknown_fields: true };
        for entry in entries.flatten() {
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            let Ok(space) = Space::parse(&text) else { continue };
            let refusal = accept(&space.to_wire(), &limits).err().unwrap_or_default();
            // Some samples are written by hand with ids that no server would take.
            assert!(refusal.is_empty() || refusal.contains("Invalid id"), "{}: {refusal}", entry.path().display());
        }
    }
}
