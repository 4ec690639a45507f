//! A project in another environment: its catalogs and schemas by the names they have there.

use crate::config::{DeclaredSpace, Loaded, ReboundFrom};
use crate::diff::diff;
use crate::model::{Change, Diagnostic, Question, Space, SpaceView, joined_text, split_lines};
use crate::sql::{RebindError, Renames, rebind_expression, rebind_query};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Rebinds the declared space and the gold SQL of a project that says so. What cannot be rebound
/// is an error: no old name may be left. Names that prose mentions are told and stay.
pub fn rebind(loaded: &mut Loaded) -> Result<(), Vec<Diagnostic>> {
    let renames = renames(&loaded.project.rebind)?;
    if renames.is_empty() {
        return Ok(());
    }
    let mut findings = Vec::new();
    let mut tables = BTreeSet::new();
    if let Some(declared) = &mut loaded.space {
        tables = tables_of(&declared.space);
        let source = declared.space.clone();
        declared.space = space(&source, &renames, &mut findings);
        let names = loaded.project.rebind.clone();
        declared.rebound_from = Some(Box::new(ReboundFrom { space: source, names }));
    }
    for question in &mut loaded.suite.questions {
        rebind_question(question, &renames, &tables, &mut findings);
    }
    let (errors, warnings): (Vec<_>, Vec<_>) = findings.into_iter().partition(Diagnostic::is_error);
    loaded.warnings.extend(warnings);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// A change in the words of the declared file: what is to stand in it, and how that comes about.
pub fn as_written(
    declared: &DeclaredSpace,
    changes: &[Change],
    intended: &Space,
) -> Result<(Vec<Change>, Space), Vec<Diagnostic>> {
    let Some(from) = &declared.rebound_from else { return Ok((changes.to_vec(), intended.clone())) };
    let renames = renames(&from.names)?;
    let mut findings = Vec::new();
    let back = space(intended, &renames.inverse(), &mut findings);
    findings.retain(Diagnostic::is_error);
    if findings.is_empty() { Ok((diff(&from.space, &back), back)) } else { Err(findings) }
}

fn renames(names: &BTreeMap<String, String>) -> Result<Renames, Vec<Diagnostic>> {
    Renames::new(names).map_err(|error| vec![Diagnostic::error("GE0213", format!("`rebind` is not usable: {error}"))])
}

fn tables_of(space: &Space) -> BTreeSet<String> {
    SpaceView::of(space).tables.into_iter().map(|table| table.identifier).collect()
}

fn rebind_question(question: &mut Question, renames: &Renames, tables: &BTreeSet<String>, found: &mut Vec<Diagnostic>) {
    for sql in std::iter::once(&mut question.sql).chain(&mut question.accepted) {
        match rebind_query(sql, renames, tables) {
            Ok(rebound) => *sql = rebound,
            Err(error) if question.skip.is_none() => {
                found.push(cannot(&format!("the gold SQL of `{}`", question.id), &error));
            }
            // It is not asked, so it names nothing.
            Err(_) => {}
        }
    }
}

fn cannot(place: &str, error: &RebindError) -> Diagnostic {
    Diagnostic::error("GE0503", format!("{place} cannot be rebound: {error}"))
        .help("names are replaced in SQL that parses only; correct it, or take the question out with `skip: reason`")
}

fn space(space: &Space, renames: &Renames, found: &mut Vec<Diagnostic>) -> Space {
    let tables = tables_of(space);
    let mut rebound = space.clone();
    let mut walk = Walk { renames, tables: &tables, found, path: Vec::new() };
    walk.value(rebound.document_mut());
    rebound
}

struct Walk<'a> {
    renames: &'a Renames,
    tables: &'a BTreeSet<String>,
    found: &'a mut Vec<Diagnostic>,
    path: Vec<String>,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, child) in map.iter_mut() {
                    self.path.push(key.clone());
                    self.field(key, child);
                    self.path.pop();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            _ => {}
        }
    }

    fn field(&mut self, key: &str, value: &mut Value) {
        let within = |list: &str| self.path.iter().any(|part| part == list);
        match key {
            "identifier" => {
                if let Value::String(name) = value {
                    *name = self.renames.name(name);
                }
            }
            // The second element of a join's SQL is a marker.
            "sql" if within("join_specs") => {
                if let Some(Value::String(condition)) = value.get_mut(0) {
                    let rebound = rebind_expression(condition, self.renames, self.tables);
                    self.keep(rebound, |sql| *condition = sql);
                }
            }
            "sql" if within("sql_snippets") => self.sql(value, rebind_expression),
            "sql" => self.sql(value, rebind_query),
            "content" if within("benchmarks") => self.sql(value, rebind_query),
            _ => match joined_text(value).filter(|_| key != "id") {
                Some(text) => self.prose(&text),
                None => self.value(value),
            },
        }
    }

    fn sql(&mut self, value: &mut Value, rebind: fn(&str, &Renames, &BTreeSet<String>) -> Result<String, RebindError>) {
        let Some(text) = joined_text(value) else { return };
        let rebound = rebind(&text, self.renames, self.tables);
        self.keep(rebound, |sql| {
            if sql != text {
                *value = if value.is_array() { split_lines(&sql).into() } else { sql.into() };
            }
        });
    }

    fn keep(&mut self, rebound: Result<String, RebindError>, put: impl FnOnce(String)) {
        match rebound {
            Ok(sql) => put(sql),
            Err(error) => self.found.push(cannot(&format!("`{}`", self.path.join(".")), &error)),
        }
    }

    fn prose(&mut self, text: &str) {
        for name in self.renames.mentioned(text) {
            let message = format!(
                "`{}` mentions `{name}`, which stands elsewhere in this environment; prose is not rewritten",
                self.path.join(".")
            );
            let finding = Diagnostic::warning("GE0504", message).help("say it without the name of an environment");
            if !self.found.contains(&finding) {
                self.found.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::space_from_yaml;

    #[test]
    fn every_name_of_a_space_is_rebound_and_the_way_back_is_the_same_file() {
        let yaml = "title: T\nversion: 2\ndata_sources:\n  tables:\n    - identifier: dev.s.a\n      description: Rows of dev.s.a, \
                    newest first.\n    - identifier: dev.s.b\ninstructions:\n  example_question_sqls:\n    - id: 0000000000000000000000000000000a\n      \
                    question: How many?\n      sql: |\n        SELECT COUNT(*)\n        FROM dev.s.a\n  join_specs:\n    - id: 0000000000000000000000000000000b\n      \
                    left: {identifier: dev.s.a, alias: a}\n      right: {identifier: dev.s.b, alias: b}\n      sql:\n        - '`a`.`x` = `b`.`x`'\n        \
                    - --rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--\n  sql_snippets:\n    measures:\n      - id: 0000000000000000000000000000000c\n        \
                    display_name: n\n        sql: SUM(dev.s.a.n)\n";
        let (declared, _) = space_from_yaml(yaml, "space.yaml").expect("reads");
        let renames = Renames::new(&[("dev".to_owned(), "prod".to_owned())].into()).expect("sound");
        let mut found = Vec::new();
        let prod = space(&declared, &renames, &mut found);
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["GE0504"], "{found:?}");
        let text = prod.document().to_string().replace("Rows of dev.s.a", "");
        assert!(!text.contains("dev.") && text.contains("FROM prod.s.a") && text.contains("SUM(prod.s.a.n)"), "{text}");
        let back = space(&prod, &renames.inverse(), &mut Vec::new());
        assert_eq!(back.digest(), declared.digest());
    }
}
