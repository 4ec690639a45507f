//! Where things stand in a YAML text, and the edits that put others there. Every function that
//! meets a form it does not know says none, and a larger part of the file is written anew.

use super::super::yaml::{Data, Entry, Node, Source, block_header, double_quoted, inline};
use serde_json::Value;

/// Bytes `start..end` are replaced by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

pub(super) struct Layout<'a> {
    source: &'a Source,
    text: &'a str,
    /// The file ends its lines with `\r\n`.
    crlf: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, text: &source.text, crlf: source.text.contains("\r\n") }
    }

    /// The text with all edits made; none if two of them overlap.
    pub(super) fn apply(&self, mut edits: Vec<Edit>) -> Option<String> {
        edits.sort_by_key(|edit| (edit.start, edit.end));
        let mut out = String::new();
        let mut at = 0;
        for edit in edits {
            if edit.start < at {
                return None;
            }
            out.push_str(self.text.get(at..edit.start)?);
            let text = if self.crlf { edit.text.replace('\n', "\r\n") } else { edit.text };
            out.push_str(&text);
            at = edit.end;
        }
        out.push_str(self.text.get(at..)?);
        Some(out)
    }

    /// True for `[…]` and `{…}`.
    pub(super) fn is_flow(&self, node: &Node) -> bool {
        let (open, close) = match node.data {
            Data::List(_) => ('[', ']'),
            Data::Map(_) => ('{', '}'),
            _ => return false,
        };
        let ends = self.text[node.at.end..].starts_with(close);
        ends && self.text[node.at.start..node.at.end].starts_with(open)
    }

    /// The end of what a node writes: after its last character, without line end or comment.
    pub(super) fn content_end(&self, node: &Node) -> usize {
        if self.is_flow(node) {
            return node.at.end + 1;
        }
        match &node.data {
            Data::List(items) => items.last().map_or(node.at.end, |item| self.content_end(item)),
            Data::Map(entries) => entries.last().map_or(node.at.end, |entry| self.entry_end(entry)),
            Data::Text(_) => match block_header(self.text, node.at.start) {
                Some(header) => self.block_end(node, self.text[header].contains('+')),
                None => node.at.end,
            },
            _ => node.at.end,
        }
    }

    /// The end of a block's last line; blank lines belong to it only if they are kept (`|+`).
    fn block_end(&self, node: &Node, keeps: bool) -> usize {
        let written = &self.text[node.at.start..node.at.end];
        let body = if keeps {
            written.trim_end_matches([' ', '\t'])
        } else {
            written.trim_end_matches([' ', '\t', '\r', '\n'])
        };
        // White space at the end of the last line is part of the text.
        let end = node.at.start + body.len();
        match keeps {
            true => node.at.start + body.strip_suffix('\n').unwrap_or(body).trim_end_matches('\r').len(),
            false => self.source.line_end(end),
        }
    }

    pub(super) fn entry_end(&self, entry: &Entry) -> usize {
        let colon = self.after_colon(entry).unwrap_or(entry.key_at.end);
        self.content_end(&entry.value).max(colon)
    }

    /// The offset behind the `:` of an entry.
    fn after_colon(&self, entry: &Entry) -> Option<usize> {
        let rest = &self.text[entry.key_at.end..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest[blank..].starts_with(':').then_some(entry.key_at.end + blank + 1)
    }

    /// The start of the line after `offset`, if nothing but a comment stands between.
    fn next_line(&self, offset: usize) -> Option<usize> {
        let end = self.source.line_end(offset);
        let rest = self.text.get(offset..end)?;
        is_comment(rest).then(|| (self.after_line_end(end)).min(self.text.len()))
    }

    fn after_line_end(&self, end: usize) -> usize {
        let rest = &self.text[end..];
        end + if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) }
    }

    /// Column of an offset, if the line holds only spaces and dashes before it.
    pub(super) fn indent(&self, offset: usize) -> Option<usize> {
        let before = &self.text[self.source.line_start(offset)..offset];
        before.chars().all(|c| c == ' ' || c == '-').then_some(before.len())
    }

    /// The offset of the dash before a list item.
    pub(super) fn dash(&self, item: &Node) -> Option<usize> {
        let start = block_header(self.text, item.at.start)
            .filter(|_| item.text().is_some())
            .map_or(item.at.start, |header| header.start);
        let before = self.text[..start].trim_end();
        (before.ends_with('-') && self.text[before.len()..start].matches('\n').count() <= 1).then(|| before.len() - 1)
    }

    /// Puts lines in after `offset`'s line.
    pub(super) fn insert_lines(&self, offset: usize, lines: &str) -> Option<Edit> {
        let at = self.next_line(offset)?;
        let ended = at == 0 || self.text[..at].ends_with('\n');
        let text = match ended {
            true => lines.to_owned(),
            false => format!("\n{}", lines.strip_suffix('\n').unwrap_or(lines)),
        };
        Some(Edit { start: at, end: at, text })
    }

    /// Puts lines in before the line of `offset`.
    pub(super) fn insert_before(&self, offset: usize, lines: &str) -> Option<Edit> {
        let at = self.source.line_start(offset);
        self.text[at..offset].trim().is_empty().then(|| Edit { start: at, end: at, text: lines.to_owned() })
    }

    fn remove_lines(&self, start: usize, end: usize) -> Option<Edit> {
        let line = self.source.line_start(start);
        if !self.text[line..start].trim().is_empty() {
            return None;
        }
        Some(Edit { start: line, end: self.next_line(end)?, text: String::new() })
    }

    /// Takes an entry out of a map.
    pub(super) fn remove_entry(&self, map: &Node, key: &str) -> Option<Edit> {
        let entries = map.entries();
        let at = entries.iter().position(|entry| entry.key == key)?;
        let (entry, end) = (&entries[at], self.entry_end(&entries[at]));
        if self.is_flow(map) {
            return match (at, entries.get(at + 1)) {
                (0, Some(next)) => Some(self.cut(entry.key_at.start, next.key_at.start)),
                (0, None) => Some(self.cut(entry.key_at.start, end)),
                _ => Some(self.cut(self.entry_end(&entries[at - 1]), end)),
            };
        }
        match self.remove_lines(entry.key_at.start, end) {
            Some(edit) => Some(edit),
            // The first key stands behind the dash: the next one moves up to it.
            None => {
                self.indent(entry.key_at.start)?;
                let next = entries.get(at + 1)?;
                Some(self.cut(entry.key_at.start, next.key_at.start))
            }
        }
    }

    fn cut(&self, start: usize, end: usize) -> Edit {
        Edit { start, end, text: String::new() }
    }

    /// Takes an item out of a list.
    pub(super) fn remove_item(&self, list: &Node, at: usize) -> Option<Edit> {
        let items = list.items();
        let end = self.content_end(items.get(at)?);
        if self.is_flow(list) {
            return match (at, items.get(at + 1)) {
                (0, Some(next)) => Some(self.cut(items[0].at.start, next.at.start)),
                (0, None) => Some(self.cut(items[0].at.start, end)),
                _ => Some(self.cut(self.content_end(&items[at - 1]), end)),
            };
        }
        self.remove_lines(self.dash(&items[at])?, end)
    }

    /// Puts another value behind a key in block style. `written` is what follows the colon, with
    /// its line end; `line` is the new text, if it is one that may take over the old one's quotes.
    pub(super) fn replace_block(&self, entry: &Entry, written: &str, line: Option<&Value>) -> Option<Edit> {
        let colon = self.after_colon(entry)?;
        let (old, end) = (&entry.value, self.entry_end(entry));
        let header = old.text().and_then(|_| block_header(self.text, old.at.start));
        let body = written.strip_suffix('\n').unwrap_or(written);
        let (head, rest) = body.split_once('\n').map_or((body, None), |(head, rest)| (head, Some(rest)));
        let same_line =
            header.is_none() && old.at.start >= colon && !self.text[colon..end].contains('\n') && end > colon;
        if let (true, None, Some(Value::String(text))) = (same_line, rest, line) {
            let quoted = self.quoted_like(old, text);
            return Some(Edit { start: old.at.start, end, text: quoted });
        }
        let last_line = self.source.line_end(end);
        let trailing = &self.text[end..last_line];
        if !is_comment(trailing) {
            return None;
        }
        // The comment of the key's own line stays on it.
        let comment = match (&header, same_line || end == colon) {
            (Some(header), _) => &self.text[header.end..self.source.line_end(header.end)],
            (None, true) => trailing,
            (None, false) => {
                Some(&self.text[colon..self.source.line_end(colon)]).filter(|rest| is_comment(rest)).unwrap_or("")
            }
        };
        let comment = comment.trim_end();
        let rest = rest.map_or(String::new(), |rest| format!("\n{rest}"));
        Some(Edit { start: colon, end: last_line, text: format!("{head}{comment}{rest}") })
    }

    /// A text in the old one's kind of quotes, where that is possible.
    fn quoted_like(&self, old: &Node, text: &str) -> String {
        let plain = inline(text, false);
        let simple = !plain.starts_with('"') || plain == format!("\"{text}\"");
        match self.text[old.at.start..].chars().next() {
            Some('\'') if simple => format!("'{}'", text.replace('\'', "''")),
            Some('"') => double_quoted(text),
            _ => plain,
        }
    }

    /// Puts a value into the place of another inside `[]` or `{}`.
    pub(super) fn replace_flow(&self, entry: &Entry, written: &str) -> Option<Edit> {
        let end = self.entry_end(entry);
        let colon = self.after_colon(entry)?;
        let start = if end > colon { entry.value.at.start.max(colon) } else { colon };
        let space = if start == colon { " " } else { "" };
        Some(Edit { start, end, text: format!("{space}{written}") })
    }
}

/// True for what may follow on a line without being part of the data.
fn is_comment(rest: &str) -> bool {
    let trimmed = rest.trim_start();
    trimmed.is_empty() || (trimmed.starts_with('#') && trimmed.len() < rest.len())
}
