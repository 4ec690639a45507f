//! `sql-read-only`: SQL in the space only reads.

use super::{Finding, Guard, GuardInput, GuardLevel, Params, Violation, added_texts};
use crate::sql::{parse_expression, parse_query};

pub(super) struct SqlReadOnly;

impl Guard for SqlReadOnly {
    fn rule(&self) -> &'static str {
        "sql-read-only"
    }

    fn code(&self) -> &'static str {
        "GE0713"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Hard
    }

    fn explain(&self) -> &'static str {
        "Every example that a change brings is one query, every snippet and join condition one expression. What does not \
         parse cannot be shown to only read."
    }

    fn check(&self, input: &GuardInput, _params: &Params) -> Finding {
        let mut violations = Vec::new();
        let mut seen = 0;
        for (id, path, text) in added_texts(input) {
            let Some(kind) = kind_of(&path) else { continue };
            seen += 1;
            let wrong = match kind {
                Kind::Query => parse_query(&text).err(),
                Kind::Expression => parse_expression(&text).err(),
                // Two elements: the condition, and a marker in the form of a comment.
                Kind::Join => parse_expression(text.split("--rt=").next().unwrap_or_default()).err(),
            };
            violations.extend(wrong.map(|error| Violation::new(&id, format!("{id} at {path}: {error}"))));
        }
        Finding::none_allowed(violations, format!("{seen} pieces of SQL, all only read"))
    }
}

enum Kind {
    Query,
    Expression,
    Join,
}

/// The kind of SQL at a place; none for what is no SQL.
fn kind_of(path: &str) -> Option<Kind> {
    if !path.ends_with("/sql") {
        return None;
    }
    match path.split('/').next()? {
        "examples" => Some(Kind::Query),
        "measures" | "filters" | "expressions" => Some(Kind::Expression),
        "joins" => Some(Kind::Join),
        _ => None,
    }
}
