//! `limits`: what the service accepts.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};
use crate::model::{Space, SpaceView};
use serde_json::Value;

pub(super) struct Limits;

/// Databricks' limits, as documented in 2026: characters of a text, items of a list, example
/// queries with functions and the text instruction, snippets with joins, benchmarks, columns with
/// a value dictionary.
const TEXT: usize = 25_000;
const ITEMS: usize = 10_000;
const INSTRUCTIONS: usize = 100;
const SNIPPETS: usize = 200;
const FUNCTIONS: usize = 50;
const BENCHMARKS: usize = 500;
const DICTIONARIES: usize = 120;

impl Guard for Limits {
    fn rule(&self) -> &'static str {
        "limits"
    }

    fn code(&self) -> &'static str {
        "GE0715"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Hard
    }

    fn explain(&self) -> &'static str {
        "The space stays within the limits of the service: 25,000 characters in a text, 10,000 items in a list, one text \
         instruction, 100 instructions (each example and function, and the text), 200 snippets and joins, 50 functions, \
         500 benchmarks, 120 columns with a value dictionary, and `max_tables` tables, which support can raise. What was \
         over a limit before and does not grow passes: the service has accepted it."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "max_tables", default: ParamDefault::Count(30), help: "most tables and views of the space" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let max_tables = usize::try_from(params.count("max_tables")).unwrap_or(usize::MAX);
        let (before, after) = (counts(input.base, max_tables), counts(input.target, max_tables));
        let over = before.iter().zip(&after).filter(|(old, new)| new.count > new.limit && new.count > old.count);
        let told =
            |new: &Count| Violation::whole(format!("{} {}, the service takes {}", new.count, new.what, new.limit));
        let used = before.iter().zip(&after).filter(|(old, new)| old.count > 0 || new.count > 0).map(view);
        let passed = format!("within the limits of the service: {}", used.collect::<Vec<_>>().join(", "));
        Finding::none_allowed(over.map(|(_, new)| told(new)).collect(), passed)
    }
}

struct Count {
    what: &'static str,
    count: usize,
    limit: usize,
}

/// How much of a limit is used up, before and after.
fn view((old, new): (&Count, &Count)) -> String {
    match old.count == new.count {
        true => format!("{} of {} {}", new.count, new.limit, new.what),
        false => format!("{} → {} of {} {}", old.count, new.count, new.limit, new.what),
    }
}

fn counts(space: &Space, max_tables: usize) -> Vec<Count> {
    let view = SpaceView::of(space);
    let of = |what, count, limit| Count { what, count, limit };
    let dictionaries =
        view.tables.iter().flat_map(|table| &table.columns).filter(|column| column.entity_matching).count();
    let texts = view.text_instructions.len();
    // It is written line by line and read as one.
    let whole = view.text_instructions.iter().map(|text| text.content.chars().count()).max().unwrap_or(0);
    let (longest, most) = extremes(space.document());
    vec![
        of("characters in the text instruction", whole, TEXT),
        of("characters in one text", longest, TEXT),
        of("items in one list", most, ITEMS),
        of("tables", view.tables.len(), max_tables),
        of("text instructions", texts, 1),
        of("instructions", view.examples.len() + view.functions.len() + texts, INSTRUCTIONS),
        of("snippets and joins", view.snippets.len() + view.joins.len(), SNIPPETS),
        of("functions", view.functions.len(), FUNCTIONS),
        of("benchmarks", view.benchmarks.len(), BENCHMARKS),
        of("columns with a value dictionary", dictionaries, DICTIONARIES),
    ]
}

/// Length of the longest text in characters, and of the longest list.
fn extremes(value: &Value) -> (usize, usize) {
    let widest = |a: (usize, usize), b: (usize, usize)| (a.0.max(b.0), a.1.max(b.1));
    match value {
        Value::String(text) => (text.chars().count(), 0),
        Value::Array(items) => items.iter().map(extremes).fold((0, items.len()), widest),
        Value::Object(map) => map.values().map(extremes).fold((0, 0), widest),
        _ => (0, 0),
    }
}
