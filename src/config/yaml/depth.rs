//! A bound on nesting, taken before the parser runs: the parser calls itself for each level and
//! would end the process on a text made to nest without end.

/// Deepest nesting that is read. Real files stay below 12.
pub(super) const LIMIT: usize = 200;

/// The number (from 0) of the first line that may nest deeper than [`LIMIT`] block levels.
/// Counted are open indentations and the dashes at the start of a line.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let content = line.trim_start_matches(' ');
        if content.trim().is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - content.len();
        while open.last().is_some_and(|last| *last >= indent) {
            open.pop();
        }
        open.push(indent);
        if open.len() + markers(content) > LIMIT {
            return Some(number);
        }
    }
    None
}

/// How many `- `, `? ` or `: ` markers stand at the start of a line.
fn markers(content: &str) -> usize {
    let mut rest = content;
    let mut count = 0;
    while let Some(next) = rest.strip_prefix(['-', '?', ':']).filter(|next| next.starts_with([' ', '\t'])) {
        count += 1;
        rest = next.trim_start_matches([' ', '\t']);
    }
    count
}
