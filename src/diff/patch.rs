//! Applying changes to a space.

use super::locate::{ListKey, list_key, position, value_at};
use super::text_lines;
use crate::model::{Address, Change, Space, joined_text, split_lines};
use serde_json::{Map, Value, json};

/// Why a change does not fit a space.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PatchError {
    #[error("{address} has changed since: expected {expected}, found {found}")]
    Conflict { address: Address, expected: String, found: String },
    #[error("{0} leads through a value that is not a list or an object")]
    NotAContainer(Address),
    #[error("{0} is not an address that can be written")]
    NotWritable(Address),
}

/// The space with all changes applied, in order, or the first reason why not.
pub fn apply_all<'a>(space: &Space, changes: impl IntoIterator<Item = &'a Change>) -> Result<Space, PatchError> {
    let mut result = space.clone();
    for change in changes {
        apply(&mut result, change)?;
    }
    Ok(result)
}

/// Applies one change in place. What stands there must be the change's *before*; two values
/// that differ only in how a text is split into lines are the same.
pub fn apply(space: &mut Space, change: &Change) -> Result<(), PatchError> {
    space.migrate();
    let address = &change.address;
    if fits(space, address, change.before.as_ref()) == Fit::Not {
        let found = value_at(space, address);
        let describe = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        return Err(PatchError::Conflict {
            address: address.clone(),
            expected: describe(change.before.as_ref()),
            found: describe(found.as_ref()),
        });
    }
    let segments = address.segments();
    if segments.first().map(String::as_str) == Some("space") {
        return set_sidecar(space, change);
    }
    if address.is_text_line() {
        return set_text_line(space, change);
    }
    if let Some(element) = within(address)
        && value_at(space, &element).is_none()
    {
        let expected = format!("an element {element}");
        return Err(PatchError::Conflict { address: address.clone(), expected, found: "nothing".to_owned() });
    }
    let document = space.document_mut();
    match &change.after {
        Some(value) => set(document, segments, value.clone()).ok_or_else(|| PatchError::NotAContainer(address.clone())),
        None => {
            remove(document, segments);
            Ok(())
        }
    }
}

/// How what stands at an address stands to what is expected there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The same, up to how a text is split into lines.
    Same,
    /// The same to Genie, in another form: migrated, reordered, without empty values.
    Alike,
    Not,
}

/// Compares what stands at `address` with `expected`; none is nothing.
pub fn fits(space: &Space, address: &Address, expected: Option<&Value>) -> Fit {
    if same(value_at(space, address).as_ref(), expected) {
        return Fit::Same;
    }
    if same_canonically(space, address, expected) { Fit::Alike } else { Fit::Not }
}

/// True if `change` is made, given the changes that were made with it: one of them may lie within
/// what it adds, such as a synonym of a new measure.
pub fn holds<'a>(space: &Space, change: &Change, all: impl IntoIterator<Item = &'a Change>) -> Fit {
    fits(space, &change.address, left_by(change, all).as_ref())
}

/// What a change leaves at its address once those within it are made as well.
fn left_by<'a>(change: &Change, all: impl IntoIterator<Item = &'a Change>) -> Option<Value> {
    let depth = change.address.segments().len();
    let is_within = |other: &&Change| other.address.segments().len() > depth && other.address.overlaps(&change.address);
    let within: Vec<&Change> = all.into_iter().filter(is_within).collect();
    let after = change.after.clone()?;
    if within.is_empty() {
        return Some(after);
    }
    let alone = Change::add(change.address.clone(), after.clone());
    let made = apply_all(&Space::empty(), std::iter::once(&alone).chain(within));
    made.map_or(Some(after), |space| value_at(&space, &change.address))
}

/// The instruction that an address lies within. A part of one cannot stand without it: half a
/// snippet is none.
fn within(address: &Address) -> Option<Address> {
    let segments = address.segments();
    let depth = match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["instructions", "sql_snippets", _, _, _, ..] => 4,
        ["instructions", "example_question_sqls" | "join_specs" | "sql_functions", _, _, ..] => 3,
        _ => return None,
    };
    Some(Address::from_segments(&segments[..depth]))
}

fn same(found: Option<&Value>, expected: Option<&Value>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => canonical_part(found) == canonical_part(expected),
        (None, None) => true,
        _ => false,
    }
}

/// The slow way to compare, for a value whose form differs more than in its line splits: both
/// sides stand in a whole document, whose canonical form decides.
fn same_canonically(space: &Space, address: &Address, expected: Option<&Value>) -> bool {
    let canonical = |space: &Space| -> Option<Space> {
        Some(Space::from_document(space.canonical()).ok()?.with_sidecar(space.sidecar.clone()))
    };
    let Some(found) = canonical(space) else { return false };
    let found = value_at(&found, address);
    if same(found.as_ref(), expected) {
        return true;
    }
    // The expected value in canonical form, in its place.
    let mut other = space.clone();
    other.migrate();
    let Some(expected) = expected else { return false };
    let beside = address.segments().first().is_some_and(|first| first == "space");
    if beside || address.is_text_line() || set(other.document_mut(), address.segments(), expected.clone()).is_none() {
        return false;
    }
    canonical(&other).is_some_and(|other| same(found.as_ref(), value_at(&other, address).as_ref()))
}

/// Normalises line splits at any depth. A list of strings and its joined text are one value
/// only if the list reads as lines, so that `synonyms` stay a list.
fn canonical_part(value: &Value) -> Value {
    match value {
        Value::Array(items) => match joined_text(value) {
            Some(text) if reads_as_lines(items) => json!(text),
            _ => Value::Array(items.iter().map(canonical_part).collect()),
        },
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), canonical_part(&map[key]))).collect())
        }
        other => other.clone(),
    }
}

fn reads_as_lines(items: &[Value]) -> bool {
    let (last, rest) = match items.split_last() {
        Some(parts) => parts,
        None => return false,
    };
    rest.iter().all(|item| item.as_str().is_some_and(|text| text.ends_with('\n'))) && last.is_string()
}

fn set_sidecar(space: &mut Space, change: &Change) -> Result<(), PatchError> {
    let text = change.after.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let sidecar = &mut space.sidecar;
    match change.address.last() {
        "title" => sidecar.title = text,
        "description" => sidecar.description = text,
        "warehouse_id" => sidecar.warehouse_id = text,
        "parent_path" => sidecar.parent_path = text,
        _ => return Err(PatchError::NotWritable(change.address.clone())),
    }
    Ok(())
}

fn set_text_line(space: &mut Space, change: &Change) -> Result<(), PatchError> {
    let segments = change.address.segments();
    let content = Address::from_segments(&segments[..4]);
    let text = value_at(space, &content).and_then(|value| joined_text(&value)).unwrap_or_default();
    let (section, line) = (&segments[4], &segments[5]);
    let edited = match &change.after {
        Some(_) => text_lines::insert(&text, section, line),
        None => text_lines::remove(&text, section, line).unwrap_or(text),
    };
    let document = space.document_mut();
    if edited.is_empty() {
        remove(document, &segments[..3]);
        return Ok(());
    }
    set(document, &segments[..4], json!(split_lines(&edited))).ok_or(PatchError::NotAContainer(content))
}

/// Sets a value, making the containers on the way. None if the way is blocked by a scalar.
fn set(document: &mut Value, segments: &[String], value: Value) -> Option<()> {
    let (last, way) = segments.split_last()?;
    let mut current = document;
    let mut list_name = "";
    for segment in way {
        current = step_into(current, list_name, segment)?;
        list_name = segment;
    }
    match current {
        Value::Object(map) => {
            map.insert(last.clone(), value);
        }
        Value::Array(items) => {
            let key = list_key(list_name)?;
            match position(items, &key, last) {
                Some(at) => items[at] = value,
                None => items.push(value),
            }
        }
        _ => return None,
    }
    Some(())
}

fn step_into<'a>(current: &'a mut Value, list_name: &str, segment: &str) -> Option<&'a mut Value> {
    match current {
        Value::Object(map) => {
            let fresh = if list_key(segment).is_some() { json!([]) } else { json!({}) };
            Some(map.entry(segment).or_insert(fresh))
        }
        Value::Array(items) => {
            let key = list_key(list_name)?;
            let at = match position(items, &key, segment) {
                Some(at) => at,
                None => {
                    let ListKey::Field(field) = key else { return None };
                    items.push(Value::Object(Map::from_iter([(field.to_owned(), json!(segment))])));
                    items.len() - 1
                }
            };
            items.get_mut(at)
        }
        _ => None,
    }
}

/// Removes what stands at the address, and then containers on the way that are empty or hold
/// nothing but their key. The keys `tables` entries are kept: a bare table is still a table.
fn remove(value: &mut Value, segments: &[String]) {
    remove_in(value, segments, "");
}

fn remove_in(value: &mut Value, segments: &[String], list_name: &str) {
    let Some((first, rest)) = segments.split_first() else { return };
    match value {
        Value::Object(map) => {
            if let Some(child) = map.get_mut(first) {
                remove_in(child, rest, first);
                if rest.is_empty() || is_empty(child) {
                    map.shift_remove(first);
                }
            }
        }
        Value::Array(items) => {
            let Some(key) = list_key(list_name) else { return };
            let Some(at) = position(items, &key, first) else { return };
            remove_in(&mut items[at], rest, first);
            let bare_column = list_name == "column_configs" && items[at].as_object().is_some_and(|map| map.len() == 1);
            if rest.is_empty() || bare_column {
                items.remove(at);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
