//! What can be said of a query without a catalog: its plain normal form and the tables it names.

use super::parse::{parse_query, parse_statements};
use sqlparser::ast::visit_relations;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The query as the parser writes it back, in lower case outside of quotes: white space, case of
/// keywords and names, comments and a final `;` make no difference. What does not parse is only
/// brought to single blanks.
pub fn plain_form(sql: &str) -> String {
    match parse_query(sql) {
        Ok(query) => lower_outside_quotes(&query.to_string()),
        Err(_) => sql.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches([';', ' ']).to_owned(),
    }
}

/// True if both texts are one query, up to their plain form.
pub fn same_query(one: &str, other: &str) -> bool {
    plain_form(one) == plain_form(other)
}

/// Names of all tables that a text reads, as written, without those of its own `WITH` parts;
/// none if it does not parse.
pub fn tables_of(sql: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for statement in parse_statements(sql).unwrap_or_default() {
        let _ = visit_relations(&statement, |name| {
            let parts: Vec<String> =
                name.to_string().split('.').map(|part| part.trim_matches('`').to_owned()).collect();
            names.insert(parts.join("."));
            ControlFlow::<()>::Continue(())
        });
        if let sqlparser::ast::Statement::Query(query) = &statement {
            for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
                names.remove(&cte.alias.name.value);
            }
        }
    }
    names
}

fn lower_outside_quotes(text: &str) -> String {
    let mut inside = None;
    text.chars()
        .flat_map(|c| {
            match inside {
                Some(quote) if quote == c => inside = None,
                None if c == '\'' || c == '"' => inside = Some(c),
                _ => {}
            }
            let lower: Vec<char> = if inside.is_some() { vec![c] } else { c.to_lowercase().collect() };
            lower
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_case_make_no_difference_but_literals_do() {
        assert!(same_query("select A from T where b='X' ;", "SELECT a\nFROM t -- x\nWHERE b = 'X'"));
        assert!(!same_query("SELECT a FROM t WHERE b = 'X'", "SELECT a FROM t WHERE b = 'x'"));
    }

    #[test]
    fn tables_are_found_anywhere_but_not_the_query_s_own() {
        let sql = "WITH x AS (SELECT * FROM m.s.a) SELECT * FROM x JOIN `m`.s.`b c` ON 1 = (SELECT max(y) FROM d)";
        assert_eq!(tables_of(sql), ["d", "m.s.a", "m.s.b c"].map(str::to_owned).into());
        assert!(tables_of("nonsense (").is_empty());
    }
}
