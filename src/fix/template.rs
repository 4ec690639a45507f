//! Templates of a project's own: checked before anything is asked.

use super::prompts::environment;
use crate::model::{Diagnostic, SourceSpan};
use std::collections::BTreeMap;

/// The places that a template has; each must show, or the model works blind.
const PLACES: [(&str, &str); 6] = [
    ("schema", "the form of the answer: put `{{ schema }}` into it"),
    ("tables", "the tables: put `{% include \"data\" %}` into it"),
    ("space", "what the space says: put `{% include \"data\" %}` into it"),
    ("patterns", "the mined patterns: put `{% include \"data\" %}` into it"),
    ("clusters", "the causes of the failures: put `{% include \"data\" %}` into it"),
    ("failures", "the failures: put `{% include \"data\" %}` into it"),
];

/// Faults of a template: an error where it cannot be rendered, a warning for what it leaves out.
pub fn check_template(file: &str, source: &str) -> Vec<Diagnostic> {
    let sign = |name: &str| format!("\u{1}{name}\u{1}");
    let values: BTreeMap<&str, String> = PLACES.iter().map(|(name, _)| (*name, sign(name))).collect();
    let rendered = environment(source).and_then(|environment| environment.get_template("prompt")?.render(&values));
    match rendered {
        Ok(text) => {
            let missing = PLACES.iter().filter(|(name, _)| !text.contains(&sign(name)));
            let mut told: Vec<&str> = missing.map(|(_, what)| *what).collect();
            // One line of the template brings all data.
            if told.len() > 2 {
                told.retain(|what| !what.contains("include"));
                told.push("the data it is about: put `{% include \"data\" %}` into it");
            }
            let warning = |what: &str| {
                Diagnostic::warning("GE0217", format!("the prompt does not show the model {what}"))
                    .at(place(file, source, 1))
            };
            told.into_iter().map(warning).collect()
        }
        Err(error) => {
            let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            let known = PLACES.map(|(name, _)| name).join("`, `");
            let help = format!("prompts are Jinja templates; they know `{known}` and the template `data`");
            vec![broken_template(file, source, error.line().unwrap_or(1), &what).help(help)]
        }
    }
}

/// An error at a line of a template.
pub fn broken_template(file: &str, source: &str, line: usize, what: &str) -> Diagnostic {
    Diagnostic::error("GE0216", format!("the prompt cannot be used: {what}")).at(place(file, source, line))
}

fn place(file: &str, source: &str, line: usize) -> SourceSpan {
    let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let blank = text.chars().take_while(|c| c.is_whitespace()).count();
    let length = text.trim().chars().count().max(1);
    SourceSpan { file: file.to_owned(), line, column: blank + 1, length, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::PromptKind;

    #[test]
    fn faults_are_told_with_their_line_before_anything_is_asked() {
        for kind in PromptKind::ALL {
            assert_eq!(check_template("x.md", kind.template()), [], "{kind:?}");
        }
        let told = |source: &str| {
            let line = |found: Diagnostic| (found.code, found.span.map_or(0, |span| span.line), found.message);
            check_template("x.md", source).into_iter().map(line).collect::<Vec<_>>()
        };
        let data = "{% include \"data\" %}";
        for (source, line, word) in [
            (format!("a\n{data}\n{{{{ shema }}}}"), 3, "shema"),
            ("a\n{% if %}\n{{ schema }}".to_owned(), 2, "unexpected"),
            ("{% include \"date\" %}{{ schema }}".to_owned(), 1, "date"),
        ] {
            let found = told(&source);
            assert_eq!((found.len(), found[0].0.as_str(), found[0].1), (1, "GE0216", line), "{found:?}");
            assert!(found[0].2.contains(word), "{found:?}");
        }
        let blind = told("Do your best.");
        assert_eq!(blind.len(), 2, "{blind:?}");
        assert!(blind.iter().all(|(code, ..)| code == "GE0217"), "{blind:?}");
    }
}
