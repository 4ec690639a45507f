//! Changes written into an existing `space.yaml`: comments, order and every byte outside the
//! touched elements stay.

mod layout;
mod sync;

use super::space::{SIDECAR, ordered_document, space_from_yaml, space_to_yaml};
use super::yaml::{Node, Source, Sources, parse_yaml};
use crate::model::{Change, Diagnostic, Sidecar, Space};
use layout::{Edit, Layout};
use serde_json::{Map, Value};

/// A file's text with changes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    pub extent: Extent,
}

/// How much of the file was written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Only what the changes touch.
    Minimal,
    /// These top-level elements as a whole, so comments inside them are gone.
    Elements(Vec<String>),
    /// Everything below the comments at the top of the file.
    File,
}

/// Why changes could not be written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WriteError {
    #[error("the file cannot be read: {}", .0.first().map_or("", |finding| &finding.message))]
    Unreadable(Vec<Diagnostic>),
    #[error(
        "line {0} repeats a value with an alias (`*name`), so one edit would change several places; write the value out first"
    )]
    Alias(usize),
    #[error("the changed file would not say what was intended")]
    Mismatch,
}

/// Writes `changes` into the text of a `space.yaml`. `intended` is the space with the changes
/// applied; the written text is read back and must say the same.
pub fn write_changes(yaml: &str, changes: &[Change], intended: &Space) -> Result<Written, WriteError> {
    let mut sources = Sources::default();
    let file = sources.add("space.yaml", yaml);
    let (root, findings) = parse_yaml(&sources, file);
    let (Some(root), Some(source)) = (root, sources.get(file)) else { return Err(WriteError::Unreadable(findings)) };
    if findings.iter().any(Diagnostic::is_error) {
        return Err(WriteError::Unreadable(findings));
    }
    if let Some(alias) = find_alias(&root) {
        return Err(WriteError::Alias(source.line_of(alias.at.start) + 1));
    }
    let (current, _) = space_from_yaml(yaml, "space.yaml").map_err(WriteError::Unreadable)?;
    let target = Target::new(&current, changes, intended);
    if target.is_met_by(&current) {
        return Ok(Written { text: yaml.to_owned(), extent: Extent::Minimal });
    }
    let layout = Layout::new(source);
    let minimal = sync::edits(&layout, &root, &target.root, changes).and_then(|edits| layout.apply(edits));
    if let Some(text) = minimal.filter(|text| target.is_met_by_text(text)) {
        return Ok(Written { text, extent: Extent::Minimal });
    }
    let (elements, edits) = element_edits(&layout, &root, &target, changes);
    if let Some(text) = edits.and_then(|edits| layout.apply(edits)).filter(|text| target.is_met_by_text(text)) {
        return Ok(Written { text, extent: Extent::Elements(elements) });
    }
    let text = target.whole_file(source);
    match target.is_met_by_text(&text) {
        true => Ok(Written { text, extent: Extent::File }),
        false => Err(WriteError::Mismatch),
    }
}

/// What the file should say.
struct Target {
    space: Space,
    /// The top level of the human form.
    root: Map<String, Value>,
}

impl Target {
    /// The intended space; fields beside the document that no change names stay as the file has
    /// them, variables and all.
    fn new(current: &Space, changes: &[Change], intended: &Space) -> Self {
        let named = |field: &str| changes.iter().any(|change| change.address.segments() == ["space", field]);
        let pick = |field: &str, old: &str, new: &str| if named(field) { new.to_owned() } else { old.to_owned() };
        let (old, new) = (&current.sidecar, &intended.sidecar);
        let sidecar = Sidecar {
            title: pick("title", &old.title, &new.title),
            description: pick("description", &old.description, &new.description),
            warehouse_id: pick("warehouse_id", &old.warehouse_id, &new.warehouse_id),
            parent_path: pick("parent_path", &old.parent_path, &new.parent_path),
        };
        let mut root = Map::new();
        let texts = [&sidecar.title, &sidecar.description, &sidecar.warehouse_id, &sidecar.parent_path];
        for (key, text) in SIDECAR.into_iter().zip(texts).filter(|(_, text)| !text.is_empty()) {
            root.insert(key.to_owned(), Value::String(text.clone()));
        }
        let space = intended.clone().with_sidecar(sidecar);
        root.extend(ordered_document(&space));
        Self { space, root }
    }

    fn is_met_by(&self, space: &Space) -> bool {
        space.sidecar == self.space.sidecar && space.canonical() == self.space.canonical()
    }

    fn is_met_by_text(&self, text: &str) -> bool {
        space_from_yaml(text, "space.yaml").is_ok_and(|(space, findings)| {
            let broken = findings.iter().any(|finding| finding.code.starts_with("GE01"));
            !broken && self.is_met_by(&space)
        })
    }

    /// The whole file anew, below the comments that it starts with.
    fn whole_file(&self, source: &Source) -> String {
        let is_head = |line: &&str| line.trim().is_empty() || line.starts_with('#');
        let head: String = source.text.split_inclusive('\n').take_while(is_head).collect();
        let fresh = space_to_yaml(&self.space);
        match head.is_empty() {
            true => fresh,
            false => format!("{head}{}", fresh.split_once('\n').map_or("", |(_, rest)| rest)),
        }
    }
}

fn find_alias(node: &Node) -> Option<&Node> {
    if node.alias {
        return Some(node);
    }
    let children = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    children.filter_map(find_alias).next()
}

/// Edits that write each touched top-level element anew.
fn element_edits(
    layout: &Layout<'_>,
    root: &Node,
    target: &Target,
    changes: &[Change],
) -> (Vec<String>, Option<Vec<Edit>>) {
    let mut elements: Vec<String> = Vec::new();
    for change in changes {
        let name = match change.address.segments() {
            [first, field, ..] if first == "space" => field,
            [first, ..] => first,
            [] => continue,
        };
        if !elements.contains(name) {
            elements.push(name.clone());
        }
    }
    let mut edits = Vec::new();
    for name in &elements {
        let edit = match (root.entry(name), target.root.get(name)) {
            (Some(entry), Some(value)) => {
                let emitter = sync::emitter(SIDECAR.contains(&name.as_str()));
                layout.replace_block(entry, &emitter.after_key(name, value, "", 0), None)
            }
            (Some(_), None) => layout.remove_entry(root, name),
            (None, Some(value)) => sync::insert_entry(layout, root, name, value, ""),
            (None, None) => continue,
        };
        match edit {
            Some(edit) => edits.push(edit),
            None => return (elements, None),
        }
    }
    (elements, Some(edits))
}

#[cfg(test)]
mod tests;
