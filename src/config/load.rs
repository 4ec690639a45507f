//! Reads a project with everything it names, and tells about all mistakes at once.

use super::benchmarks::{Placed, check_suite, read_questions, suite_of_space};
use super::check::{PROJECT, check_schema, wrong_types};
use super::files::read;
use super::interpolate::{Variables, interpolate};
use super::matching::{is_pattern, matching_files};
use super::project::{Project, ProjectFile, join, resolve};
use super::space::{SIDECAR, read_space};
use super::yaml::{Data, Node, Place, Sources, parse_json, parse_yaml, plain_value};
use crate::model::{Diagnostic, SourceSpan, Space, Suite};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the command line says over the files.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Benchmark files in place of the project's list; relative to the working folder.
    pub benchmarks: Vec<PathBuf>,
    /// `-e NAME`: merge `genie.NAME.yaml`.
    pub environment: Option<String>,
    /// `--var name=value`.
    pub vars: BTreeMap<String, String>,
}

/// A project with everything it declares.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub project: Project,
    /// The declared content, where the project has a definition.
    pub space: Option<DeclaredSpace>,
    /// All questions, in the order of files and of each file.
    pub suite: Suite,
    /// Where each question stands, by its id.
    pub origins: BTreeMap<String, SourceSpan>,
    pub warnings: Vec<Diagnostic>,
}

/// The declared content of a space with its text, for writing changes into it.
#[derive(Clone, Debug)]
pub struct DeclaredSpace {
    /// As declared, variables filled in.
    pub space: Space,
    pub yaml_text: String,
    pub path: PathBuf,
    /// In another environment: what the file says itself.
    pub rebound_from: Option<Box<ReboundFrom>>,
}

/// A declared space before its catalogs and schemas were renamed.
#[derive(Clone, Debug)]
pub struct ReboundFrom {
    pub space: Space,
    /// Old names and new ones.
    pub names: BTreeMap<String, String>,
}

/// Reads the project file at `path` and everything it names. `environment` gives the values of
/// environment variables. All mistakes of all files come together; warnings alone do not fail.
pub fn load(
    path: &Path,
    overrides: &Overrides,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let mut loader = Loader::default();
    let loaded = loader.load(path, overrides, environment);
    let (errors, warnings): (Vec<_>, Vec<_>) = loader.findings.into_iter().partition(Diagnostic::is_error);
    match loaded {
        Some(loaded) if errors.is_empty() => Ok(Loaded { warnings, ..loaded }),
        _ => Err(errors.into_iter().chain(warnings).collect()),
    }
}

#[derive(Default)]
pub(super) struct Loader {
    pub(super) sources: Sources,
    pub(super) findings: Vec<Diagnostic>,
}

impl Loader {
    fn load(
        &mut self,
        path: &Path,
        overrides: &Overrides,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Loaded> {
        let root = self.project_tree(path, overrides)?;
        let mut variables = Variables { vars: declared_vars(&root), environment };
        variables.vars.extend(overrides.vars.clone());
        let (root, typed) = self.typed(root, &variables)?;
        let patterns = typed.benchmarks.clone();
        let has_list = root.get("benchmarks").is_some() || !overrides.benchmarks.is_empty();
        let (mut project, findings) = resolve(typed, path, overrides.environment.as_deref(), &root, &self.sources);
        self.findings.extend(findings);
        let space = project.definition.clone().and_then(|path| self.space(&path, &root, &variables));
        project.benchmarks = match overrides.benchmarks.is_empty() {
            true => self.matching(&patterns, &project.folder, &root),
            false => overrides.benchmarks.clone(),
        };
        let questions = self.questions(&project.benchmarks);
        self.findings.extend(check_suite(&questions, &self.sources));
        let mut suite = Suite { questions: questions.iter().map(|placed| placed.question.clone()).collect() };
        if !has_list && let Some(declared) = &space {
            suite = suite_of_space(&declared.space);
        }
        if suite.questions.is_empty() && !self.findings.iter().any(Diagnostic::is_error) {
            let message = "there is nothing to score: no benchmark files, and no questions in the space itself";
            self.findings.push(Diagnostic::warning("GE0211", message));
        }
        let origins = questions
            .iter()
            .filter_map(|placed| Some((placed.question.id.clone(), self.sources.span(placed.at)?)))
            .collect();
        Some(Loaded { project, space, suite, origins, warnings: Vec::new() })
    }

    /// The project file with its overlay: as written, with variables filled in, and typed.
    pub(super) fn typed_project(
        &mut self,
        path: &Path,
        overrides: &Overrides,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Option<(Node, Node, ProjectFile)> {
        let raw = self.project_tree(path, overrides)?;
        let mut variables = Variables { vars: declared_vars(&raw), environment };
        variables.vars.extend(overrides.vars.clone());
        let (filled, typed) = self.typed(raw.clone(), &variables)?;
        Some((raw, filled, typed))
    }

    /// Reads a file and takes its text in. `named_at`: where the path stands, for the message.
    fn add(&mut self, path: &Path, named_at: Option<Place>) -> Option<usize> {
        match read(path) {
            Ok(text) => Some(self.sources.add(&path.to_string_lossy(), &text)),
            Err(mut diagnostic) => {
                diagnostic.span = named_at.and_then(|place| self.sources.span(place));
                self.findings.push(diagnostic);
                None
            }
        }
    }

    fn tree(&mut self, file: usize, path: &Path) -> Option<Node> {
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let (root, findings) = if is_json { parse_json(&self.sources, file) } else { parse_yaml(&self.sources, file) };
        self.findings.extend(findings);
        root
    }

    fn project_tree(&mut self, path: &Path, overrides: &Overrides) -> Option<Node> {
        let file = self.add(path, None)?;
        let root = self.tree(file, path);
        let Some(environment) = &overrides.environment else { return root };
        let overlay_path = overlay_path(path, environment);
        let overlay = match overlay_path.exists() {
            true => self.add(&overlay_path, None).and_then(|file| self.tree(file, &overlay_path)),
            false => {
                let message = format!(
                    "the environment `{environment}` is not declared: {} does not exist",
                    overlay_path.display()
                );
                self.findings.push(Diagnostic::error("GE0204", message));
                None
            }
        };
        let mut root = root?;
        if let Some(overlay) = overlay {
            merge(&mut root, overlay);
        }
        Some(root)
    }

    fn typed(&mut self, mut root: Node, variables: &Variables<'_>) -> Option<(Node, ProjectFile)> {
        let (filled, findings) =
            interpolate(&mut root, variables, &self.sources, &|path| path.first().is_none_or(|key| key != "vars"));
        let unfilled = !findings.is_empty();
        self.findings.extend(findings);
        retype(&mut root, &filled);
        let findings = check_schema(&PROJECT, &root, &self.sources);
        let sound = findings.is_empty();
        self.findings.extend(findings);
        match serde_json::from_value::<ProjectFile>(root.to_json()) {
            Ok(typed) => Some((root, typed)),
            Err(error) => {
                if sound && !unfilled {
                    let message = format!("the project cannot be read: {error}");
                    let mut diagnostic = Diagnostic::error("GE0202", message);
                    diagnostic.span = self.sources.span(Place { end: root.at.start, ..root.at });
                    self.findings.push(diagnostic);
                }
                self.others(&root);
                None
            }
        }
    }

    /// With a broken project file: checks the files that it names all the same, so that their
    /// mistakes are told in the same run.
    fn others(&mut self, root: &Node) {
        let Some(folder) = self.sources.get(root.at.file).map(|source| PathBuf::from(&source.file)) else { return };
        let folder = folder.parent().map(Path::to_path_buf).unwrap_or_default();
        if let Some(definition) = root.get("space").and_then(|space| space.get("definition")).and_then(Node::text) {
            let none = |_: &str| None;
            let variables = Variables { vars: BTreeMap::new(), environment: &none };
            self.space(&join(&folder, definition), root, &variables);
        }
        let patterns: Vec<String> = root
            .get("benchmarks")
            .map_or(&[][..], Node::items)
            .iter()
            .filter_map(|item| item.text().map(str::to_owned))
            .collect();
        let files = self.matching(&patterns, &folder, root);
        let questions = self.questions(&files);
        self.findings.extend(check_suite(&questions, &self.sources));
    }

    fn space(&mut self, path: &Path, root: &Node, variables: &Variables<'_>) -> Option<DeclaredSpace> {
        let named_at = root.get("space").and_then(|space| space.get("definition")).map(|node| node.at);
        let file = self.add(path, named_at)?;
        let mut tree = self.tree(file, path)?;
        // Only beside the document: inside it, `${…}` may be part of a query or an instruction.
        let (_, findings) = interpolate(&mut tree, variables, &self.sources, &|path| {
            path.len() == 1 && SIDECAR.contains(&path[0].as_str())
        });
        self.findings.extend(findings);
        let yaml_text = self.sources.get(file).map(|source| source.text.clone()).unwrap_or_default();
        match read_space(&tree, &self.sources) {
            Ok((space, findings)) => {
                self.findings.extend(findings);
                Some(DeclaredSpace { space, yaml_text, path: path.to_path_buf(), rebound_from: None })
            }
            Err(findings) => {
                self.findings.extend(findings);
                None
            }
        }
    }

    /// The files that the patterns match, in the patterns' order, each once.
    fn matching(&mut self, patterns: &[String], folder: &Path, root: &Node) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        for (at, pattern) in patterns.iter().enumerate() {
            let place = root.nearest(&format!("/benchmarks/{at}")).at;
            let (found, finding) = expand(pattern, folder);
            if let Some(mut diagnostic) = finding {
                diagnostic.span = self.sources.span(place);
                self.findings.push(diagnostic);
            }
            for file in found {
                if !files.contains(&file) {
                    files.push(file);
                }
            }
        }
        files
    }

    fn questions(&mut self, files: &[PathBuf]) -> Vec<Placed> {
        let mut questions = Vec::new();
        for path in files {
            let Some(file) = self.add(path, None) else { continue };
            let (found, findings) = read_questions(&self.sources, file);
            questions.extend(found);
            self.findings.extend(findings);
        }
        questions
    }
}

fn declared_vars(root: &Node) -> BTreeMap<String, String> {
    let entries = root.get("vars").map_or(&[][..], Node::entries).iter();
    entries.filter_map(|entry| Some((entry.key.clone(), entry.value.text()?.to_owned()))).collect()
}

/// `genie.yaml` → `genie.prod.yaml`.
fn overlay_path(path: &Path, environment: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map_or("yaml".into(), |extension| extension.to_string_lossy());
    path.with_file_name(format!("{stem}.{environment}.{extension}"))
}

/// Merges maps key by key; everything else is replaced, and `null` takes a key away.
fn merge(base: &mut Node, overlay: Node) {
    let (Data::Map(entries), Data::Map(_)) = (&mut base.data, &overlay.data) else {
        *base = overlay;
        return;
    };
    let Data::Map(changes) = overlay.data else { return };
    for change in changes {
        let position = entries.iter().position(|entry| entry.key == change.key);
        match (position, &change.value.data) {
            (Some(at), Data::Null) => {
                entries.remove(at);
            }
            (None, Data::Null) => {}
            (Some(at), _) => merge(&mut entries[at].value, change.value),
            (None, _) => entries.push(change),
        }
    }
}

/// Gives interpolated texts the type that the schema asks for, where they can have it.
fn retype(root: &mut Node, filled: &[String]) {
    if filled.is_empty() {
        return;
    }
    let wrong = wrong_types(&PROJECT, &root.to_json());
    root.each_text(&mut Vec::new(), &mut |path, node| {
        let pointer: String = path.iter().map(|segment| format!("/{segment}")).collect();
        let value = node.text().map(plain_value);
        if filled.contains(&pointer) && wrong.contains(&pointer) {
            match value {
                Some(Value::Number(number)) => node.data = Data::Number(number),
                Some(Value::Bool(flag)) => node.data = Data::Bool(flag),
                _ => {}
            }
        }
    });
}

/// The files that one pattern matches, in order of their names.
fn expand(pattern: &str, folder: &Path) -> (Vec<PathBuf>, Option<Diagnostic>) {
    let path = join(folder, pattern);
    if !is_pattern(pattern) {
        return (vec![path], None);
    }
    match matching_files(folder, pattern) {
        Ok(files) => {
            let finding = files.is_empty().then(|| {
                Diagnostic::error("GE0205", format!("no file matches `{pattern}`"))
                    .help("patterns are relative to the project file's folder")
            });
            (files, finding)
        }
        Err(error) => {
            (Vec::new(), Some(Diagnostic::error("GE0206", format!("`{pattern}` is not a pattern: {}", error.msg))))
        }
    }
}
