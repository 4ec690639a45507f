//! Schema checks, told as people would tell them: every mistake with its place, and what was
//! probably meant.

use super::benchmarks::BenchmarksFile;
use super::project::ProjectFile;
use super::schemas::schema_of;
use super::space::SpaceFile;
use super::yaml::{Node, Place, Sources};
use crate::model::{Diagnostic, Severity};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use std::sync::LazyLock;

/// A schema with its validator and the codes of its findings.
pub(super) struct Checked {
    schema: Value,
    validator: Option<Validator>,
    codes: Codes,
    /// Unknown keys are kept and named in a warning instead of refused.
    lenient: bool,
}

struct Codes {
    unknown: &'static str,
    wrong: &'static str,
    missing: &'static str,
}

impl Checked {
    fn new(schema: Value, codes: Codes, lenient: bool) -> Self {
        // The schemas are our own and a test compiles them; without a validator nothing is found
        // here and the typed reading reports instead.
        Self { validator: jsonschema::validator_for(&schema).ok(), schema, codes, lenient }
    }
}

pub(super) static PROJECT: LazyLock<Checked> = LazyLock::new(|| {
    let codes = Codes { unknown: "GE0201", wrong: "GE0202", missing: "GE0203" };
    Checked::new(schema_of::<ProjectFile>(), codes, false)
});
pub(super) static SPACE: LazyLock<Checked> = LazyLock::new(|| {
    let codes = Codes { unknown: "GE0302", wrong: "GE0303", missing: "GE0305" };
    Checked::new(schema_of::<SpaceFile>(), codes, true)
});
pub(super) static BENCHMARKS: LazyLock<Checked> = LazyLock::new(|| {
    let codes = Codes { unknown: "GE0401", wrong: "GE0402", missing: "GE0403" };
    Checked::new(schema_of::<BenchmarksFile>(), codes, false)
});

/// The checks of a world file, whose type another module owns.
pub(super) fn world_checks(schema: Value) -> Checked {
    Checked::new(schema, Codes { unknown: "GE0601", wrong: "GE0602", missing: "GE0603" }, false)
}

/// All findings of a schema in a tree, in the order of the text.
pub(super) fn check_schema(checked: &Checked, root: &Node, sources: &Sources) -> Vec<Diagnostic> {
    let instance = root.to_json();
    let mut findings: Vec<(Place, Diagnostic)> = Vec::new();
    for error in checked.validator.iter().flat_map(|validator| validator.iter_errors(&instance)) {
        let mut teller = Teller { checked, root, findings: &mut findings };
        teller.tell(&error);
    }
    findings.sort_by_key(|(place, _)| (place.file, place.start));
    let placed = findings.into_iter().map(|(place, diagnostic)| match sources.span(place) {
        Some(span) => diagnostic.at(span),
        None => diagnostic,
    });
    let mut told: Vec<Diagnostic> = Vec::new();
    for diagnostic in placed {
        if !told.contains(&diagnostic) {
            told.push(diagnostic);
        }
    }
    told
}

/// Pointers to interpolated texts that should be another type: `(pointer, text)`.
pub(super) fn wrong_types(checked: &Checked, instance: &Value) -> Vec<String> {
    let errors = checked.validator.iter().flat_map(|validator| validator.iter_errors(instance));
    errors.filter(|error| error.instance().is_string()).map(|error| error.instance_path().to_string()).collect()
}

struct Teller<'a> {
    checked: &'a Checked,
    root: &'a Node,
    findings: &'a mut Vec<(Place, Diagnostic)>,
}

impl Teller<'_> {
    fn tell(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().to_string();
        let node = self.root.nearest(&pointer);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let known = self.known_keys(error);
                for key in unexpected {
                    self.unknown_key(node, key, &pointer, &known);
                }
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                self.alternatives(node, error, context, &pointer);
            }
            // The service's rules say it better.
            ValidationErrorKind::Pattern { .. } if self.checked.lenient => {}
            ValidationErrorKind::MinItems { .. } | ValidationErrorKind::MaxItems { .. } if self.checked.lenient => {}
            ValidationErrorKind::Required { property } => {
                if self.checked.lenient && matches!(property.as_str(), Some("id" | "version" | "sql" | "display_name"))
                {
                    return;
                }
                let name = property.as_str().unwrap_or_default();
                let message = format!("{} lacks `{name}`", place_name(&pointer));
                self.report(Diagnostic::error(self.checked.codes.missing, message), node.at);
            }
            _ => {
                let message = describe(error, node, &pointer);
                let mut diagnostic = Diagnostic::error(self.checked.codes.wrong, message);
                let words = allowed_words(error);
                let meant = node.text().and_then(|text| closest(text, words.iter().map(String::as_str)));
                diagnostic.help = meant
                    .map(|word| format!("did you mean `{word}`?"))
                    .or_else(|| self.example(error).filter(|_| words.is_empty()));
                self.report(diagnostic, node.at);
            }
        }
    }

    fn report(&mut self, diagnostic: Diagnostic, place: Place) {
        self.findings.push((place, diagnostic));
    }

    fn unknown_key(&mut self, node: &Node, key: &str, pointer: &str, known: &[String]) {
        let mut diagnostic = Diagnostic::error(self.checked.codes.unknown, unknown_message(key, pointer));
        if self.checked.lenient {
            diagnostic.severity = Severity::Warning;
        }
        diagnostic.help = Some(match closest(key, known.iter().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None if self.checked.lenient => "it is kept as it is; the service may refuse it".to_owned(),
            None => format!("known here: {}", known.join(", ")),
        });
        let place = node.entry(key).map_or(node.at, |entry| entry.key_at);
        self.report(diagnostic, place);
    }

    /// The keys that the schema knows where an unknown one was found.
    fn known_keys(&self, error: &ValidationError<'_>) -> Vec<String> {
        let path = error.schema_path().to_string();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let properties = resolve(&self.checked.schema, parent).and_then(|schema| schema.get("properties"));
        properties.and_then(Value::as_object).map_or(Vec::new(), |map| map.keys().cloned().collect())
    }

    /// An example of what the schema asks for at the place of an error.
    fn example(&self, error: &ValidationError<'_>) -> Option<String> {
        let path = error.schema_path().to_string();
        let (parent, _) = path.rsplit_once('/')?;
        let example = resolve(&self.checked.schema, parent)?.pointer("/examples/0")?;
        Some(format!("for example {}", super::yaml::flow(example)))
    }

    /// None of several forms fits: tell about the one that was meant, or name all of them.
    fn alternatives(
        &mut self,
        node: &Node,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
        pointer: &str,
    ) {
        let wrong_kind = |branch: &Vec<ValidationError<'static>>| {
            branch.iter().any(|inner| {
                inner.instance_path().to_string() == pointer
                    && matches!(
                        inner.kind(),
                        ValidationErrorKind::Type { .. }
                            | ValidationErrorKind::Constant { .. }
                            | ValidationErrorKind::Enum { .. }
                    )
            })
        };
        if let Some(meant) = context.iter().find(|branch| !branch.is_empty() && !wrong_kind(branch)) {
            meant.iter().for_each(|inner| self.tell(inner));
            return;
        }
        let words: Vec<String> = context.iter().flatten().flat_map(|inner| allowed_words(inner)).collect();
        let kinds: Vec<&str> = context.iter().flatten().filter_map(type_name).collect();
        let mut expected: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        expected.extend(kinds.into_iter().filter(|kind| words.is_empty() || *kind != "a text").map(str::to_owned));
        expected.dedup();
        let message = match expected.is_empty() {
            true => describe(error, node, pointer),
            false => format!("{} must be {}, not {}", place_name(pointer), one_of(&expected), shown(node)),
        };
        let mut diagnostic = Diagnostic::error(self.checked.codes.wrong, message);
        diagnostic.help = node
            .text()
            .and_then(|text| closest(text, words.iter().map(String::as_str)))
            .map(|word| format!("did you mean `{word}`?"));
        self.report(diagnostic, node.at);
    }
}

fn unknown_message(key: &str, pointer: &str) -> String {
    match pointer {
        "" => format!("unknown key `{key}`"),
        _ => format!("unknown key `{key}` in {}", place_name(pointer)),
    }
}

/// Follows a schema path, through references.
fn resolve<'a>(schema: &'a Value, path: &str) -> Option<&'a Value> {
    let mut current = schema;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        current = deref(schema, current)?;
        if segment != "$ref" {
            current = match current {
                Value::Array(items) => items.get(segment.parse::<usize>().ok()?)?,
                other => other.get(segment.replace("~1", "/").replace("~0", "~"))?,
            };
        }
    }
    deref(schema, current)
}

fn deref<'a>(schema: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match value.get("$ref").and_then(Value::as_str) {
        Some(target) => schema.pointer(target.trim_start_matches('#')),
        None => Some(value),
    }
}

/// The words that one alternative would take.
fn allowed_words(error: &ValidationError<'_>) -> Vec<String> {
    match error.kind() {
        ValidationErrorKind::Constant { expected_value } => {
            expected_value.as_str().map(str::to_owned).into_iter().collect()
        }
        ValidationErrorKind::Enum { options } => texts(options),
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context.iter().flatten().flat_map(allowed_words).collect()
        }
        _ => Vec::new(),
    }
}

fn texts(options: &Value) -> Vec<String> {
    options.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn type_name(error: &ValidationError<'_>) -> Option<&'static str> {
    let ValidationErrorKind::Type { kind } = error.kind() else { return None };
    let name = match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).find(|kind| kind != "null")?,
    };
    Some(people_name(&name))
}

fn people_name(json_type: &str) -> &'static str {
    match json_type {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a group of keys",
        _ => "nothing",
    }
}

fn describe(error: &ValidationError<'_>, node: &Node, pointer: &str) -> String {
    let name = place_name(pointer);
    let found = shown(node);
    match error.kind() {
        ValidationErrorKind::Type { .. } => {
            format!("{name} must be {}, not {found}", type_name(error).unwrap_or("something else"))
        }
        ValidationErrorKind::Enum { options } => {
            let words: Vec<String> = texts(options).iter().map(|word| format!("`{word}`")).collect();
            format!("{name} must be {}, not {found}", one_of(&words))
        }
        ValidationErrorKind::Minimum { limit } => format!("{name} must be at least {limit}, not {found}"),
        ValidationErrorKind::Maximum { limit } => format!("{name} must be at most {limit}, not {found}"),
        ValidationErrorKind::MinLength { .. } => format!("{name} must not be empty"),
        ValidationErrorKind::Pattern { .. } => format!("{name} has not the form that is needed: {found}"),
        _ => format!("{name}: {error}"),
    }
}

fn one_of(options: &[String]) -> String {
    match options {
        [] => "something else".to_owned(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// A value, short, for a message.
fn shown(node: &Node) -> String {
    let text = match node.text() {
        Some(text) => text.to_owned(),
        None if node.items().is_empty() && node.entries().is_empty() => match node.to_json() {
            Value::Null => return "nothing".to_owned(),
            Value::Array(_) => return "a list".to_owned(),
            Value::Object(_) => return "a group of keys".to_owned(),
            other => other.to_string(),
        },
        None => return node.kind().to_owned(),
    };
    let short: String = text.chars().take(40).collect();
    let cut = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{cut}`", short.replace('\n', " "))
}

/// `/scoring/genie/timeout` → `scoring.genie.timeout`; list positions count from 1.
fn place_name(pointer: &str) -> String {
    if pointer.is_empty() {
        return "the file".to_owned();
    }
    let mut name = String::new();
    for segment in pointer.split('/').skip(1) {
        match segment.parse::<usize>() {
            Ok(position) => name.push_str(&format!("[{}]", position + 1)),
            Err(_) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(&segment.replace("~1", "/").replace("~0", "~"));
            }
        }
    }
    format!("`{name}`")
}

/// The known word that a mistyped one most likely stands for.
pub(super) fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count().min(word.chars().count()) / 4)
        .min_by_key(|(distance, name)| (*distance, name.len()))
        .map(|(_, name)| name)
}
