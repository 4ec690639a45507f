//! Noise: a share of questions is answered differently from time to time, as a language model
//! that overlooks something would: from a view of the space in which one element is missing.

use super::chance::{choose, share};
use crate::model::Space;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which share of the questions is answered differently from time to time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Noise {
    /// Share of the questions that are unsteady, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub questions: f64,
    /// Share of an unsteady question's answers that differ, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub answers: f64,
}

impl Default for Noise {
    fn default() -> Self {
        Self { questions: 0.1, answers: 0.5 }
    }
}

impl Noise {
    /// Is the `count`-th answer to this question over this content one of the different ones?
    /// Whether a question is unsteady does not depend on the content, its single answers do.
    pub fn strikes(&self, seed: u64, question: &str, content: &str, count: u64) -> bool {
        share(seed, &["unsteady", question], 0) < self.questions
            && share(seed, &["answer", question, content], count) < self.answers
    }
}

/// Lists whose elements can be overlooked.
const LISTS: [&str; 7] = [
    "/instructions/sql_snippets/measures",
    "/instructions/sql_snippets/filters",
    "/instructions/sql_snippets/expressions",
    "/instructions/example_question_sqls",
    "/instructions/join_specs",
    "/instructions/text_instructions",
    "/data_sources/tables",
];

/// Spaces that lack one element each, in an order drawn from the seed.
pub fn weaker_views(space: &Space, seed: u64, question: &str, count: u64) -> Vec<Space> {
    let mut pointers = Vec::new();
    for list in LISTS {
        let items = space.document().pointer(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (index, item) in items.iter().enumerate() {
            if list != "/data_sources/tables" {
                pointers.push(format!("{list}/{index}"));
                continue;
            }
            pointers.push(format!("{list}/{index}/description"));
            let columns = item.get("column_configs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            pointers.extend((0..columns.len()).map(|column| format!("{list}/{index}/column_configs/{column}")));
        }
    }
    let mut views = Vec::new();
    let mut draw = count;
    while !pointers.is_empty() {
        let pointer = pointers.remove(choose(seed, &["overlooked", question], draw, pointers.len()));
        draw = draw.wrapping_add(0x9e37_79b9);
        let mut view = space.clone();
        if remove(view.document_mut(), &pointer) {
            views.push(view);
        }
    }
    views
}

fn remove(document: &mut Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    match document.pointer_mut(parent) {
        Some(Value::Object(map)) => map.remove(last).is_some(),
        Some(Value::Array(items)) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_come_out_and_the_seed_decides() {
        let noise = Noise { questions: 0.2, answers: 0.5 };
        let struck = |seed: u64| -> Vec<(u32, u64)> {
            let all = (0..500_u32).flat_map(|q| (0..4_u64).map(move |n| (q, n)));
            all.filter(|(q, n)| noise.strikes(seed, &format!("question {q}"), "content", *n)).collect()
        };
        let first = struck(1);
        assert_eq!(first, struck(1));
        assert_ne!(first, struck(2));
        assert!((120..280).contains(&first.len()), "{} of 2000", first.len());
    }

    #[test]
    fn each_weaker_view_lacks_one_element() {
        let space = Space::parse(
            r#"{"version":2,"data_sources":{"tables":[{"identifier":"t","description":["d"],
            "column_configs":[{"column_name":"a","exclude":true},{"column_name":"b","exclude":true}]}]},
            "instructions":{"sql_snippets":{"measures":[{"id":"1"}]}}}"#,
        )
        .unwrap();
        let views = weaker_views(&space, 3, "q", 0);
        assert_eq!(views.len(), 4);
        assert!(views.iter().all(|view| view.digest() != space.digest()));
    }
}
