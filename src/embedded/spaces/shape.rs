//! The shape of a space document, checked as strictly as the server's proto-JSON parser: an
//! unknown field, a text where a list is wanted, and the like are refused (reference 2.1, 2.9).

use serde_json::Value;

/// What a field holds.
enum Kind {
    Text,
    Int,
    Flag,
    Texts,
    One(&'static Message),
    Many(&'static Message),
}

/// A message of `databricks.datarooms.export`.
struct Message {
    name: &'static str,
    fields: &'static [(&'static str, Kind)],
}

use Kind::{Flag, Int, Many, One, Text, Texts};

static EXPORT: Message = Message {
    name: "GenieSpaceExport",
    fields: &[
        ("version", Int),
        ("config", One(&CONFIG)),
        ("data_sources", One(&DATA_SOURCES)),
        ("instructions", One(&INSTRUCTIONS)),
        ("benchmarks", One(&BENCHMARKS)),
    ],
};
static CONFIG: Message = Message { name: "Config", fields: &[("sample_questions", Many(&SAMPLE_QUESTION))] };
static SAMPLE_QUESTION: Message = Message { name: "SampleQuestion", fields: &[("id", Text), ("question", Texts)] };
static DATA_SOURCES: Message =
    Message { name: "DataSources", fields: &[("tables", Many(&TABLE)), ("metric_views", Many(&METRIC_VIEW))] };
static TABLE: Message = Message {
    name: "Table",
    fields: &[("identifier", Text), ("description", Texts), ("column_configs", Many(&COLUMN_CONFIG))],
};
static METRIC_VIEW: Message = Message {
    name: "MetricView",
    fields: &[("identifier", Text), ("description", Texts), ("column_configs", Many(&COLUMN_CONFIG))],
};
static COLUMN_CONFIG: Message = Message {
    name: "ColumnConfig",
    fields: &[
        ("column_name", Text),
        ("description", Texts),
        ("synonyms", Texts),
        ("exclude", Flag),
        ("enable_format_assistance", Flag),
        ("enable_entity_matching", Flag),
        ("get_example_values", Flag),
        ("build_value_dictionary", Flag),
    ],
};
static INSTRUCTIONS: Message = Message {
    name: "Instructions",
    fields: &[
        ("text_instructions", Many(&TEXT_INSTRUCTION)),
        ("example_question_sqls", Many(&EXAMPLE)),
        ("sql_functions", Many(&SQL_FUNCTION)),
        ("join_specs", Many(&JOIN_SPEC)),
        ("sql_snippets", One(&SQL_SNIPPETS)),
    ],
};
static TEXT_INSTRUCTION: Message = Message { name: "TextInstruction", fields: &[("id", Text), ("content", Texts)] };
static EXAMPLE: Message = Message {
    name: "ExampleQuestionSql",
    fields: &[
        ("id", Text),
        ("question", Texts),
        ("sql", Texts),
        ("parameters", Many(&PARAMETER)),
        ("usage_guidance", Texts),
    ],
};
static PARAMETER: Message = Message {
    name: "Parameter",
    fields: &[("name", Text), ("type_hint", Text), ("description", Texts), ("default_value", One(&DEFAULT_VALUE))],
};
static DEFAULT_VALUE: Message = Message { name: "DefaultValue", fields: &[("values", Texts)] };
static SQL_FUNCTION: Message =
    Message { name: "SqlFunction", fields: &[("id", Text), ("identifier", Text), ("description", Texts)] };
static JOIN_SPEC: Message = Message {
    name: "JoinSpec",
    fields: &[
        ("id", Text),
        ("left", One(&JOIN_SIDE)),
        ("right", One(&JOIN_SIDE)),
        ("sql", Texts),
        ("comment", Texts),
        ("instruction", Texts),
    ],
};
static JOIN_SIDE: Message = Message { name: "JoinSide", fields: &[("identifier", Text), ("alias", Text)] };
static SQL_SNIPPETS: Message = Message {
    name: "SqlSnippets",
    fields: &[("filters", Many(&FILTER)), ("expressions", Many(&EXPRESSION)), ("measures", Many(&MEASURE))],
};
static FILTER: Message = Message {
    name: "Filter",
    fields: &[
        ("id", Text),
        ("sql", Texts),
        ("display_name", Text),
        ("synonyms", Texts),
        ("comment", Texts),
        ("instruction", Texts),
    ],
};
const WITH_ALIAS: &[(&str, Kind)] = &[
    ("id", Text),
    ("alias", Text),
    ("sql", Texts),
    ("display_name", Text),
    ("synonyms", Texts),
    ("comment", Texts),
    ("instruction", Texts),
];
static EXPRESSION: Message = Message { name: "Expression", fields: WITH_ALIAS };
static MEASURE: Message = Message { name: "Measure", fields: WITH_ALIAS };
static BENCHMARKS: Message = Message { name: "Benchmarks", fields: &[("questions", Many(&BENCHMARK_QUESTION))] };
static BENCHMARK_QUESTION: Message = Message {
    name: "BenchmarkQuestion",
    fields: &[("id", Text), ("question", Texts), ("answer", Many(&BENCHMARK_ANSWER)), ("evaluation_note", Texts)],
};
static BENCHMARK_ANSWER: Message = Message { name: "BenchmarkAnswer", fields: &[("format", Text), ("content", Texts)] };

/// Longest text and longest list that the server takes.
const MAX_TEXT: usize = 25_000;
const MAX_ITEMS: usize = 10_000;

/// Checks the shape; the error is the server's message.
pub(super) fn check_shape(document: &Value, accept_unknown: bool) -> Result<(), String> {
    message(document, &EXPORT, accept_unknown)
}

fn message(value: &Value, shape: &Message, accept_unknown: bool) -> Result<(), String> {
    let Value::Object(map) = value else {
        return Err(format!("Invalid serialized_space: Expected 'START_OBJECT' not '{}'", token(value)));
    };
    for (name, child) in map {
        match shape.fields.iter().find(|(field, _)| field == name) {
            Some((_, kind)) => field(name, child, kind, accept_unknown)?,
            None if accept_unknown => {}
            None => {
                return Err(format!(
                    "Invalid serialized_space: Cannot find field: {name} in message databricks.datarooms.export.{}",
                    shape.name
                ));
            }
        }
    }
    Ok(())
}

fn field(name: &str, value: &Value, kind: &Kind, accept_unknown: bool) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    match kind {
        Text => text(name, value),
        Int if value.is_i64() => Ok(()),
        Int => Err(format!("Invalid serialized_space: Not an int32 value: {value} for {name}")),
        Flag if value.is_boolean() => Ok(()),
        Flag => Err(format!("Invalid serialized_space: Invalid bool value: {value} for {name}")),
        Texts => items(name, value)?.iter().try_for_each(|item| text(name, item)),
        One(shape) => message(value, shape, accept_unknown),
        Many(shape) => items(name, value)?.iter().try_for_each(|item| message(item, shape, accept_unknown)),
    }
}

fn items<'a>(name: &str, value: &'a Value) -> Result<&'a [Value], String> {
    let Value::Array(items) = value else {
        return Err(format!("Invalid serialized_space: Expected an array for {name} but found {value}"));
    };
    if items.len() > MAX_ITEMS {
        return Err(format!("Invalid serialized_space: Exceeded maximum number ({MAX_ITEMS}) of {name}"));
    }
    Ok(items)
}

fn text(name: &str, value: &Value) -> Result<(), String> {
    let Value::String(text) = value else {
        return Err(format!("Invalid serialized_space: Expected a string for {name} but found '{}'", token(value)));
    };
    if text.chars().count() > MAX_TEXT {
        return Err(format!("Invalid serialized_space: {name} exceeds the maximum length of {MAX_TEXT} characters"));
    }
    Ok(())
}

fn token(value: &Value) -> &'static str {
    match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(_) => "VALUE_BOOLEAN",
        Value::Number(_) => "VALUE_NUMBER",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}
