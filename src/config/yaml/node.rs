//! The tree of a YAML or JSON text.

use serde_json::{Map, Number, Value};

/// Bytes of a text; `file` is the text's position among the [`Sources`](super::Sources).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) start: usize,
    /// Exclusive. Of a block collection: where the next thing starts, so blank lines and comments
    /// after it may be inside.
    pub(crate) end: usize,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Place,
    pub(crate) data: Data,
    /// Tagged `!!str`: in a space, a text that stays one string instead of a list of lines.
    pub(crate) tagged_text: bool,
    /// An alias (`*name`): a copy of what stands elsewhere.
    pub(crate) alias: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Place,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn new(at: Place, data: Data) -> Self {
        Self { at, data, tagged_text: false, alias: false }
    }

    /// The tree of a JSON value, every node at the same place.
    pub(crate) fn from_json(value: &Value, at: Place) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(flag) => Data::Bool(*flag),
            Value::Number(number) => Data::Number(number.clone()),
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(items) => Data::List(items.iter().map(|item| Self::from_json(item, at)).collect()),
            Value::Object(map) => Data::Map(
                map.iter()
                    .map(|(key, value)| Entry { key: key.clone(), key_at: at, value: Self::from_json(value, at) })
                    .collect(),
            ),
        };
        Self::new(at, data)
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(flag) => Value::Bool(*flag),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Data::Map(entries) => {
                Value::Object(Map::from_iter(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()))))
            }
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The node that a JSON pointer leads to, or the deepest one on the way.
    pub(crate) fn nearest(&self, pointer: &str) -> &Self {
        let mut current = self;
        for segment in pointer.split('/').skip(1) {
            let name = segment.replace("~1", "/").replace("~0", "~");
            let next = match &current.data {
                Data::Map(_) => current.get(&name),
                Data::List(items) => name.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            match next {
                Some(next) => current = next,
                None => break,
            }
        }
        current
    }

    /// Calls `visit` on every scalar text of the tree.
    pub(crate) fn each_text(&mut self, path: &mut Vec<String>, visit: &mut dyn FnMut(&[String], &mut Node)) {
        match &mut self.data {
            Data::Text(_) => visit(path, self),
            Data::List(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    path.push(at.to_string());
                    item.each_text(path, visit);
                    path.pop();
                }
            }
            Data::Map(entries) => {
                for entry in entries {
                    path.push(entry.key.clone());
                    entry.value.each_text(path, visit);
                    path.pop();
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    /// What people call this kind of value.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a group of keys",
        }
    }
}
