//! `genie.yaml` as it is typed. The doc comments are the manual: they become the descriptions of
//! `schemas/project.schema.json`, which editors show.

use super::policy::{Budget, Guard, Waiver, default_guards};
use super::proof::Proof;
use super::scoring::Scoring;
use super::units::Timespan;
use crate::model::Category;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A `genie-enhance` project: one Genie space, its benchmarks, the score it should reach, and
/// the rules that a change must keep. Paths are relative to this file's folder.
///
/// Texts may hold `${env:NAME}` (an environment variable) and `${var:name}` (from `vars` or
/// `--var name=value`), but ids may not. `-e prod` merges `genie.prod.yaml`, which stands beside
/// this file, over it: groups are merged key by key, lists and values are replaced, and `null`
/// takes a key away.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "genie-enhance project")]
pub struct ProjectFile {
    /// Version of this file's format.
    #[schemars(range(min = 1, max = 1), example = 1)]
    pub version: u32,
    #[serde(default)]
    pub workspace: WorkspaceFile,
    #[serde(default)]
    pub space: SpaceRef,
    /// Files with questions and their gold SQL: paths or patterns such as `benchmarks/*.yaml`.
    /// YAML, JSON and Markdown are read. Without any, the questions that the space itself holds
    /// under `benchmarks` are used.
    #[serde(default)]
    #[schemars(extend("examples" = [["benchmarks/*.yaml"]]))]
    pub benchmarks: Vec<String>,
    #[serde(default)]
    pub target: Target,
    #[serde(default)]
    pub split: Split,
    #[serde(default)]
    pub scoring: Scoring,
    #[serde(default)]
    pub learning: Learning,
    #[serde(default)]
    pub proof: Proof,
    /// A language model for fixes that the miners cannot find, and for judging. Without it every
    /// fix comes from the benchmarks' own patterns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub llm: Option<Llm>,
    /// Rules that a plan must keep. Without this key: no regressions, no leaked gold SQL, at most
    /// 40 changes.
    #[serde(default = "default_guards")]
    pub guards: Vec<Guard>,
    /// Exceptions from guards, each with a reason and an owner.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    #[serde(default)]
    pub budget: Budget,
    /// Where the record of what was applied is kept: a file, `s3://…`, `gs://…`, `az://…`, or a
    /// Unity Catalog volume (`/Volumes/…`).
    #[serde(default = "default_state")]
    #[schemars(example = &".genie-enhance/state.json")]
    pub state: String,
    /// Where the Delta tables with past runs are kept: a folder, a cloud URL, or
    /// `catalog.schema` on the warehouse.
    #[serde(default = "default_history")]
    #[schemars(example = &".genie-enhance/history")]
    pub history: String,
    /// Values of `${var:name}`. An environment's file or `--var` may give others.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// Catalogs and schemas that stand elsewhere in this environment, such as
    /// `{dev.sales: prod.sales}`. Renamed in table names and in parsed SQL, never in plain text.
    #[serde(default)]
    pub rebind: BTreeMap<String, String>,
}

/// Where the space lives. Either a folder with data, which is served locally, or a Databricks
/// workspace. Without any key: the Databricks workspace of the environment's credentials.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkspaceFile {
    /// A folder with CSV or Parquet tables: a local workspace answers in place of Databricks.
    #[schemars(example = &"./data")]
    pub embedded: Option<String>,
    /// The day that counts as today in relative dates, `YYYY-MM-DD`. Only with `embedded`.
    /// Default: what the data's `schema.json` says, else the real date.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"), example = &"2025-08-27")]
    pub as_of: Option<String>,
    /// A file that gives the local workspace latency, quotas, noise and faults. Only with
    /// `embedded`.
    #[schemars(example = &"world.yaml")]
    pub world: Option<String>,
    /// URL of a Databricks workspace, or of one served by `genie-enhance workspace serve`.
    #[schemars(example = &"https://adb-1234567890123456.7.azuredatabricks.net")]
    pub host: Option<String>,
    /// A profile in `~/.databrickscfg`.
    #[schemars(example = &"prod")]
    pub profile: Option<String>,
    /// The SQL warehouse that runs the gold SQL and the answers.
    #[schemars(example = &"${env:DATABRICKS_WAREHOUSE_ID}")]
    pub warehouse_id: Option<String>,
}

/// The space to improve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpaceRef {
    /// The declared content, reviewed in git. `genie-enhance import` writes it from a live space.
    /// Without it the live content is improved as it stands.
    #[schemars(example = &"space.yaml")]
    pub definition: Option<String>,
    /// Id of the live space: 32 characters. Without it the first apply creates a space and
    /// records its id in the state.
    #[schemars(example = &"01f0a1b2c3d4e5f60718293a4b5c6d7e")]
    pub id: Option<String>,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// Share of the scored questions that should be right, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.9)]
    pub score: f64,
    /// Most rounds of proposing and proving.
    #[schemars(range(min = 1, max = 100), example = 3)]
    pub rounds: u32,
}

impl Default for Target {
    fn default() -> Self {
        Self { score: 0.9, rounds: 3 }
    }
}

/// Which questions are kept back from learning, to see whether a fix holds beyond them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// `auto`: a share that suits the number of questions; `none`; or a share from 0 to 0.9.
    pub holdout: Holdout,
    /// What is never split: `family` (paraphrases of one question) or single `question`s.
    pub by: SplitBy,
}

impl Default for Split {
    fn default() -> Self {
        Self { holdout: Holdout::Word(HoldoutWord::Auto), by: SplitBy::Family }
    }
}

/// `auto`, `none` or a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Holdout {
    Word(HoldoutWord),
    Share(#[schemars(range(min = 0.0, max = 0.9))] f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HoldoutWord {
    Auto,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SplitBy {
    Family,
    Question,
}

/// What may be proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Learning {
    /// Categories of fixes to look for: `all`, or a list of them.
    pub categories: Categories,
    /// How many unrelated questions must show a pattern before it counts as knowledge and not as
    /// one question's answer.
    #[schemars(range(min = 1, max = 1000), example = 2)]
    pub min_support: u32,
}

impl Default for Learning {
    fn default() -> Self {
        Self { categories: Categories::Word(AllWord::All), min_support: 2 }
    }
}

/// `all` or a list of categories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Categories {
    Word(AllWord),
    Some(Vec<FixCategory>),
}

impl Categories {
    /// The categories, smallest lever first.
    pub fn list(&self) -> Vec<Category> {
        match self {
            Self::Word(AllWord::All) => Category::FIXES.to_vec(),
            Self::Some(names) => {
                Category::FIXES.into_iter().filter(|fix| names.iter().any(|name| name.category() == *fix)).collect()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllWord {
    All,
}

/// A kind of fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FixCategory {
    /// Descriptions, synonyms and column flags.
    Metadata,
    /// Joins between tables.
    JoinSpecs,
    /// Measures, filters and expressions.
    SqlSnippets,
    /// Example queries.
    SampleQueries,
    /// The text instruction.
    Instructions,
}

impl FixCategory {
    fn category(self) -> Category {
        match self {
            Self::Metadata => Category::Metadata,
            Self::JoinSpecs => Category::JoinSpecs,
            Self::SqlSnippets => Category::SqlSnippets,
            Self::SampleQueries => Category::SampleQueries,
            Self::Instructions => Category::Instructions,
        }
    }
}

/// A language model behind a Databricks serving endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Llm {
    /// Name of the serving endpoint; with `url`, of the model.
    #[schemars(length(min = 1), example = &"databricks-claude-sonnet-4-5")]
    pub endpoint: String,
    /// Another service that speaks OpenAI's chat form, up to and with its version, in place of the
    /// workspace's serving endpoints.
    #[serde(default)]
    #[schemars(regex(pattern = r"^https?://"), example = &"http://localhost:11434/v1")]
    pub url: Option<String>,
    /// The environment variable that holds the key of the service at `url`; none is sent without it.
    #[serde(default)]
    #[schemars(length(min = 1), example = &"OPENAI_API_KEY")]
    pub key_env: Option<String>,
    /// Most time for one reply.
    #[serde(default = "default_llm_timeout")]
    pub timeout: Timespan,
    /// Requests at the same time.
    #[serde(default = "default_llm_concurrency")]
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: u32,
    /// Longest reply, in tokens.
    #[serde(default = "default_max_tokens")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_tokens: u32,
    /// 0 gives the steadiest replies.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: f64,
    /// Price of a million tokens read, in US dollars; counts against `budget.usd`.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub usd_per_million_input: f64,
    /// Price of a million tokens written, in US dollars.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub usd_per_million_output: f64,
    /// A folder with prompts of the project's own: `metadata.md`, `join_specs.md`, `sql_snippets.md`,
    /// `sample_queries.md`, `instructions.md`, `deletions.md` and `judge.md` each replace the built-in
    /// one. `genie-enhance prompts --to DIR` writes those out to begin with.
    #[serde(default)]
    #[schemars(example = &"prompts")]
    pub prompts: Option<String>,
    /// Show the judge the first rows that differ. Without it no row of a result reaches the model.
    #[serde(default)]
    pub rows: bool,
    /// Ask the model about results that the comparison rules cannot decide.
    #[serde(default = "yes")]
    pub judge: bool,
    /// Let the model answer questions in the local workspace, in place of its built-in rules.
    #[serde(default)]
    pub analyst: bool,
}

fn default_llm_timeout() -> Timespan {
    Timespan::seconds(120)
}

fn default_llm_concurrency() -> u32 {
    2
}

fn default_max_tokens() -> u32 {
    4_096
}

fn yes() -> bool {
    true
}

fn default_state() -> String {
    ".genie-enhance/state.json".to_owned()
}

fn default_history() -> String {
    ".genie-enhance/history".to_owned()
}
