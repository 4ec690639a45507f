//! The shape of `space.yaml`, for its schema: editors complete by it and files are checked by it.
//! A space itself is kept as JSON ([`crate::model::Space`]), so that nothing unknown is lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A Genie space as code: the same names and nesting as Databricks' `serialized_space`, with
/// texts as texts. Elements have ids of 32 lower-case hexadecimal characters; lists may stand in
/// any order.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Genie space")]
pub struct SpaceFile {
    /// The space's name, as people see it.
    #[serde(default)]
    #[schemars(example = &"Game KPI")]
    pub title: String,
    /// What the space is for.
    #[serde(default)]
    pub description: String,
    /// The SQL warehouse that runs the space's queries.
    #[serde(default)]
    pub warehouse_id: String,
    /// The workspace folder that holds the space.
    #[serde(default)]
    #[schemars(example = &"/Workspace/Shared/genie")]
    pub parent_path: String,
    /// Version of the document. 2 for new spaces; 1 is migrated when it is written.
    #[schemars(range(min = 1, max = 2), example = 2)]
    pub version: u32,
    #[serde(default)]
    pub config: Config,
    #[serde(default)]
    pub data_sources: DataSources,
    #[serde(default)]
    pub instructions: Instructions,
    #[serde(default)]
    pub benchmarks: Benchmarks,
    /// Document fields that have the name of one of the keys above.
    #[serde(default)]
    pub document: Map<String, Value>,
}

/// A text. Write several lines as a block after `|`. A list of lines is taken as it stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    One(String),
    Lines(Vec<String>),
}

/// 32 lower-case hexadecimal characters, unique in the space.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Id(#[schemars(regex(pattern = r"^[0-9a-f]{32}$"))] pub String);

/// What people see when they open the space.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Questions offered to people who open the space.
    pub sample_questions: Vec<SampleQuestion>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleQuestion {
    pub id: Id,
    pub question: Text,
}

/// The tables and metric views that Genie may query.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataSources {
    pub tables: Vec<Table>,
    pub metric_views: Vec<Table>,
}

/// A table, view or metric view.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Full name: `catalog.schema.table`.
    #[schemars(example = &"main.sales.orders")]
    pub identifier: String,
    /// Used by Genie in place of the catalog's comment.
    #[serde(default)]
    pub description: Option<Text>,
    /// What the space says about columns. A column that is not named here is still known from
    /// the catalog.
    #[serde(default)]
    pub column_configs: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub column_name: String,
    /// Used by Genie in place of the catalog's comment.
    #[serde(default)]
    pub description: Option<Text>,
    /// Other words for the column, in any language.
    #[serde(default)]
    #[schemars(extend("examples" = [["revenue", "매출"]]))]
    pub synonyms: Vec<String>,
    /// Hides the column from Genie.
    #[serde(default)]
    pub exclude: bool,
    /// Shows Genie examples of the column's values, so that it knows their form.
    #[serde(default)]
    pub enable_format_assistance: bool,
    /// Keeps a dictionary of the column's values, so that Genie finds the right one. Needs
    /// `enable_format_assistance`; at most 120 columns of a space.
    #[serde(default)]
    pub enable_entity_matching: bool,
    /// Version 1 name of `enable_format_assistance`.
    #[serde(default)]
    pub get_example_values: bool,
    /// Version 1 name of `enable_entity_matching`.
    #[serde(default)]
    pub build_value_dictionary: bool,
}

/// What Genie is taught.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Instructions {
    /// The general instruction, at most one.
    #[schemars(length(max = 1))]
    pub text_instructions: Vec<TextInstruction>,
    /// Questions with the SQL that answers them.
    pub example_question_sqls: Vec<Example>,
    /// Functions of Unity Catalog that Genie may call.
    pub sql_functions: Vec<Function>,
    /// How tables are joined.
    pub join_specs: Vec<Join>,
    pub sql_snippets: Snippets,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextInstruction {
    pub id: Id,
    pub content: Text,
}

/// An example query.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub id: Id,
    pub question: Text,
    /// The query; `:name` stands for a parameter.
    pub sql: Text,
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// When Genie should follow this example.
    #[serde(default)]
    pub usage_guidance: Option<Text>,
}

/// A slot of an example query.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Written `:name` in the query.
    pub name: String,
    /// `STRING`, `INTEGER`, `DATE` …
    #[serde(default)]
    pub type_hint: Option<String>,
    #[serde(default)]
    pub description: Option<Text>,
    #[serde(default)]
    pub default_value: Option<DefaultValue>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultValue {
    pub values: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    pub id: Id,
    /// Full name: `catalog.schema.function`.
    pub identifier: String,
}

/// A join between two tables.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    pub id: Id,
    pub left: JoinSide,
    pub right: JoinSide,
    /// Two texts: the condition over both aliases, and the relationship from left to right,
    /// such as `--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--`.
    #[schemars(length(min = 2, max = 2))]
    pub sql: Vec<String>,
    #[serde(default)]
    pub comment: Option<Text>,
    /// When to use this join.
    #[serde(default)]
    pub instruction: Option<Text>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinSide {
    /// Full name of the table.
    pub identifier: String,
    /// Its name in the condition; usually the last part of the full name.
    #[serde(default)]
    pub alias: Option<String>,
}

/// Reusable pieces of SQL.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Snippets {
    /// Conditions, without `WHERE`.
    pub filters: Vec<Filter>,
    /// Dimensions.
    pub expressions: Vec<Snippet>,
    /// Aggregates.
    pub measures: Vec<Snippet>,
}

/// A condition with the words for it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub id: Id,
    /// The condition, columns written `table.column`.
    pub sql: Text,
    pub display_name: String,
    #[serde(default)]
    pub synonyms: Vec<String>,
    #[serde(default)]
    pub comment: Option<Text>,
    #[serde(default)]
    pub instruction: Option<Text>,
}

/// An expression or aggregate with the words for it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snippet {
    pub id: Id,
    /// Its name in SQL.
    #[serde(default)]
    pub alias: Option<String>,
    /// The expression, columns written `table.column`.
    pub sql: Text,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub synonyms: Vec<String>,
    #[serde(default)]
    pub comment: Option<Text>,
    #[serde(default)]
    pub instruction: Option<Text>,
}

/// The space's own benchmark questions. Tuning never touches them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Benchmarks {
    pub questions: Vec<BenchmarkQuestion>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkQuestion {
    pub id: Id,
    pub question: Text,
    /// Exactly one answer.
    #[serde(default)]
    #[schemars(length(max = 1))]
    pub answer: Vec<BenchmarkAnswer>,
    #[serde(default)]
    pub evaluation_note: Option<Text>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkAnswer {
    /// `SQL`.
    pub format: String,
    pub content: Text,
}
