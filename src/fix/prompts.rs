//! Prompts: one for each category, and one for deletions. They carry mined patterns, clustered
//! failures and the part of the space these are about, in bounded size and without result rows.
//!
//! Everything that comes from outside is put in as JSON inside a fence, with `<` escaped, so that no
//! comment of a column can close it.

use super::input::FixInput;
use super::shown;
use crate::model::{Category, Digest, digest_text};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;
use std::collections::BTreeMap;

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
    let schema = super::replies::schema(kind);
    let mut data: BTreeMap<&str, String> = shown::blocks(kind, input).map(|(name, data)| (name, fenced(&data))).into();
    data.insert("schema", schema.to_string());
    let text = environment(source)?.get_template("prompt")?.render(&data)?;
    Ok(Prompt { name: kind.name().to_owned(), digest: digest_text(source), text, schema })
}

/// The template with the block of data beside it; names that are not there are errors.
pub(super) fn environment(source: &str) -> Result<Environment<'_>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template("data", DATA)?;
    environment.add_template("prompt", source)?;
    Ok(environment)
}

/// JSON in which nothing looks like the end of a fence.
fn fenced(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e")
}
