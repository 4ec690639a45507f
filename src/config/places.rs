//! Where the elements of a space stand in `space.yaml`, for annotations.

use super::yaml::{Data, Node, Source, Sources, parse_yaml};
use crate::model::Address;
use std::collections::BTreeMap;

/// The line of every key and element, by its address; nothing of a text that is not YAML.
pub fn space_lines(yaml: &str) -> BTreeMap<Address, usize> {
    let mut sources = Sources::default();
    let file = sources.add("space.yaml", yaml);
    let (root, _) = parse_yaml(&sources, file);
    let mut lines = BTreeMap::new();
    if let (Some(root), Some(source)) = (root, sources.get(file)) {
        for entry in root.entries() {
            lines.insert(Address::sidecar(&entry.key), source.line_of(entry.key_at.start) + 1);
        }
        walk(&root, &mut Vec::new(), source, &mut lines);
    }
    lines
}

fn walk(node: &Node, path: &mut Vec<String>, source: &Source, lines: &mut BTreeMap<Address, usize>) {
    let children: Vec<(String, usize, &Node)> = match &node.data {
        Data::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), entry.key_at.start, &entry.value)).collect()
        }
        Data::List(items) => items.iter().filter_map(|item| Some((natural_key(item)?, item.at.start, item))).collect(),
        _ => Vec::new(),
    };
    for (key, start, child) in children {
        path.push(key);
        lines.entry(Address::from_segments(path.iter().cloned())).or_insert(source.line_of(start) + 1);
        walk(child, path, source, lines);
        path.pop();
    }
}

/// What an element of a list is known by.
fn natural_key(item: &Node) -> Option<String> {
    let named = ["identifier", "column_name", "id"].iter().find_map(|key| item.get(key)?.text());
    named.or(item.text()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_what_they_are_known_by() {
        let yaml = "title: T\nversion: 2\ndata_sources:\n  tables:\n    # ours\n    - identifier: a.b.c\n      \
                    column_configs:\n        - column_name: x\n          synonyms: [one, 둘]\ninstructions:\n  \
                    join_specs:\n    - id: '01'\n      sql: [x]\n";
        let lines = space_lines(yaml);
        let line = |address: Address| lines.get(&address).copied();
        assert_eq!(line(Address::table("a.b.c")), Some(6));
        assert_eq!(line(Address::synonym("a.b.c", "x", "둘")), Some(9));
        assert_eq!(line(Address::instruction("join_specs", "01")), Some(12));
        assert_eq!(line(Address::sidecar("title")), Some(1));
        assert!(space_lines(": [").is_empty());
    }
}
