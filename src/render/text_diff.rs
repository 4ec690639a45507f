//! The difference of two texts as rows for people: unchanged lines folded, changed words marked.

use similar::{Algorithm, ChangeTag, InlineChangeOptions, TextDiff};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Same,
    Added,
    Removed,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub text: String,
    /// The words that differ.
    pub strong: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Line(Side, Vec<Segment>),
    /// So many unchanged lines.
    Fold(usize),
}

/// Above this size, words are not compared: the cost grows with the square.
const MAX_WORDS_BYTES: usize = 20_000;

/// Rows of the difference; `context` unchanged lines are kept around each change, or all.
pub(super) fn rows(before: Option<&str>, after: Option<&str>, context: Option<usize>) -> Vec<Row> {
    let (Some(before), Some(after)) = (before, after) else {
        let side = if before.is_some() { Side::Removed } else { Side::Added };
        let text = before.or(after).unwrap_or_default();
        return text.lines().map(|line| Row::Line(side, vec![plain(line)])).collect();
    };
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(before, after);
    let mut options = InlineChangeOptions::new();
    options.semantic_cleanup(true).min_ratio(if before.len() + after.len() > MAX_WORDS_BYTES { 2.0 } else { 0.4 });
    let mut rows = Vec::new();
    for op in diff.ops() {
        // No deadline: the same two texts always give the same rows.
        for change in diff.iter_inline_changes_with_options_deadline(op, options, None) {
            let side = match change.tag() {
                ChangeTag::Equal => Side::Same,
                ChangeTag::Delete => Side::Removed,
                ChangeTag::Insert => Side::Added,
            };
            let segments = change.values().iter().map(|(strong, text)| Segment {
                text: text.trim_end_matches(['\n', '\r']).to_owned(),
                strong: *strong && side != Side::Same,
            });
            rows.push(Row::Line(side, segments.filter(|segment| !segment.text.is_empty()).collect()));
        }
    }
    match context {
        Some(context) => fold(rows, context),
        None => rows,
    }
}

fn plain(text: &str) -> Segment {
    Segment { text: text.to_owned(), strong: false }
}

/// Folds runs of unchanged lines that are away from any change. One line alone is not folded:
/// the fold would be as long.
fn fold(rows: Vec<Row>, context: usize) -> Vec<Row> {
    let changed = |row: &Row| !matches!(row, Row::Line(Side::Same, _));
    let keep: Vec<bool> = (0..rows.len())
        .map(|at| rows[at.saturating_sub(context)..(at + context + 1).min(rows.len())].iter().any(changed))
        .collect();
    let mut folded = Vec::new();
    let mut hidden: Vec<Row> = Vec::new();
    let flush = |folded: &mut Vec<Row>, hidden: &mut Vec<Row>| match hidden.len() {
        0 | 1 => folded.append(hidden),
        many => {
            hidden.clear();
            folded.push(Row::Fold(many));
        }
    };
    for (row, keep) in rows.into_iter().zip(keep) {
        if keep {
            flush(&mut folded, &mut hidden);
            folded.push(row);
        } else {
            hidden.push(row);
        }
    }
    flush(&mut folded, &mut hidden);
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unchanged_lines_are_folded_and_words_marked() {
        let before: String = (0..20).map(|n| format!("- line {n}\n")).collect();
        let after = before.replace("line 10\n", "line ten\n");
        let rows = rows(Some(&before), Some(&after), Some(2));
        assert_eq!((rows.first(), rows.last()), (Some(&Row::Fold(8)), Some(&Row::Fold(7))));
        let added = rows.iter().find(|row| matches!(row, Row::Line(Side::Added, _)));
        let Some(Row::Line(_, segments)) = added else { panic!("no added line") };
        let strong: Vec<&str> = segments.iter().filter(|s| s.strong).map(|s| s.text.as_str()).collect();
        assert_eq!(strong, ["ten"]);
    }
}
