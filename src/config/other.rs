//! A declared file of another module's type (the world of the embedded workspace), read with the
//! same care as the project's own: every mistake with its place, and what was probably meant.

use super::check::{check_schema, world_checks};
use super::files::read;
use super::schemas::schema_of;
use super::yaml::{Place, Sources, parse_yaml};
use crate::model::Diagnostic;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a world file.
pub fn read_world<T: JsonSchema + DeserializeOwned>(path: &Path) -> Result<T, Vec<Diagnostic>> {
    let text = read(path).map_err(|finding| vec![finding])?;
    world_of_text(&path.to_string_lossy(), &text)
}

/// As [`read_world`], from a text that goes by a name in messages.
pub fn world_of_text<T: JsonSchema + DeserializeOwned>(name: &str, text: &str) -> Result<T, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let (root, findings) = parse_yaml(&sources, file);
    let Some(root) = root.filter(|_| !findings.iter().any(Diagnostic::is_error)) else { return Err(findings) };
    let findings = check_schema(&world_checks(schema_of::<T>()), &root, &sources);
    if !findings.is_empty() {
        return Err(findings);
    }
    serde_json::from_value(root.to_json()).map_err(|error| {
        let finding = Diagnostic::error("GE0602", format!("the world file cannot be used: {error}"));
        let whole = sources.span(Place { end: root.at.start, ..root.at });
        vec![Diagnostic { span: whole, ..finding }]
    })
}

/// The JSON Schema of a type, as checked in under `schemas/`.
pub fn schema_text<T: JsonSchema>() -> String {
    format!("{:#}\n", schema_of::<T>())
}
