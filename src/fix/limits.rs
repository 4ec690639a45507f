//! The service's limits, counted as candidates come in.

use crate::model::{Candidate, Change, RejectionReason, SpaceView};
use serde_json::Value;

/// Characters of one text.
pub(super) const MAX_TEXT: usize = 25_000;
/// Examples, functions, and the text instruction as one.
const MAX_INSTRUCTIONS: usize = 100;
/// Snippets and join specs.
const MAX_SNIPPETS: usize = 200;
/// Columns with a value dictionary.
const MAX_ENTITY_COLUMNS: usize = 120;

/// What is used up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    instructions: usize,
    has_text: bool,
    snippets: usize,
    entity_columns: usize,
    text: usize,
}

impl Budget {
    pub(super) fn of(view: &SpaceView) -> Self {
        let columns = view.tables.iter().flat_map(|table| &table.columns);
        Self {
            instructions: view.examples.len() + view.functions.len() + usize::from(!view.text_instructions.is_empty()),
            has_text: !view.text_instructions.is_empty(),
            snippets: view.snippets.len() + view.joins.len(),
            entity_columns: columns.filter(|column| column.entity_matching).count(),
            text: view.text_instructions.iter().map(|text| text.content.chars().count()).sum(),
        }
    }

    /// Counts a candidate, or says which limit it would pass.
    pub(super) fn take(&mut self, candidate: &Candidate) -> Result<(), (RejectionReason, String)> {
        let mut after = *self;
        candidate.changes.iter().for_each(|change| after.count(change));
        let limits = [
            (after.instructions, self.instructions, MAX_INSTRUCTIONS, "instructions"),
            (after.snippets, self.snippets, MAX_SNIPPETS, "SQL snippets and joins"),
            (after.entity_columns, self.entity_columns, MAX_ENTITY_COLUMNS, "columns with entity matching"),
            (after.text, self.text, MAX_TEXT, "characters in the text instruction"),
        ];
        for (used, before, most, what) in limits {
            if used > most && used > before {
                let detail = format!("A space takes {most} {what}; with this there would be {used}.");
                return Err((RejectionReason::Limit, detail));
            }
        }
        *self = after;
        Ok(())
    }

    fn count(&mut self, change: &Change) {
        let segments: Vec<&str> = change.address.segments().iter().map(String::as_str).collect();
        let step = |count: &mut usize| match (&change.before, &change.after) {
            (None, Some(_)) => *count += 1,
            (Some(_), None) => *count = count.saturating_sub(1),
            _ => {}
        };
        match segments.as_slice() {
            ["instructions", "example_question_sqls" | "sql_functions", _] => step(&mut self.instructions),
            ["instructions", "join_specs", _] | ["instructions", "sql_snippets", _, _] => step(&mut self.snippets),
            ["instructions", "text_instructions", ..] => {
                self.instructions += usize::from(!self.has_text);
                self.has_text = true;
                let length =
                    |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map_or(0, |t| t.chars().count() + 1);
                self.text = (self.text + length(&change.after)).saturating_sub(length(&change.before));
            }
            [.., "enable_entity_matching"] => step(&mut self.entity_columns),
            _ => {}
        }
    }
}
