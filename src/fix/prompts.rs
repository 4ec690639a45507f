//! Prompts: one for each category, and one for deletions. They carry mined patterns, clustered
//! failures and the part of the space these are about, in bounded size and without result rows.
//!
//! Everything that comes from outside is put in as JSON inside a fence, with `<` escaped, so that no
//! comment of a column can close it.

use super::clusters::clusters;
use super::input::{Context, FixInput};
use crate::model::{Category, Digest, digest_text};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromptKind {
    Metadata,
    JoinSpecs,
    SqlSnippets,
    SampleQueries,
    Instructions,
    Deletions,
}

impl PromptKind {
    pub const ALL: [Self; 6] =
        [Self::Metadata, Self::JoinSpecs, Self::SqlSnippets, Self::SampleQueries, Self::Instructions, Self::Deletions];

    /// What its replies change; deletions may be of any category.
    pub fn category(self) -> Option<Category> {
        match self {
            Self::Metadata => Some(Category::Metadata),
            Self::JoinSpecs => Some(Category::JoinSpecs),
            Self::SqlSnippets => Some(Category::SqlSnippets),
            Self::SampleQueries => Some(Category::SampleQueries),
            Self::Instructions => Some(Category::Instructions),
            Self::Deletions => None,
        }
    }

    /// The file name under `prompts/`, without its ending.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::JoinSpecs => "join_specs",
            Self::SqlSnippets => "sql_snippets",
            Self::SampleQueries => "sample_queries",
            Self::Instructions => "instructions",
            Self::Deletions => "deletions",
        }
    }

    /// The template that comes with the program.
    pub fn template(self) -> &'static str {
        match self {
            Self::Metadata => include_str!("../../prompts/metadata.md"),
            Self::JoinSpecs => include_str!("../../prompts/join_specs.md"),
            Self::SqlSnippets => include_str!("../../prompts/sql_snippets.md"),
            Self::SampleQueries => include_str!("../../prompts/sample_queries.md"),
            Self::Instructions => include_str!("../../prompts/instructions.md"),
            Self::Deletions => include_str!("../../prompts/deletions.md"),
        }
    }
}

/// A prompt ready to be sent.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Name and digest of the template, for provenance.
    pub name: String,
    pub digest: Digest,
    pub text: String,
    /// JSON Schema of the reply.
    pub schema: Value,
}

impl Prompt {
    /// Where a candidate comes from.
    pub fn provenance(&self) -> String {
        format!("prompt {} {}", self.name, self.digest.short())
    }
}

/// Bounds on what goes into a prompt.
const MAX_FAILURES: usize = 20;
const MAX_CLUSTERS: usize = 40;
const MAX_PATTERNS: usize = 60;
const MAX_COLUMNS: usize = 300;
const MAX_SQL: usize = 4_000;
const MAX_SAID: usize = 500;

/// The block of data that every template includes.
const DATA: &str = r#"<data name="tables">
{{ tables }}
</data>
<data name="space">
{{ space }}
</data>
<data name="patterns">
{{ patterns }}
</data>
<data name="clusters">
{{ clusters }}
</data>
<data name="failures">
{{ failures }}
</data>"#;

/// Renders a prompt; `template` stands in for the program's own.
pub fn render(kind: PromptKind, input: &FixInput, template: Option<&str>) -> Result<Prompt, minijinja::Error> {
    let source = template.unwrap_or(kind.template());
    let context = Context::of(input);
    let schema = super::replies::schema(kind);
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template("data", DATA)?;
    environment.add_template("prompt", source)?;
    let data = minijinja::context! {
        tables => fenced(&tables(&context)),
        space => fenced(&space(&context)),
        patterns => fenced(&patterns(input)),
        clusters => fenced(&clustered(kind, &context)),
        failures => fenced(&failures(input, &context)),
        schema => schema.to_string(),
    };
    let text = environment.get_template("prompt")?.render(data)?;
    Ok(Prompt { name: kind.name().to_owned(), digest: digest_text(source), text, schema })
}

/// JSON in which nothing looks like the end of a fence.
fn fenced(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e")
}

fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The tables that the failures are about, with their columns.
fn tables(context: &Context) -> Value {
    let about: BTreeSet<&String> = context
        .cases
        .iter()
        .flat_map(|case| case.gap.gold.tables.iter().chain(case.gap.answer.iter().flat_map(|answer| &answer.tables)))
        .collect();
    let mut left = MAX_COLUMNS;
    let mut tables = Vec::new();
    for table in context.names.catalog().tables().filter(|table| about.contains(&table.full_name)) {
        let entry = context.table(&table.full_name);
        let columns: Vec<Value> = table
            .columns
            .iter()
            .take(left)
            .map(|column| {
                let config = entry.and_then(|entry| entry.column(&column.name));
                json!({
                    "name": column.name,
                    "type": column.type_text,
                    "comment": cut(&column.comment, MAX_SAID),
                    "description": cut(config.map_or("", |c| c.description.as_str()), MAX_SAID),
                    "synonyms": config.map(|c| c.synonyms.clone()).unwrap_or_default(),
                })
            })
            .collect();
        left -= columns.len();
        tables.push(json!({"name": table.full_name, "comment": cut(&table.comment, MAX_SAID), "columns": columns}));
    }
    json!(tables)
}

/// What the space says beside its tables, by address.
fn space(context: &Context) -> Value {
    let view = &context.view;
    let snippets = view.snippets.iter().map(|snippet| {
        json!({
            "address": format!("{}/{}", snippet.kind.list(), snippet.id),
            "name": snippet.display_name,
            "sql": cut(&snippet.sql, MAX_SAID),
        })
    });
    let joins = view.joins.iter().map(|join| {
        json!({
            "address": format!("joins/{}", join.id),
            "left": join.left_table,
            "right": join.right_table,
            "on": cut(&join.condition, MAX_SAID),
        })
    });
    let examples = view.examples.iter().take(40).map(|example| {
        json!({
            "address": format!("examples/{}", example.id),
            "question": cut(&example.question, MAX_SAID),
            "sql": cut(&example.sql, MAX_SAID),
        })
    });
    let text = context.instruction().map_or("", |(_, content)| content);
    json!({
        "snippets": snippets.take(100).collect::<Vec<_>>(),
        "joins": joins.take(60).collect::<Vec<_>>(),
        "examples": examples.collect::<Vec<_>>(),
        "text_instruction": cut(text, MAX_SQL),
    })
}

fn patterns(input: &FixInput) -> Value {
    let mut sorted: Vec<_> = input.patterns.iter().map(|learnt| &learnt.pattern).collect();
    sorted.sort_by_key(|pattern| (std::cmp::Reverse(pattern.support), pattern.id.clone()));
    let shown = sorted.into_iter().take(MAX_PATTERNS).map(|pattern| {
        json!({
            "id": pattern.id,
            "statement": cut(&pattern.statement, MAX_SAID),
            "terms": pattern.terms,
            "support": pattern.support,
        })
    });
    json!(shown.collect::<Vec<_>>())
}

/// Failures by cause, the largest group first: those that this prompt's category may close.
fn clustered(kind: PromptKind, context: &Context) -> Value {
    let mine = clusters(&context.cases).into_iter().filter(|cluster| cluster.is_for(kind)).take(MAX_CLUSTERS);
    let shown = mine.map(|cluster| {
        let ids: Vec<&String> = cluster.questions.iter().take(MAX_FAILURES).collect();
        // A smaller lever is tried first: it may have closed this before the text is read.
        let first = cluster.levers.first().map(|category| category.as_str());
        json!({"cause": cut(&cluster.cause, MAX_SAID), "count": cluster.questions.len(), "questions": ids, "first": first})
    });
    json!(shown.collect::<Vec<_>>())
}

fn failures(input: &FixInput, context: &Context) -> Value {
    let shown = context.cases.iter().take(MAX_FAILURES).filter_map(|case| {
        let failure = input.failures.iter().find(|failure| failure.question.id == case.id)?;
        let causes: Vec<String> = case.gap.causes.iter().take(12).map(ToString::to_string).collect();
        Some(json!({
            "id": case.id,
            "question": cut(&failure.question.question, MAX_SAID),
            "expected_sql": cut(&failure.question.sql, MAX_SQL),
            "answered_sql": cut(failure.answer_sql.as_deref().unwrap_or_default(), MAX_SQL),
            "causes": causes,
        }))
    });
    json!(shown.collect::<Vec<_>>())
}
