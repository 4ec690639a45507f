//! `space.yaml` → [`Space`].

use super::super::check::{SPACE, check_schema};
use super::super::yaml::{Data, Node, Sources, parse_json, parse_yaml};
use super::{check_rules, write::SIDECAR};
use crate::model::{Diagnostic, Sidecar, Space, SpaceError, is_text_field, split_lines};
use serde_json::{Map, Value};

/// Key for document fields that share their name with a field beside the document.
pub(in super::super) const OVERFLOW: &str = "document";

/// Reads the human form of a space. `file` is the name used in diagnostics.
///
/// A space comes back whenever there is one to speak of, with everything that the service would
/// refuse or that looks like a slip as diagnostics; fields this version does not know are kept
/// and named in a warning. Only a text that is no space at all is an `Err`.
pub fn space_from_yaml(text: &str, file: &str) -> Result<(Space, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let id = sources.add(file, text);
    let (root, mut findings) =
        if file.ends_with(".json") { parse_json(&sources, id) } else { parse_yaml(&sources, id) };
    let Some(root) = root else { return Err(findings) };
    match read_space(&root, &sources) {
        Ok((space, more)) => {
            findings.extend(more);
            Ok((space, findings))
        }
        Err(more) => {
            findings.extend(more);
            Err(findings)
        }
    }
}

/// Reads a parsed space and checks it: shape first, then the service's rules.
pub(in super::super) fn read_space(
    root: &Node,
    sources: &Sources,
) -> Result<(Space, Vec<Diagnostic>), Vec<Diagnostic>> {
    let Data::Map(_) = &root.data else {
        let message = format!("a space is a group of keys such as `data_sources:`, not {}", root.kind());
        return Err(vec![at(Diagnostic::error("GE0301", message), root, sources)]);
    };
    let mut findings = Vec::new();
    let sidecar = sidecar(root, sources, &mut findings);
    match Space::from_document(document_of(root)) {
        Ok(space) => {
            let space = space.with_sidecar(sidecar);
            findings.extend(check_schema(&SPACE, root, sources));
            findings.extend(check_rules(&space, root, sources));
            Ok((space, findings))
        }
        Err(error) => {
            let node = root.get("version").unwrap_or(root);
            let code = if matches!(error, SpaceError::Version(_)) { "GE0304" } else { "GE0301" };
            findings.push(at(Diagnostic::error(code, error.to_string()), node, sources));
            Err(findings)
        }
    }
}

fn at(diagnostic: Diagnostic, node: &Node, sources: &Sources) -> Diagnostic {
    match sources.span(node.at) {
        Some(span) => diagnostic.at(span),
        None => diagnostic,
    }
}

fn sidecar(root: &Node, sources: &Sources, findings: &mut Vec<Diagnostic>) -> Sidecar {
    let mut field = |name: &str| match root.get(name) {
        Some(node) => match (&node.data, node.text()) {
            (_, Some(text)) => text.to_owned(),
            // Unquoted digits are still the id that was meant.
            (Data::Number(number), _) => number.to_string(),
            (Data::Null, _) => String::new(),
            _ => {
                let message = format!("`{name}` must be a text, not {}", node.kind());
                findings.push(at(Diagnostic::error("GE0303", message), node, sources));
                String::new()
            }
        },
        None => String::new(),
    };
    let [title, description, warehouse_id, parent_path] = SIDECAR.map(&mut field);
    Sidecar { title, description, warehouse_id, parent_path }
}

/// The `serialized_space` document behind the human form.
fn document_of(root: &Node) -> Value {
    let mut document = Map::new();
    for entry in root.entries() {
        match entry.key.as_str() {
            OVERFLOW if matches!(entry.value.data, Data::Map(_)) => {
                if let Value::Object(map) = value_of(&entry.value, "") {
                    document.extend(map);
                }
            }
            key if SIDECAR.contains(&key) => {}
            key => {
                document.insert(key.to_owned(), field_of(&entry.value, "", key));
            }
        }
    }
    Value::Object(document)
}

/// The wire form of the field `key` of an element of `list`.
pub(in super::super) fn field_of(node: &Node, list: &str, key: &str) -> Value {
    match node.text() {
        Some(text) if is_text_field(list, key) && !node.tagged_text => {
            Value::Array(split_lines(text).into_iter().map(Value::String).collect())
        }
        _ => value_of(node, key),
    }
}

fn value_of(node: &Node, list: &str) -> Value {
    match &node.data {
        Data::Map(entries) => Value::Object(Map::from_iter(
            entries.iter().map(|entry| (entry.key.clone(), field_of(&entry.value, list, &entry.key))),
        )),
        Data::List(items) => Value::Array(items.iter().map(|item| value_of(item, list)).collect()),
        _ => node.to_json(),
    }
}
