//! The judge's prompt: the program's own or a project's. It has two places for data and no
//! logic, so that nothing can go wrong once it was read.

use crate::model::{Digest, digest_text};

const BUILT_IN: &str = include_str!("../../prompts/judge.md");

/// A prompt with places for `{{items}}` and, if it likes, `{{count}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
    digest: Digest,
}

/// What is wrong with a template, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    pub line: usize,
    pub message: String,
}

impl Default for Template {
    fn default() -> Self {
        Self { source: BUILT_IN.to_owned(), digest: digest_text(BUILT_IN) }
    }
}

impl Template {
    /// The text that comes with the program.
    pub fn built_in() -> &'static str {
        BUILT_IN
    }

    /// Reads a project's own.
    pub fn read(source: &str) -> Result<Self, Misplaced> {
        let mut has_items = false;
        for (at, line) in source.lines().enumerate() {
            for name in places(line) {
                match name {
                    Some("items") => has_items = true,
                    Some("count") => {}
                    _ => {
                        let message = "the judge's prompt knows only `{{items}}` and `{{count}}`".to_owned();
                        return Err(Misplaced { line: at + 1, message });
                    }
                }
            }
        }
        if !has_items {
            let message = "it has no `{{items}}`: the judge would see nothing to compare".to_owned();
            return Err(Misplaced { line: 1, message });
        }
        Ok(Self { source: source.to_owned(), digest: digest_text(source) })
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The data go in in one pass: what they hold is not looked at for places.
    pub(super) fn fill(&self, count: usize, items: &str) -> String {
        let mut text = String::new();
        let mut rest = self.source.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            text.push_str(before);
            let Some((name, after)) = after.split_once("}}") else { break };
            match name.trim() {
                "items" => text.push_str(items),
                _ => text.push_str(&count.to_string()),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// The names between braces in one line; none for what is no place.
fn places(line: &str) -> Vec<Option<&str>> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let inner = &rest[at + 2..];
        let end = inner.find("}}").filter(|_| rest[at..].starts_with("{{"));
        found.push(end.map(|end| inner[..end].trim()));
        rest = end.map_or("", |end| &inner[end + 2..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_put_in_and_not_read() {
        let template = Template::read("We ask {{ count }}:\n{{items}}\nThank you {user}.").expect("sound");
        assert_eq!(template.fill(2, "\"{{count}}\""), "We ask 2:\n\"{{count}}\"\nThank you {user}.");
        assert_eq!(Template::read(Template::built_in()), Ok(Template::default()));
    }

    #[test]
    fn other_places_are_told_with_their_line() {
        for (source, line) in [("a\n{{item}}", 2), ("{{items}}\n\n{% if x %}", 3), ("{{items}}\n{{ count", 2), ("a", 1)]
        {
            assert_eq!(Template::read(source).expect_err("not sound").line, line, "{source}");
        }
    }
}
