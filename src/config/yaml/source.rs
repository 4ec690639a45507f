//! The texts that were read, and places in them for people.

use super::node::Place;
use crate::model::SourceSpan;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Longest excerpt of a line in a diagnostic, in characters.
const EXCERPT: usize = 200;

/// One text with the name it goes by in messages.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
    /// Byte offset of each line's first character.
    lines: Vec<usize>,
}

/// All texts of one reading; a [`Place`] names its text by position here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    pub(crate) fn add(&mut self, file: &str, text: &str) -> usize {
        self.0.push(Source::new(file, text));
        self.0.len() - 1
    }

    pub(crate) fn get(&self, file: usize) -> Option<&Source> {
        self.0.get(file)
    }

    pub(crate) fn span(&self, place: Place) -> Option<SourceSpan> {
        self.get(place.file).map(|source| source.span(place.start..place.end))
    }
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { file: file.to_owned(), text: text.to_owned(), lines: std::iter::once(0).chain(starts).collect() }
    }

    /// Line number from 0 of the byte at `offset`.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Offset of the first byte of the line that holds `offset`.
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        self.lines[self.line_of(offset)]
    }

    /// Offset of the line's end, before its `\n` or `\r\n`.
    pub(crate) fn line_end(&self, offset: usize) -> usize {
        let line = self.line_of(offset);
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let start = self.lines[line];
        start + self.text[start..end].trim_end_matches('\r').len()
    }

    /// The place of some bytes. A span over several lines is cut at the end of its first line.
    pub(crate) fn span(&self, bytes: Range<usize>) -> SourceSpan {
        let start = floor_boundary(&self.text, bytes.start);
        let (line_start, line_end) = (self.line_start(start), self.line_end(start));
        let line = self.text[line_start..line_end].trim_start_matches('\u{feff}');
        let skipped = line_end - line_start - line.len();
        let before = self.text[(line_start + skipped).min(start)..start.max(line_start)].chars().count();
        let end = floor_boundary(&self.text, bytes.end).clamp(start, line_end.max(start));
        let length = self.text[start..end].trim_end().chars().count().max(1);
        SourceSpan {
            file: self.file.clone(),
            line: self.line_of(start) + 1,
            column: before + 1,
            length: length.min(EXCERPT),
            text: excerpt(line, before),
        }
    }
}

/// The line, or for a long one the characters around `column` (from 0), with `…` at each end
/// that was cut. The excerpt of a long line starts half its length before the column.
fn excerpt(line: &str, column: usize) -> String {
    if line.len() <= EXCERPT || line.chars().count() <= EXCERPT {
        return line.to_owned();
    }
    let from = column.saturating_sub(EXCERPT / 2);
    let mut rest = line.chars().skip(from);
    let text: String = rest.by_ref().take(EXCERPT).collect();
    let head = if from > 0 { "…" } else { "" };
    let tail = if rest.next().is_some() { "…" } else { "" };
    format!("{head}{text}{tail}")
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// A line that ends in the header of a block, such as `key: |2-  # why`.
static BLOCK_HEADER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s:-])([|>](?:[1-9][+-]?|[+-][1-9]?)?)[ \t]*(#.*)?$").ok());

/// The header of the block whose content starts at `start`: its offset, and where it ends. None
/// if what stands there is no block.
pub(crate) fn block_header(text: &str, start: usize) -> Option<Range<usize>> {
    let before = text.get(..start)?;
    let line_start = before.rfind('\n')? + 1;
    if !before[line_start..].trim().is_empty() {
        return None;
    }
    let above = before[..line_start].trim_end();
    let header_start = above.rfind('\n').map_or(0, |at| at + 1);
    let found = BLOCK_HEADER.as_ref()?.captures(&above[header_start..])?.get(1)?;
    Some(header_start + found.start()..header_start + found.end())
}
