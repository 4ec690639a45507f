//! The prompts in effect: the program's own, and those that a project puts in their place.

use crate::fix::{PromptKind, broken_template, check_template};
use crate::judge::Template;
use crate::model::{Diagnostic, Digest, digest_text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The judge's name beside those of [`PromptKind`].
pub const JUDGE: &str = "judge";

/// A project's own prompts, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Prompts {
    own: BTreeMap<&'static str, (PathBuf, String)>,
    judge: Template,
}

/// One prompt in effect.
pub struct InEffect<'a> {
    pub name: &'static str,
    pub text: &'a str,
    /// The project's file; none for the built-in one.
    pub path: Option<&'a Path>,
}

impl InEffect<'_> {
    pub fn digest(&self) -> Digest {
        digest_text(self.text)
    }
}

/// All names that a prompt may have.
pub fn prompt_names() -> impl Iterator<Item = &'static str> {
    PromptKind::ALL.into_iter().map(PromptKind::name).chain([JUDGE])
}

/// The text that comes with the program.
pub fn built_in_prompt(name: &str) -> Option<&'static str> {
    let kind = PromptKind::ALL.into_iter().find(|kind| kind.name() == name);
    kind.map(PromptKind::template).or_else(|| (name == JUDGE).then(Template::built_in))
}

impl Prompts {
    /// Reads a project's folder, with everything that is wrong with it.
    pub fn read(folder: Option<&Path>) -> (Self, Vec<Diagnostic>) {
        let (mut prompts, mut findings) = (Self::default(), Vec::new());
        let Some(folder) = folder else { return (prompts, findings) };
        let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) => {
                let message = format!("the folder of prompts {} cannot be read: {error}", folder.display());
                findings.push(Diagnostic::error("GE0215", message).help("`llm.prompts` names it"));
                return (prompts, findings);
            }
        };
        files.sort();
        for path in files.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
            findings.extend(prompts.add(path));
        }
        (prompts, findings)
    }

    fn add(&mut self, path: PathBuf) -> Vec<Diagnostic> {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let shown = path.display().to_string();
        let Some(name) = prompt_names().find(|name| *name == stem) else {
            // What explains the others is no prompt.
            if stem.eq_ignore_ascii_case("readme") {
                return Vec::new();
            }
            let names: Vec<&str> = prompt_names().collect();
            let message = format!("{shown} replaces no prompt: none is called `{stem}`");
            return vec![Diagnostic::warning("GE0218", message).help(format!("there are {}", names.join(", ")))];
        };
        let source = match std::fs::read_to_string(&path) {
            Ok(source) => source,
            Err(error) => return vec![Diagnostic::error("GE0215", format!("{shown} cannot be read: {error}"))],
        };
        let findings = match name {
            JUDGE => match Template::read(&source) {
                Ok(template) => {
                    self.judge = template;
                    Vec::new()
                }
                Err(wrong) => vec![broken_template(&shown, &source, wrong.line, &wrong.message)],
            },
            _ => check_template(&shown, &source),
        };
        self.own.insert(name, (path, source));
        findings
    }

    /// The project's own template of this name, if it has one.
    pub fn own(&self, name: &str) -> Option<&str> {
        self.own.get(name).map(|(_, source)| source.as_str())
    }

    pub fn judge(&self) -> &Template {
        &self.judge
    }

    /// Every prompt, the project's own before the built-in one.
    pub fn in_effect(&self) -> Vec<InEffect<'_>> {
        let one = |name: &'static str| {
            let own = self.own.get(name);
            let text = own.map(|(_, source)| source.as_str()).or_else(|| built_in_prompt(name)).unwrap_or_default();
            InEffect { name, text, path: own.map(|(path, _)| path.as_path()) }
        };
        prompt_names().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_replaces_what_it_names_and_its_faults_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write("metadata.md", "Ours.\n{% include \"data\" %}\n{{ schema }}");
        write("judge.md", "Ours: {{ items }}");
        write("README.md", "Why we have our own.");
        let (prompts, findings) = Prompts::read(Some(folder.path()));
        assert_eq!(findings, []);
        assert!(prompts.own("metadata").is_some_and(|text| text.starts_with("Ours.")));
        assert_ne!(prompts.judge(), &Template::default());
        let own: Vec<&str> = prompts.in_effect().iter().filter(|p| p.path.is_some()).map(|p| p.name).collect();
        assert_eq!((own, prompts.in_effect().len()), (vec!["metadata", "judge"], 7));

        write("judge.md", "nothing");
        write("join_specs.md", "{{ oops }}");
        write("snippets.md", "");
        let codes: Vec<String> = Prompts::read(Some(folder.path())).1.into_iter().map(|found| found.code).collect();
        assert_eq!(codes, ["GE0216", "GE0216", "GE0218"]);
        let gone = Prompts::read(Some(Path::new("/nowhere/prompts"))).1;
        assert_eq!(gone[0].code, "GE0215");
    }
}
