//! The analyst: answers questions with SQL, knowing only the space and the catalog.
//!
//! It is no language model. A question is scanned into names, values, numbers, times and small
//! words ([`scan`]); names are linked to tables, columns, values and what the space declares
//! ([`lexicon`], [`link`]); one walk over the elements makes a logical query ([`parse`] and its
//! parts), which is joined along join specs and keys ([`joins`]) and written as Databricks SQL
//! ([`render`]). A question close to an example of the space follows the example
//! ([`examples`]); the text instruction is read where it has a form that can be read
//! ([`instructions`]).

mod advice;
mod analogy;
mod carry;
mod clauses;
mod compounds;
mod conditions;
mod cue_tables;
mod cues;
mod dates;
mod declared;
mod examples;
mod finish;
mod fragment;
mod frame;
mod grouping;
mod habits;
mod instructions;
mod joins;
mod korean;
mod lexicon;
mod lines;
mod link;
mod mentions;
mod operand;
mod own_names;
mod parse;
mod periods;
mod ranges;
mod ranking;
mod readings;
mod render;
mod roles;
mod scales;
mod scan;
mod schema;
mod shape;
mod snippets;
mod spans;
mod subqueries;
mod texts;
mod tokenise;
mod values;
mod words;

#[cfg(test)]
mod analogy_tests;
#[cfg(test)]
mod measure_tests;
#[cfg(test)]
mod metric_tests;
#[cfg(test)]
mod phenomena_tests;
#[cfg(test)]
mod tests;

use crate::model::{Catalog, SpaceView};
use frame::Frame;
use instructions::Rules;
use joins::Graph;
use lexicon::{Lexicon, Target};
use link::Node;
use parse::World;
use render::{Rendered, Renderer, Unable};
use schema::Schema;
use std::collections::BTreeMap;

/// What an answer may draw on.
pub struct Context<'a> {
    pub space: &'a SpaceView,
    pub catalog: &'a Catalog,
    pub as_of: Option<jiff::civil::Date>,
}

/// An answer: a query, or a question back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Sql { sql: String, description: String, thoughts: Vec<Thought> },
    Ask { text: String, thoughts: Vec<Thought> },
}

/// One step of the reasoning, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thought {
    /// `DESCRIPTION`, `UNDERSTANDING`, `DATA_SOURCING`, `INSTRUCTIONS` or `STEPS`.
    pub kind: &'static str,
    pub text: String,
}

fn thought(kind: &'static str, text: String) -> Thought {
    Thought { kind, text }
}

/// Answers one question. The same context and question give the same reply.
pub fn answer(context: &Context, question: &str) -> Reply {
    Prepared::of(context.space, context.catalog, context.as_of).answer(question)
}

/// A space read once, for many questions.
pub struct Prepared {
    schema: Schema,
    rules: Rules,
    snippets: Vec<snippets::Usable>,
    graph: Graph,
    lexicon: Lexicon,
    homes: BTreeMap<Target, usize>,
    examples: Vec<examples::Known>,
    /// The examples that show a form.
    forms: Vec<(analogy::Shape, examples::Known)>,
    year: Option<i32>,
}

impl Prepared {
    pub fn of(space: &SpaceView, catalog: &Catalog, as_of: Option<jiff::civil::Date>) -> Self {
        let schema = Schema::of(space, catalog);
        let rules = Rules::of(&schema, &space.text_instructions);
        let snippets = snippets::usable(&schema, &space.snippets);
        let graph = Graph::of(&schema, &space.joins);
        let lexicon = Lexicon::of(&schema, &space.snippets, &rules.rules);
        let homes = homes(&snippets, &rules);
        let examples = examples::Known::all(&schema, &space.examples);
        let year = as_of.map(|date| i32::from(date.year()));
        let mut prepared = Self { schema, rules, snippets, graph, lexicon, homes, examples, forms: Vec::new(), year };
        let form = |known: &examples::Known| Some((prepared.shape(known.question())?, known.clone()));
        let forms = prepared.examples.iter().filter_map(form).collect();
        prepared.forms = forms;
        prepared
    }

    fn world(&self, partial: bool) -> World<'_> {
        World { schema: &self.schema, graph: &self.graph, snippets: &self.snippets, rules: &self.rules, partial }
    }

    /// How a question is put.
    fn shape(&self, question: &str) -> Option<analogy::Shape> {
        let elements = scan::scan(question, &self.lexicon, self.year);
        let linker = link::Linker::new(elements, &self.schema, &self.lexicon, &self.homes);
        analogy::Shape::of(&self.world(false), &linker.link(&link::Forced::new()))
    }

    /// Answers one question.
    pub fn answer(&self, question: &str) -> Reply {
        let schema = &self.schema;
        if schema.tables.is_empty() {
            return ask("This space has no tables that I can read.".to_owned(), Vec::new());
        }
        if let Some(example) = examples::follow(&self.examples, question) {
            return followed(example, &self.rules);
        }
        let form = if self.forms.is_empty() { None } else { self.shape(question) };
        if let Some(example) = form.and_then(|asked| analogy::follow(&self.world(false), &self.forms, &asked, question))
        {
            return followed(example, &self.rules);
        }
        if let Some(example) = carry::follow(&self.examples, question, schema, &self.lexicon) {
            return followed(example, &self.rules);
        }
        let asked = advice::read(question);
        let elements = scan::scan(&asked.text, &self.lexicon, self.year);
        let linker = link::Linker::new(elements, schema, &self.lexicon, &self.homes);
        let world = self.world(asked.partial);
        let renderer = Renderer { schema, graph: &self.graph };
        let readings::Reading { nodes, frame, rendered, .. } = readings::best(&world, &renderer, &linker);
        let mut thoughts = vec![thought("UNDERSTANDING", understanding(schema, &world, &nodes))];
        thoughts.extend(instruction_thoughts(&self.rules, &nodes));
        if !linked(&nodes) {
            return ask(no_link(schema), thoughts);
        }
        if let Some(name) = frame.unknown.first().filter(|_| !frame.has_aggregate()) {
            return ask(format!("What does “{name}” mean? This space does not say how to compute it."), thoughts);
        }
        match rendered {
            Ok(rendered) => query(schema, &frame, rendered, thoughts),
            Err(Unable::Nothing) => ask(no_link(schema), thoughts),
            Err(Unable::NoJoin(a, b)) => {
                let (a, b) = (&schema.tables[a].alias, &schema.tables[b].alias);
                ask(
                    format!("How do `{a}` and `{b}` belong together? The space does not say how to join them."),
                    thoughts,
                )
            }
        }
    }
}

/// The tables that snippets and rules read: other names of the question are rather theirs.
fn homes(snippets: &[snippets::Usable], rules: &Rules) -> BTreeMap<Target, usize> {
    let first = |fragment: Option<&fragment::Fragment>| fragment.and_then(|f| f.columns.first()).map(|c| c.table);
    let named =
        snippets.iter().enumerate().filter_map(|(at, s)| Some((Target::Snippet(at), first(s.fragment.as_ref())?)));
    let ruled = (0..rules.rules.len()).filter_map(|at| Some((Target::Rule(at), first(rules.definition(at))?)));
    named.chain(ruled).collect()
}

fn ask(text: String, thoughts: Vec<Thought>) -> Reply {
    Reply::Ask { text, thoughts }
}

fn linked(nodes: &[Node]) -> bool {
    nodes.iter().any(|n| n.target.is_some() && n.score >= 0.3)
}

fn no_link(schema: &Schema) -> String {
    let tables: Vec<&str> = schema.tables.iter().take(5).map(|t| t.alias.as_str()).collect();
    format!(
        "I cannot find what the question is about in this space. Is it about one of these tables: {}?",
        tables.join(", ")
    )
}

fn followed(example: examples::Followed, rules: &Rules) -> Reply {
    let mut thoughts = vec![
        thought("UNDERSTANDING", format!("The question is like the example “{}”.", example.question)),
        thought("INSTRUCTIONS", "Followed the example query of the space.".to_owned()),
    ];
    thoughts.extend(instruction_thoughts(rules, &[]));
    if !example.filled.is_empty() {
        thoughts.push(thought("STEPS", format!("Filled in {}.", example.filled.join(", "))));
    }
    Reply::Sql { sql: example.sql, description: format!("Follows the example “{}”.", example.question), thoughts }
}

fn understanding(schema: &Schema, world: &World, nodes: &[Node]) -> String {
    let name = |target: &Target| match target {
        Target::Table(t) => format!("table {}", schema.tables[*t].alias),
        Target::Column(c) => format!("column {}", schema.sql(*c)),
        Target::Value(c, value) => format!("value '{value}' of {}", schema.sql(*c)),
        Target::Snippet(s) => {
            world.snippets.get(*s).map_or_else(String::new, |s| format!("{:?} {}", s.kind, s.name).to_lowercase())
        }
        Target::Rule(r) => world.rules.rules.get(*r).map_or_else(String::new, |r| format!("instruction “{}”", r.line)),
    };
    let links = nodes
        .iter()
        .filter_map(|n| Some(format!("“{}” is {} ({})", n.element.text, name(n.target.as_ref()?), n.source)));
    let links: Vec<String> = links.collect();
    if links.is_empty() { "No word of the question names anything in this space.".to_owned() } else { links.join("; ") }
}

fn instruction_thoughts(rules: &Rules, nodes: &[Node]) -> Vec<Thought> {
    let mut found: Vec<Thought> = nodes
        .iter()
        .filter_map(|n| match n.target {
            Some(Target::Rule(place)) => {
                rules.rules.get(place).map(|r| thought("INSTRUCTIONS", format!("Applied: {}", r.line)))
            }
            _ => None,
        })
        .collect();
    if !rules.unread.is_empty() {
        found.push(thought(
            "INSTRUCTIONS",
            format!("{} lines of the instruction have no form that I can apply.", rules.unread.len()),
        ));
    }
    found
}

fn query(schema: &Schema, frame: &Frame, rendered: Rendered, mut thoughts: Vec<Thought>) -> Reply {
    let mut sources = vec![schema.tables[rendered.root].full_name.clone()];
    sources.extend(
        rendered
            .steps
            .iter()
            .map(|s| format!("{} by {} ({})", schema.tables[s.table].full_name, s.condition, s.source)),
    );
    thoughts.push(thought("DATA_SOURCING", format!("Reads {}.", sources.join(", "))));
    let description = describe(schema, frame, rendered.root);
    thoughts.insert(0, thought("DESCRIPTION", description.clone()));
    Reply::Sql { sql: rendered.sql, description, thoughts }
}

fn describe(schema: &Schema, frame: &Frame, root: usize) -> String {
    let outputs: Vec<&str> = frame.outputs.iter().map(|o| o.alias.as_str()).collect();
    let mut text = format!(
        "Returns {} from {}",
        if outputs.is_empty() { "all columns".to_owned() } else { outputs.join(", ") },
        schema.tables[root].alias
    );
    if !frame.filters.is_empty() {
        text.push_str(&format!(", {} condition(s)", frame.filters.len()));
    }
    if let Some(limit) = frame.limit {
        text.push_str(&format!(", at most {limit} row(s)"));
    }
    text.push('.');
    text
}
