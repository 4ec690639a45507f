//! JSON Schemas of the declared files, made from their types.

use super::benchmarks::BenchmarksFile;
use super::project::ProjectFile;
use super::space::SpaceFile;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// Where the files of a project find their schemas, from the project's folder.
pub const SCHEMA_FOLDER: &str = "schemas";

/// File name and text of each schema (draft 2020-12), as checked in under `schemas/`.
pub fn schemas() -> Vec<(&'static str, String)> {
    let text = |schema: Value| format!("{schema:#}\n");
    vec![
        ("project.schema.json", text(schema_of::<ProjectFile>())),
        ("space.schema.json", text(schema_of::<SpaceFile>())),
        ("benchmarks.schema.json", text(schema_of::<BenchmarksFile>())),
    ]
}

/// The schema of one type.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_SCHEMAS=1 cargo test --lib config` rewrites the files.
    #[test]
    fn checked_in_schemas_are_current() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        for (name, text) in schemas() {
            let path = folder.join(name);
            if std::env::var_os("UPDATE_SCHEMAS").is_some() {
                std::fs::create_dir_all(&folder).expect("can make the folder");
                std::fs::write(&path, &text).expect("can write");
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(found == text, "{name} is stale: run UPDATE_SCHEMAS=1 cargo test --lib config");
        }
    }
}
