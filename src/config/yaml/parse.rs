//! Text → tree. Findings come as [`Diagnostic`]s; a tree is returned whenever there is one to
//! look at, so that later checks can report their findings in the same run.

use super::depth;
use super::node::{Data, Entry, Node, Place};
use super::scalar::json_number;
use super::source::{Source, Sources, block_header};
use crate::model::Diagnostic;
use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, ScanError, YamlData};
use serde_json::Number;

/// Duplicate keys that are looked for in one text; each takes another parse.
const MAX_DUPLICATES: usize = 25;

/// Stands in for the first character of a duplicate key, so that parsing can go on. From a
/// private-use area; keys that start with it are dropped.
const DUPLICATE: char = '\u{f8f0}';

/// Reads one YAML document.
pub(crate) fn parse_yaml(sources: &Sources, file: usize) -> (Option<Node>, Vec<Diagnostic>) {
    let Some(source) = sources.get(file) else { return (None, Vec::new()) };
    if let Some(line) = depth::too_deep(&source.text) {
        let start = source.text.split('\n').take(line).map(|text| text.len() + 1).sum();
        let problem = Diagnostic::error("GE0104", format!("nested deeper than {} levels", depth::LIMIT));
        return (None, vec![problem.at(source.span(start..start + 1))]);
    }
    let (documents, duplicates) = match load(source) {
        Ok(loaded) => loaded,
        Err(diagnostic) => return (None, vec![*diagnostic]),
    };
    let mut reader = Reader { source, file, offsets: Offsets::new(&source.text), findings: Vec::new(), duplicates };
    let mut documents = documents.into_iter();
    let root = documents.next().map(|document| reader.node(&document, 0));
    if let Some(second) = documents.next() {
        let content = reader.place(second.span.start, second.span.start).start;
        let problem = Diagnostic::error("GE0105", "the file holds a second YAML document; only one is read");
        reader.findings.push(problem.at(source.span(separator(&source.text, content))));
    }
    let root = root.filter(|node| !matches!(node.data, Data::Null));
    if root.is_none() {
        reader.findings.push(Diagnostic::error("GE0103", "the file is empty").at(source.span(0..0)));
    }
    (root, reader.findings)
}

/// The line `---` that starts the document whose content stands at `content`.
fn separator(text: &str, content: usize) -> std::ops::Range<usize> {
    let line_end = text[content..].find('\n').map_or(text.len(), |at| content + at);
    let mut start = line_end;
    for line in text[..line_end].rsplit('\n') {
        start -= line.len();
        if line.starts_with("---") {
            return start..start + 3;
        }
        start = start.saturating_sub(1);
    }
    content..content
}

/// Reads JSON. Places come from reading it as YAML, which nearly all JSON is.
pub(crate) fn parse_json(sources: &Sources, file: usize) -> (Option<Node>, Vec<Diagnostic>) {
    let Some(source) = sources.get(file) else { return (None, Vec::new()) };
    let text = source.text.trim_start_matches('\u{feff}');
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => match parse_yaml(sources, file) {
            (Some(node), findings) if node.to_json() == value => (Some(node), findings),
            _ => (Some(Node::from_json(&value, Place { file, start: 0, end: 0 })), Vec::new()),
        },
        Err(error) => {
            let line = source.text.split('\n').take(error.line().saturating_sub(1));
            let start: usize = line.map(|text| text.len() + 1).sum();
            let at = start + error.column().saturating_sub(1);
            let message = format!("not valid JSON: {}", without_position(&error.to_string()));
            (None, vec![Diagnostic::error("GE0101", message).at(source.span(at..at + 1))])
        }
    }
}

fn without_position(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |at| &message[..at])
}

/// Parses, going on after duplicate keys: each is renamed in a copy of the text.
fn load(source: &Source) -> Result<(Vec<MarkedYaml<'static>>, Vec<char>), Box<Diagnostic>> {
    let mut duplicates: Vec<char> = Vec::new();
    let mut patched: Option<Vec<char>> = None;
    loop {
        let result = match &patched {
            None => MarkedYaml::load_from_str(&source.text),
            Some(chars) => MarkedYaml::load_from_iter(chars.iter().copied()),
        };
        match result {
            Ok(documents) => return Ok((documents, duplicates)),
            Err(error) if error.info().starts_with("duplicated key") && duplicates.len() < MAX_DUPLICATES => {
                let chars = patched.get_or_insert_with(|| source.text.chars().collect());
                let mut at = error.marker().index();
                if matches!(chars.get(at), Some('"' | '\'')) {
                    at += 1;
                }
                let (Some(slot), Some(mark)) = (chars.get_mut(at), duplicate_mark(duplicates.len())) else {
                    return Err(Box::new(syntax_error(source, &error)));
                };
                duplicates.push(*slot);
                *slot = mark;
            }
            Err(error) => return Err(Box::new(syntax_error(source, &error))),
        }
    }
}

fn duplicate_mark(number: usize) -> Option<char> {
    u32::try_from(number).ok().and_then(|number| char::from_u32(u32::from(DUPLICATE) + number))
}

fn syntax_error(source: &Source, error: &ScanError) -> Diagnostic {
    let at = Offsets::new(&source.text).byte(error.marker().index());
    let info = error.info();
    let tab = info.contains("tab");
    let code = if tab { "GE0102" } else { "GE0101" };
    let message = match () {
        () if tab => "a tab is used for indentation".to_owned(),
        () if info.starts_with("duplicated key") => "a key is given twice".to_owned(),
        () => format!("not valid YAML: {info}"),
    };
    let help = match () {
        () if tab => Some("YAML is indented with spaces"),
        () if info.contains("mapping values are not allowed") => {
            Some("a text that holds `: ` or ` #` must stand in quotes or in a block after `|`")
        }
        () if info.contains("flow") && source.text[source.line_start(at)..source.line_end(at)].contains("${") => {
            Some("inside `{}` and `[]` a variable needs quotes: `'${env:NAME}'`")
        }
        () if info.starts_with("unexpected character") => Some("a text that starts with this character needs quotes"),
        () => None,
    };
    let diagnostic = Diagnostic::error(code, message).at(source.span(at..at + 1));
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Character positions → byte offsets.
struct Offsets<'a> {
    text: &'a str,
    /// Byte offset of every [`Offsets::STEP`]th character; empty for a text in ASCII.
    steps: Vec<usize>,
}

impl<'a> Offsets<'a> {
    const STEP: usize = 64;

    fn new(text: &'a str) -> Self {
        let steps = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().step_by(Self::STEP).map(|(byte, _)| byte).collect(),
        };
        Self { text, steps }
    }

    fn byte(&self, index: usize) -> usize {
        if self.steps.is_empty() {
            return index.min(self.text.len());
        }
        let Some(start) = self.steps.get(index / Self::STEP) else { return self.text.len() };
        let rest = self.text[*start..].char_indices().nth(index % Self::STEP);
        rest.map_or(self.text.len(), |(offset, _)| start + offset)
    }
}

struct Reader<'a> {
    source: &'a Source,
    file: usize,
    offsets: Offsets<'a>,
    findings: Vec<Diagnostic>,
    /// The first characters of the duplicate keys, in the order they were found.
    duplicates: Vec<char>,
}

impl Reader<'_> {
    fn place(&self, start: Marker, end: Marker) -> Place {
        let start = self.offsets.byte(start.index());
        let end = self.offsets.byte(end.index()).max(start);
        Place {
            file: self.file,
            start,
            end: start + quoted_length(&self.source.text[start..end]).unwrap_or(end - start),
        }
    }

    fn report(&mut self, code: &str, message: impl Into<String>, at: Place) {
        self.findings.push(Diagnostic::error(code, message).at(self.source.span(at.start..at.end)));
    }

    fn node(&mut self, yaml: &MarkedYaml<'_>, depth: usize) -> Node {
        let mut at = self.place(yaml.span.start, yaml.span.end);
        let header = yaml.data.is_value().then(|| block_header(&self.source.text, at.start)).flatten();
        if header.is_some() || !yaml.data.is_value() {
            // What starts with a quote there is content, not a text in quotes.
            at.end = self.offsets.byte(yaml.span.end.index()).max(at.start);
        }
        let written = &self.source.text[at.start..at.end];
        let alias = header.is_none() && written.starts_with('*');
        let tagged_text = match &header {
            Some(header) => {
                self.source.text[self.source.line_start(header.start)..header.start].trim_end().ends_with("!!str")
            }
            None => written.starts_with("!!str"),
        };
        let data = match &yaml.data {
            YamlData::Value(scalar) => self.scalar(scalar, at),
            YamlData::Sequence(items) => Data::List(items.iter().map(|item| self.node(item, depth + 1)).collect()),
            YamlData::Mapping(map) => {
                let pairs: Vec<_> = map.iter().collect();
                Data::Map(self.entries(&pairs, depth))
            }
            YamlData::Tagged(tag, inner) => {
                self.report("GE0106", format!("the tag `{tag}` means nothing here"), at);
                self.node(inner, depth + 1).data
            }
            YamlData::BadValue if written.is_empty() => Data::Null,
            YamlData::Alias(_) | YamlData::BadValue | YamlData::Representation(..) => {
                self.report("GE0106", "this value cannot be read", at);
                Data::Null
            }
        };
        Node { at, data, tagged_text, alias }
    }

    fn entries(&mut self, pairs: &[(&MarkedYaml<'_>, &MarkedYaml<'_>)], depth: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in pairs {
            let key_at = self.place(key.span.start, key.span.end);
            let Some(name) = self.key_name(key, key_at) else { continue };
            if let Some(original) = self.duplicate(&name) {
                let first = entries.iter().find(|entry| entry.key == original).map(|entry| entry.key_at.start);
                let line = first.map_or(String::new(), |at| format!(" first in line {}", self.source.line_of(at) + 1));
                self.report("GE0107", format!("`{original}` is given twice,{line}").replace(",  ", ", "), key_at);
                continue;
            }
            let value = self.node(value, depth + 1);
            entries.push(Entry { key: name, key_at, value });
        }
        entries
    }

    fn key_name(&mut self, key: &MarkedYaml<'_>, at: Place) -> Option<String> {
        match &key.data {
            YamlData::Value(Scalar::String(name)) => Some(name.to_string()),
            YamlData::Value(_) => Some(self.source.text[at.start..at.end].trim().to_owned()),
            _ => {
                self.report("GE0106", "a key must be a text", at);
                None
            }
        }
    }

    fn duplicate(&self, name: &str) -> Option<String> {
        let mut chars = name.chars();
        let number = u32::from(chars.next()?).checked_sub(u32::from(DUPLICATE))?;
        let first = self.duplicates.get(usize::try_from(number).ok()?)?;
        Some(std::iter::once(*first).chain(chars).collect())
    }

    /// Numbers are read from the text as it stands, so that none loses digits on the way.
    fn scalar(&mut self, scalar: &Scalar<'_>, at: Place) -> Data {
        let written = self.source.text[at.start..at.end].trim();
        match scalar {
            Scalar::Null => Data::Null,
            Scalar::Boolean(flag) => Data::Bool(*flag),
            Scalar::Integer(number) => Data::Number(json_number(written).unwrap_or_else(|| Number::from(*number))),
            Scalar::FloatingPoint(number) => json_number(written)
                .or_else(|| Number::from_f64(number.into_inner()))
                .map_or_else(|| Data::Text(written.to_owned()), Data::Number),
            Scalar::String(text) => Data::Text(text.to_string()),
        }
    }
}

/// The length of a text in quotes, with its tag. The parser counts the comment after it in.
fn quoted_length(written: &str) -> Option<usize> {
    let body = written.strip_prefix("!!str").map_or(written, str::trim_start);
    let start = written.len() - body.len();
    let quote = body.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let mut rest = body.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' if quote == '"' => {
                rest.next();
            }
            '\'' if quote == '\'' && rest.peek().is_some_and(|(_, next)| *next == '\'') => {
                rest.next();
            }
            c if c == quote => return Some(start + at + 1),
            _ => {}
        }
    }
    None
}
