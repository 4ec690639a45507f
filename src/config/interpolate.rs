//! `${env:NAME}` and `${var:name}` in declared texts.

use super::yaml::{Node, Sources};
use crate::model::Diagnostic;
use std::collections::BTreeMap;

/// Where variables come from.
pub(super) struct Variables<'a> {
    pub(super) vars: BTreeMap<String, String>,
    pub(super) environment: &'a dyn Fn(&str) -> Option<String>,
}

/// Replaces variables in every text of the tree for which `wanted` holds. Returns the pointers
/// of the texts that were filled: their type is not decided by how they were written.
pub(super) fn interpolate(
    root: &mut Node,
    variables: &Variables<'_>,
    sources: &Sources,
    wanted: &dyn Fn(&[String]) -> bool,
) -> (Vec<String>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let mut filled = Vec::new();
    root.each_text(&mut Vec::new(), &mut |path, node| {
        let Some(text) = node.text().filter(|text| text.contains("${") && wanted(path)) else { return };
        let mut report = |code: &str, message: String, help: &str| {
            let mut diagnostic = Diagnostic::error(code, message).help(help);
            diagnostic.span = sources.span(node.at);
            findings.push(diagnostic);
        };
        if path.last().is_some_and(|key| key == "id") {
            report("GE0123", "an id may not hold a variable".to_owned(), "write the id itself");
            return;
        }
        match fill(text, variables) {
            Ok(result) => {
                filled.push(pointer(path));
                node.data = super::yaml::Data::Text(result);
            }
            Err(problems) => problems.into_iter().for_each(|problem| match problem {
                Problem::NoEnv(name) => {
                    report(
                        "GE0121",
                        format!("the environment variable `{name}` is not set"),
                        "set it, or write the value",
                    );
                }
                Problem::NoVar(name) => {
                    let message = format!("the variable `{name}` has no value");
                    report("GE0121", message, "give it under `vars:` or with `--var name=value`");
                }
                Problem::Malformed(text) => {
                    let help = "write `${env:NAME}` or `${var:name}`; `$${` stands for the characters themselves";
                    report("GE0122", format!("`{text}` is not a variable"), help);
                }
            }),
        }
    });
    (filled, findings)
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1"))).collect()
}

enum Problem {
    NoEnv(String),
    NoVar(String),
    Malformed(String),
}

fn fill(text: &str, variables: &Variables<'_>) -> Result<String, Vec<Problem>> {
    let mut out = String::new();
    let mut problems = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at - 1]);
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('}') else {
            problems.push(Problem::Malformed(rest[at..].chars().take(30).collect()));
            rest = "";
            break;
        };
        let inner = &rest[at + 2..at + end];
        let value = match inner.split_once(':') {
            Some(("env", name)) if !name.is_empty() => {
                (variables.environment)(name).ok_or_else(|| Problem::NoEnv(name.to_owned()))
            }
            Some(("var", name)) if !name.is_empty() => {
                variables.vars.get(name).cloned().ok_or_else(|| Problem::NoVar(name.to_owned()))
            }
            _ => Err(Problem::Malformed(format!("${{{inner}}}"))),
        };
        match value {
            Ok(value) => out.push_str(&value),
            Err(problem) => problems.push(problem),
        }
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}
