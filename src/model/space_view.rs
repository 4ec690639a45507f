//! A typed, read-only view of a space document. Reading is lenient: what has another shape than
//! expected is left out of the view, and stays in the document.

use super::space::{Space, joined_text};
use serde_json::Value;

/// The parts of a space that this program reasons about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceView {
    pub tables: Vec<Table>,
    pub text_instructions: Vec<TextInstruction>,
    pub examples: Vec<Example>,
    pub functions: Vec<Function>,
    pub joins: Vec<Join>,
    /// Filters, expressions and measures, in this order.
    pub snippets: Vec<Snippet>,
    pub sample_questions: Vec<SampleQuestion>,
    /// Native benchmark questions with their SQL.
    pub benchmarks: Vec<Example>,
}

/// A table or metric view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub identifier: String,
    pub description: String,
    pub columns: Vec<Column>,
    pub is_metric_view: bool,
}

/// A column that the space says something about; other columns are in the catalog only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    pub name: String,
    pub description: String,
    pub synonyms: Vec<String>,
    pub exclude: bool,
    pub format_assistance: bool,
    /// A dictionary of the column's values is built.
    pub entity_matching: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextInstruction {
    pub id: String,
    pub content: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    pub id: String,
    pub question: String,
    pub sql: String,
    pub parameters: Vec<Parameter>,
    pub usage_guidance: String,
}

/// A typed slot of an example query, written `:name` in its SQL.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameter {
    pub name: String,
    /// `STRING`, `INTEGER`, `DATE` …
    pub type_hint: String,
    pub description: String,
    pub default: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    pub id: String,
    pub identifier: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Join {
    pub id: String,
    pub left_table: String,
    pub left_alias: String,
    pub right_table: String,
    pub right_alias: String,
    /// The condition over the two aliases, as written.
    pub condition: String,
    pub relationship: Relationship,
    pub comment: String,
    pub instruction: String,
}

/// Read from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relationship {
    ManyToOne,
    OneToMany,
    OneToOne,
    ManyToMany,
    #[default]
    Unspecified,
}

impl Relationship {
    /// As the service calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ManyToOne => "MANY_TO_ONE",
            Self::OneToMany => "ONE_TO_MANY",
            Self::OneToOne => "ONE_TO_ONE",
            Self::ManyToMany => "MANY_TO_MANY",
            Self::Unspecified => "UNSPECIFIED",
        }
    }

    /// The second element of a join's `sql`.
    pub fn marker(self) -> String {
        format!("--rt=FROM_RELATIONSHIP_TYPE_{}--", self.name())
    }

    /// Read from right to left.
    pub fn turned(self) -> Self {
        match self {
            Self::ManyToOne => Self::OneToMany,
            Self::OneToMany => Self::ManyToOne,
            other => other,
        }
    }

    /// Unspecified for what is no marker.
    pub fn from_marker(text: &str) -> Self {
        [Self::ManyToOne, Self::OneToMany, Self::OneToOne, Self::ManyToMany]
            .into_iter()
            .find(|relationship| text.trim() == relationship.marker())
            .unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SnippetKind {
    Filter,
    Expression,
    Measure,
}

impl SnippetKind {
    pub const ALL: [Self; 3] = [Self::Filter, Self::Expression, Self::Measure];

    /// The snippet's list in the document.
    pub fn list(self) -> &'static str {
        match self {
            Self::Filter => "filters",
            Self::Expression => "expressions",
            Self::Measure => "measures",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Snippet {
    pub kind: SnippetKind,
    pub id: String,
    /// Never on filters; optional on the others.
    pub alias: String,
    pub sql: String,
    pub display_name: String,
    pub synonyms: Vec<String>,
    pub comment: String,
    pub instruction: String,
}

impl Snippet {
    /// What people call it: its name, or its alias, or else its SQL.
    pub fn called(&self) -> &str {
        [&self.display_name, &self.alias].into_iter().find(|name| !name.is_empty()).unwrap_or(&self.sql)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleQuestion {
    pub id: String,
    pub question: String,
}

impl SpaceView {
    /// True if the space names tables and says nothing about them.
    pub fn is_bare(&self) -> bool {
        let says = |column: &Column| !column.description.is_empty() || !column.synonyms.is_empty();
        let describes = |table: &Table| !table.description.is_empty() || table.columns.iter().any(says);
        self.text_instructions.is_empty()
            && self.examples.is_empty()
            && self.functions.is_empty()
            && self.joins.is_empty()
            && self.snippets.is_empty()
            && !self.tables.iter().any(describes)
    }

    pub fn of(space: &Space) -> Self {
        // Version 1 names its column flags otherwise; the canonical form has the current names.
        let document = space.canonical();
        let list = |pointer: &str| items(document.pointer(pointer));
        let mut tables: Vec<Table> = list("/data_sources/tables").iter().map(|t| table(t, false)).collect();
        tables.extend(list("/data_sources/metric_views").iter().map(|t| table(t, true)));
        Self {
            tables,
            text_instructions: list("/instructions/text_instructions")
                .iter()
                .map(|i| TextInstruction { id: text(i, "id"), content: text(i, "content") })
                .collect(),
            examples: list("/instructions/example_question_sqls").iter().map(example).collect(),
            functions: list("/instructions/sql_functions")
                .iter()
                .map(|f| Function { id: text(f, "id"), identifier: text(f, "identifier") })
                .collect(),
            joins: list("/instructions/join_specs").iter().map(join).collect(),
            snippets: SnippetKind::ALL
                .into_iter()
                .flat_map(|kind| {
                    let pointer = format!("/instructions/sql_snippets/{}", kind.list());
                    items(document.pointer(&pointer)).iter().map(|s| snippet(kind, s)).collect::<Vec<_>>()
                })
                .collect(),
            sample_questions: list("/config/sample_questions")
                .iter()
                .map(|q| SampleQuestion { id: text(q, "id"), question: text(q, "question") })
                .collect(),
            benchmarks: list("/benchmarks/questions").iter().map(benchmark).collect(),
        }
    }

    pub fn table(&self, identifier: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.identifier.eq_ignore_ascii_case(identifier))
    }
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(joined_text).unwrap_or_default()
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    items(value.get(key)).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn table(value: &Value, is_metric_view: bool) -> Table {
    let columns = items(value.get("column_configs")).iter().map(|column| Column {
        name: text(column, "column_name"),
        description: text(column, "description"),
        synonyms: texts(column, "synonyms"),
        exclude: flag(column, "exclude"),
        format_assistance: flag(column, "enable_format_assistance"),
        entity_matching: flag(column, "enable_entity_matching"),
    });
    Table {
        identifier: text(value, "identifier"),
        description: text(value, "description"),
        columns: columns.collect(),
        is_metric_view,
    }
}

fn example(value: &Value) -> Example {
    let parameters = items(value.get("parameters")).iter().map(|parameter| Parameter {
        name: text(parameter, "name"),
        type_hint: text(parameter, "type_hint"),
        description: text(parameter, "description"),
        default: parameter.pointer("/default_value/values/0").and_then(Value::as_str).map(str::to_owned),
    });
    Example {
        id: text(value, "id"),
        question: text(value, "question"),
        sql: text(value, "sql"),
        parameters: parameters.collect(),
        usage_guidance: text(value, "usage_guidance"),
    }
}

fn join(value: &Value) -> Join {
    let side = |side: &str, key: &str| value.get(side).map(|s| text(s, key)).unwrap_or_default();
    let sql = texts(value, "sql");
    Join {
        id: text(value, "id"),
        left_table: side("left", "identifier"),
        left_alias: side("left", "alias"),
        right_table: side("right", "identifier"),
        right_alias: side("right", "alias"),
        condition: sql.first().cloned().unwrap_or_default(),
        relationship: sql.get(1).map(|marker| Relationship::from_marker(marker)).unwrap_or_default(),
        comment: text(value, "comment"),
        instruction: text(value, "instruction"),
    }
}

fn snippet(kind: SnippetKind, value: &Value) -> Snippet {
    Snippet {
        kind,
        id: text(value, "id"),
        alias: text(value, "alias"),
        sql: text(value, "sql"),
        display_name: text(value, "display_name"),
        synonyms: texts(value, "synonyms"),
        comment: text(value, "comment"),
        instruction: text(value, "instruction"),
    }
}

fn benchmark(value: &Value) -> Example {
    let sql = value.pointer("/answer/0/content").and_then(joined_text).unwrap_or_default();
    Example { id: text(value, "id"), question: text(value, "question"), sql, ..Example::default() }
}
