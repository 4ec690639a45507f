//! The values of a project as they are meant, each with where it comes from.

use super::load::{Loader, Overrides};
use super::yaml::Node;
use crate::model::{Diagnostic, SourceSpan};
use serde_json::Value;
use std::path::Path;

/// Who has said a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    File(SourceSpan),
    CommandLine,
    /// Nobody: it is the default.
    Default,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// `scoring.genie.concurrency`.
    pub key: String,
    pub value: Value,
    pub origin: Origin,
    /// As it is written, where a variable stands in it.
    pub written: Option<String>,
}

/// All values of a project, the defaults among them, in the order of the schema.
pub fn shown(
    path: &Path,
    overrides: &Overrides,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Shown>, Vec<Diagnostic>> {
    let mut loader = Loader::default();
    let Some((raw, _, typed)) = loader.typed_project(path, overrides, environment) else {
        return Err(loader.findings);
    };
    if loader.findings.iter().any(Diagnostic::is_error) {
        return Err(loader.findings);
    }
    let mut values = Vec::new();
    let json = serde_json::to_value(&typed).unwrap_or_default();
    leaves(&json, &mut Vec::new(), &mut |path, value| {
        let node = path.iter().try_fold(&raw, |node, key| node.get(key));
        let origin = match node.and_then(|node| loader.sources.span(node.at)) {
            Some(span) => Origin::File(span),
            None => Origin::Default,
        };
        let written = node.and_then(with_variables);
        values.push(Shown { key: path.join("."), value: value.clone(), origin, written });
    });
    said_on_the_command_line(&mut values, overrides);
    Ok(values)
}

fn said_on_the_command_line(values: &mut Vec<Shown>, overrides: &Overrides) {
    let mut say = |key: String, value: Value| {
        let said = Shown { key, value, origin: Origin::CommandLine, written: None };
        match values.iter_mut().find(|shown| shown.key == said.key) {
            Some(shown) => *shown = said,
            None => values.push(said),
        }
    };
    if !overrides.benchmarks.is_empty() {
        let files: Vec<String> = overrides.benchmarks.iter().map(|path| path.display().to_string()).collect();
        say("benchmarks".to_owned(), files.into());
    }
    for (name, value) in &overrides.vars {
        say(format!("vars.{name}"), value.as_str().into());
    }
}

/// Calls `visit` on everything that is no group of keys; nothing is said where a value is null.
fn leaves(value: &Value, path: &mut Vec<String>, visit: &mut dyn FnMut(&[String], &Value)) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, inner) in map {
                path.push(key.clone());
                leaves(inner, path, visit);
                path.pop();
            }
        }
        other => visit(path, other),
    }
}

fn with_variables(node: &Node) -> Option<String> {
    let texts = node.text().into_iter().chain(node.items().iter().filter_map(Node::text));
    let written: Vec<&str> = texts.filter(|text| text.contains("${")).collect();
    (!written.is_empty()).then(|| written.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_says_where_it_comes_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write("genie.yaml", "version: 1\nworkspace:\n  warehouse_id: ${env:W}\ntarget: {score: 0.8}\nvars: {a: x}\n");
        write("genie.prod.yaml", "target:\n  score: 0.9\n");
        let overrides = Overrides {
            environment: Some("prod".to_owned()),
            vars: [("a".to_owned(), "y".to_owned())].into(),
            ..Overrides::default()
        };
        let values = shown(&folder.path().join("genie.yaml"), &overrides, &|_| Some("w1".to_owned())).expect("reads");
        let of = |key: &str| values.iter().find(|shown| shown.key == key).expect("is there");
        let place = |key: &str| match &of(key).origin {
            Origin::File(span) => {
                format!("{}:{}", Path::new(&span.file).file_name().expect("a name").to_string_lossy(), span.line)
            }
            other => format!("{other:?}"),
        };
        assert_eq!((place("target.score").as_str(), &of("target.score").value), ("genie.prod.yaml:2", &0.9.into()));
        assert_eq!(place("target.rounds"), "Default");
        assert_eq!(place("vars.a"), "CommandLine");
        let warehouse = of("workspace.warehouse_id");
        assert_eq!((&warehouse.value, warehouse.written.as_deref()), (&"w1".into(), Some("${env:W}")));
    }
}
