//! The tables of the history for people, made from their declaration.

use super::tables::TABLES;

/// All tables with their columns, in Markdown.
fn reference() -> String {
    let mut text = String::from(
        "# History tables\n\nDelta tables in the folder, object store or volume that `history:` names, each in a folder \
         of its name; or, where it names a `catalog.schema`, tables `genie_enhance_NAME` in it. Every run appends its \
         rows when it ends, its row in `runs` last; `run_id` joins them.\n\nColumns are only ever added, at the end, \
         and every one may be NULL: rows of older releases stay, with NULL for what they did not know, a newer release \
         adds what a table lacks with its first rows, and an older release goes on appending to it.\n",
    );
    for table in TABLES {
        text.push_str(&format!("\n## {}\n\n{}\n\n| column | type | |\n| --- | --- | --- |\n", table.name, table.means));
        for column in table.columns {
            text.push_str(&format!("| `{}` | {} | {} |\n", column.name, column.kind.delta(), column.means));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_SCHEMAS=1 cargo test --lib history` rewrites the file.
    #[test]
    fn the_checked_in_schema_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/history.md");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, reference()).expect("can write");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == reference(), "history.md is stale: run UPDATE_SCHEMAS=1 cargo test --lib history");
    }
}
