//! Texts of a new project, made from a folder with data: `init --from DIR`. Nothing is read or
//! written here; the caller passes what the folder holds.

use super::benchmarks::read_questions;
use super::space::space_to_yaml;
use super::yaml::{Emitter, Sources, inline};
use crate::model::{Diagnostic, Question, Sidecar, Space};
use serde_json::{Map, Value, json};

/// Where names without catalog and schema live in a local workspace.
const DEFAULT_SCHEMA: &str = "main.default";

/// What a data folder holds.
#[derive(Clone, Debug, Default)]
pub struct ScaffoldInput {
    /// Name of the new space.
    pub title: String,
    /// The data folder as seen from the project's folder, such as `./data`.
    pub data_path: String,
    /// Names of the files in the folder.
    pub files: Vec<String>,
    /// Text of `schema.json`, where there is one: tables with names, comments and an as-of date.
    pub schema: Option<String>,
    /// Text of `questions.json`, where there is one.
    pub questions: Option<String>,
}

/// A file of the new project: path from the project's folder, and text.
pub type ScaffoldFile = (String, String);

/// The files of a new project: `genie.yaml`, a space with tables and nothing else, and the
/// benchmarks where the folder has questions.
pub fn scaffold(input: &ScaffoldInput) -> Result<Vec<ScaffoldFile>, Vec<Diagnostic>> {
    let schema = match &input.schema {
        Some(text) => Some(parse("schema.json", text)?),
        None => None,
    };
    let tables = match &schema {
        Some(schema) => declared_tables(schema),
        None => file_tables(&input.files),
    };
    if tables.is_empty() {
        let message = "the folder holds no tables: neither a schema.json that names some, nor CSV or Parquet files";
        return Err(vec![Diagnostic::error("GE0212", message)]);
    }
    let as_of = schema.as_ref().and_then(|schema| schema.get("as_of_date")).and_then(Value::as_str);
    let questions = match &input.questions {
        Some(text) => questions(text)?,
        None => Vec::new(),
    };
    let mut files = vec![
        ("genie.yaml".to_owned(), project_text(input, as_of)),
        ("space.yaml".to_owned(), space_text(input, &tables)),
    ];
    files.push(("benchmarks/questions.yaml".to_owned(), benchmarks_text(&questions)));
    Ok(files)
}

fn parse(name: &str, text: &str) -> Result<Value, Vec<Diagnostic>> {
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| vec![Diagnostic::error("GE0101", format!("{name} is not valid JSON: {error}"))])
}

/// Full names of the tables that `schema.json` declares.
fn declared_tables(schema: &Value) -> Vec<String> {
    let tables = schema.get("tables").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names = tables.iter().filter_map(|table| table.get("name").and_then(Value::as_str));
    sorted(names.map(full_name).collect())
}

/// Full names of the tables behind CSV and Parquet files.
fn file_tables(files: &[String]) -> Vec<String> {
    let stem = |file: &String| {
        let (stem, extension) = file.rsplit_once('.')?;
        let is_data = ["csv", "parquet"].contains(&extension.to_ascii_lowercase().as_str());
        is_data.then(|| full_name(stem))
    };
    sorted(files.iter().filter_map(stem).collect())
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

/// Names without catalog or schema live in `main.default`.
fn full_name(name: &str) -> String {
    let (catalog, _) = DEFAULT_SCHEMA.split_once('.').unwrap_or((DEFAULT_SCHEMA, ""));
    match name.matches('.').count() {
        0 => format!("{DEFAULT_SCHEMA}.{name}"),
        1 => format!("{catalog}.{name}"),
        _ => name.to_owned(),
    }
}

fn project_text(input: &ScaffoldInput, as_of: Option<&str>) -> String {
    let as_of = as_of
        .map_or(String::new(), |day| format!("  as_of: {}      # \"today\" for relative dates\n", inline(day, false)));
    format!(
        "# yaml-language-server: $schema=schemas/project.schema.json\n\
         version: 1\n\
         workspace:\n\
         \x20 embedded: {}   # a folder with tables: a local workspace, nothing to install\n\
         {as_of}\
         space:\n\
         \x20 definition: space.yaml\n\
         benchmarks:\n\
         \x20 - benchmarks/*.yaml\n\
         target:\n\
         \x20 score: 0.9    # share of the questions that should be right\n\
         \x20 rounds: 3\n",
        inline(&input.data_path, false)
    )
}

fn space_text(input: &ScaffoldInput, tables: &[String]) -> String {
    let mut space = Space::empty();
    let tables: Vec<Value> = tables.iter().map(|identifier| json!({ "identifier": identifier })).collect();
    *space.document_mut() = json!({"version": 2, "data_sources": {"tables": tables}});
    let sidecar = Sidecar { title: input.title.clone(), warehouse_id: "embedded".to_owned(), ..Sidecar::default() };
    space_to_yaml(&space.with_sidecar(sidecar))
}

fn benchmarks_text(questions: &[Question]) -> String {
    let head = "# yaml-language-server: $schema=../schemas/benchmarks.schema.json\n";
    if questions.is_empty() {
        return format!(
            "{head}# Questions with the SQL that answers them, for example:\n\
             #  - id: orders-yesterday\n\
             #    question: How many orders did we have yesterday?\n\
             #    sql: SELECT COUNT(*) FROM main.default.orders WHERE day = CURRENT_DATE - INTERVAL 1 DAY\n\
             questions: []\n"
        );
    }
    let items = questions.iter().map(|question| Emitter::DATA.item(&Value::Object(fields(question)), "", 2));
    format!("{head}questions:\n{}", items.collect::<Vec<_>>().join("\n"))
}

/// The fields that say something, in the order in which people read them.
fn fields(question: &Question) -> Map<String, Value> {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value, says: bool| {
        if says {
            map.insert(key.to_owned(), value);
        }
    };
    put("id", json!(question.id), true);
    put("question", json!(question.question), true);
    put("sql", json!(question.sql), true);
    put("accepted", json!(question.accepted), !question.accepted.is_empty());
    put("family", json!(question.family), !question.family.is_empty());
    put("category", json!(question.category), !question.category.is_empty());
    put("difficulty", json!(question.difficulty), !question.difficulty.is_empty());
    put("tags", json!(question.tags), !question.tags.is_empty());
    put("skip", json!(question.skip), question.skip.is_some());
    map
}

/// Questions of a published set, or of any form that benchmark files may have.
fn questions(text: &str) -> Result<Vec<Question>, Vec<Diagnostic>> {
    let value = parse("questions.json", text)?;
    match value.as_array().filter(|items| items.iter().any(|item| item.get("gold").is_some())) {
        Some(items) => Ok(items.iter().enumerate().map(|(at, item)| published(item, at)).collect()),
        None => {
            let mut sources = Sources::default();
            let file = sources.add("questions.json", text);
            let (questions, findings) = read_questions(&sources, file);
            match findings.iter().any(Diagnostic::is_error) {
                true => Err(findings),
                false => Ok(questions.into_iter().map(|placed| placed.question).collect()),
            }
        }
    }
}

fn published(item: &Value, at: usize) -> Question {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let sql_of = |value: &Value| value.get("sql_databricks").and_then(Value::as_str).map(|sql| sql.trim().to_owned());
    let sql = item.get("gold").and_then(sql_of).unwrap_or_default();
    let mut accepted: Vec<String> = Vec::new();
    for other in item.get("accepted").and_then(Value::as_array).into_iter().flatten().filter_map(sql_of) {
        if other != sql && !accepted.contains(&other) {
            accepted.push(other);
        }
    }
    let question = match text("instructions") {
        instructions if instructions.is_empty() => text("question"),
        instructions => format!("{} ({instructions})", text("question")),
    };
    let id = match text("id") {
        id if id.is_empty() => format!("q-{}", at + 1),
        id => id,
    };
    let skip = unusable(item, &sql);
    Question {
        id,
        question,
        sql,
        accepted,
        category: text("category"),
        difficulty: text("difficulty"),
        weight: 1.0,
        skip,
        ..Question::default()
    }
}

/// Why a question cannot be scored; none if it can.
fn unusable(item: &Value, sql: &str) -> Option<String> {
    if sql.is_empty() {
        return Some("no gold SQL for Databricks".to_owned());
    }
    if item.get("usable").and_then(Value::as_bool) != Some(false) {
        return None;
    }
    let gold = item.get("gold").unwrap_or(&Value::Null);
    let is = |key: &str, value: Value| gold.get(key) == Some(&value);
    let checks = gold.get("checked").and_then(Value::as_object);
    let differs = checks.is_some_and(|checks| checks.values().any(|check| check.as_str() == Some("DIFF")));
    let reason = match () {
        () if is("tie_at_limit", json!(true)) => "the gold SQL has a tie at its limit",
        () if is("row_count", json!(0)) => "the gold SQL returns no rows",
        () if differs => "the gold SQL gives another result than in the system it comes from",
        () => "the publisher marks it as unusable",
    };
    Some(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::yaml::parse_yaml;
    use super::*;
    use crate::config::space_from_yaml;

    #[test]
    fn plain_files_become_tables_of_the_default_schema() {
        let input = ScaffoldInput {
            title: "Shop: 가게".to_owned(),
            data_path: "./data".to_owned(),
            files: vec!["orders.csv".to_owned(), "items.PARQUET".to_owned(), "notes.txt".to_owned()],
            ..ScaffoldInput::default()
        };
        let files = scaffold(&input).expect("makes a project");
        let (space, findings) = space_from_yaml(&files[1].1, "space.yaml").expect("reads");
        assert_eq!(findings, []);
        assert_eq!(space.sidecar.title, "Shop: 가게");
        let names: Vec<String> =
            crate::model::SpaceView::of(&space).tables.into_iter().map(|table| table.identifier).collect();
        assert_eq!(names, ["main.default.items", "main.default.orders"]);
        assert!(scaffold(&ScaffoldInput::default()).is_err());
    }

    #[test]
    fn published_questions_keep_their_words_and_say_why_they_are_skipped() {
        let questions = r#"[{"id":"a","question":"How many?","instructions":"Count orders.","category":"c",
            "gold":{"sql_databricks":"SELECT\n  1 "},"accepted":[{"sql_databricks":"SELECT\n  1"},{"sql_databricks":"SELECT 2"}],
            "usable":true},
            {"id":"b","question":"q","instructions":"","gold":{"sql_databricks":"SELECT 1","tie_at_limit":true},"usable":false}]"#;
        let input = ScaffoldInput {
            data_path: "../x y".to_owned(),
            schema: Some(r#"{"as_of_date":"2025-08-27","tables":[{"name":"a.b.c"},{"name":"t"}]}"#.to_owned()),
            questions: Some(questions.to_owned()),
            ..ScaffoldInput::default()
        };
        let files = scaffold(&input).expect("makes a project");
        let mut sources = Sources::default();
        let file = sources.add("q.yaml", &files[2].1);
        let (read, findings) = read_questions(&sources, file);
        assert_eq!(findings, []);
        assert_eq!(read[0].question.question, "How many? (Count orders.)");
        assert_eq!(read[0].question.sql, "SELECT\n  1");
        assert_eq!(read[0].question.accepted, ["SELECT 2"]);
        assert_eq!(read[1].question.skip.as_deref(), Some("the gold SQL has a tie at its limit"));
        let file = sources.add("genie.yaml", &files[0].1);
        let (root, findings) = parse_yaml(&sources, file);
        assert_eq!(findings, []);
        let workspace = root.expect("a tree").to_json()["workspace"].clone();
        assert_eq!(workspace, json!({"embedded": "../x y", "as_of": "2025-08-27"}));
    }
}
