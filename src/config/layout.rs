//! One layout for declared files: line ends, trailing blanks, blank lines. Comments, order and
//! every value stay; the text is read again, and must say what it said.

use super::yaml::{Data, Node, Source, Sources, parse_yaml};
use crate::model::Diagnostic;
use std::collections::BTreeSet;

/// The text of a YAML file in the common layout; findings if it cannot be read.
pub fn laid_out(name: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
    let before = read(name, text)?;
    // Line ends first: offsets are then those of the text that is worked on.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut sources = Sources::default();
    let file = sources.add(name, &text);
    let (Some(root), _) = parse_yaml(&sources, file) else { return Ok(text) };
    let mut kept = BTreeSet::new();
    if let Some(source) = sources.get(file) {
        inside_texts(&root, source, &mut kept);
    }
    let mut lines: Vec<&str> = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        let line = if kept.contains(&at) { line } else { line.trim_end_matches([' ', '\t']) };
        let is_second_blank = line.is_empty() && lines.last().is_none_or(|last| last.trim().is_empty());
        if kept.contains(&at) || !is_second_blank {
            lines.push(line);
        }
    }
    let laid = format!("{}\n", lines.join("\n").trim_end_matches('\n'));
    // A text that ends in blank lines on purpose is the one thing that this could change.
    Ok(if read(name, &laid).is_ok_and(|after| after == before) { laid } else { text })
}

fn read(name: &str, text: &str) -> Result<serde_json::Value, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    match parse_yaml(&sources, file) {
        (Some(root), findings) if findings.is_empty() => Ok(root.to_json()),
        (_, findings) => Err(findings),
    }
}

/// Lines that belong to texts of several lines: their blanks are content.
fn inside_texts(node: &Node, source: &Source, kept: &mut BTreeSet<usize>) {
    if let Data::Text(text) = &node.data {
        let (first, last) = (source.line_of(node.at.start), source.line_of(node.at.end));
        if first < last || text.contains('\n') {
            kept.extend(first..=last);
        }
    }
    let children = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    children.for_each(|child| inside_texts(child, source, kept));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_keeps_comments_and_texts() {
        let text = "\u{feff}# head  \r\n\r\n\r\n\r\na:   1   # why\t\r\nb: |\r\n  one  \r\n\r\n\r\n  two\r\nc: [x]\r\n\r\n\r\n";
        let laid = laid_out("x.yaml", text).expect("reads");
        assert_eq!(laid, "# head\n\na:   1   # why\nb: |\n  one  \n\n\n  two\nc: [x]\n");
        assert_eq!(laid_out("x.yaml", &laid).as_deref(), Ok(laid.as_str()), "once is enough");
    }

    #[test]
    fn what_would_say_something_else_is_left() {
        let kept = "a: |+\n  x\n\n\n";
        assert_eq!(laid_out("x.yaml", kept).as_deref(), Ok(kept));
        assert!(laid_out("x.yaml", "a: [").is_err());
        for text in ["a: \"x\n\n\n  y  \"\n", "a: x\n\n\n  y\nb: 1\n", "- 'x\n  \n  y'\n"] {
            let laid = laid_out("x.yaml", text).expect("reads");
            assert_eq!(read("x", &laid), read("x", text), "{laid}");
        }
    }
}
