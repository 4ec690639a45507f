//! The code map as data: a module imports only what its row names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module and what it may import; design §12.
const ROWS: [(&str, &[&str]); 25] = [
    ("model", &[]),
    ("wire", &[]),
    ("limit", &[]),
    ("text", &[]),
    ("config", &["model"]),
    ("sql", &["model"]),
    ("compare", &["model"]),
    ("diff", &["model"]),
    ("format", &["model"]),
    ("stats", &["model"]),
    ("databricks", &["model", "wire", "limit"]),
    ("llm", &["model", "limit"]),
    ("learn", &["model", "sql", "text", "stats"]),
    ("judge", &["model", "text"]),
    ("render", &["model", "format", "diff"]),
    ("fix", &["model", "sql", "text", "learn", "diff"]),
    ("guard", &["model", "sql", "text", "diff", "stats", "learn"]),
    ("store", &["model", "format", "databricks"]),
    ("history", &["model", "databricks", "store"]),
    ("embedded", &["model", "wire", "limit", "text", "sql", "compare", "config", "llm"]),
    ("trial", &["model", "diff", "stats"]),
    ("planner", &["model", "diff", "guard", "stats"]),
    (
        "ops",
        &[
            "model",
            "limit",
            "text",
            "config",
            "sql",
            "compare",
            "diff",
            "format",
            "stats",
            "databricks",
            "llm",
            "learn",
            "judge",
            "fix",
            "guard",
            "store",
            "trial",
            "planner",
        ],
    ),
    ("ui", &["model", "format", "config", "render", "store", "ops"]),
    ("cli", &["*"]),
];

#[test]
fn modules_import_only_lower_floors() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for (module, allowed) in ROWS {
        // Tests may drive a module from outside, as the server's do with the client.
        let is_test =
            |file: &PathBuf| file.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"));
        let inside = |file: &PathBuf| file.strip_prefix(&source).map(|path| !is_test(&path.to_owned())).unwrap_or(true);
        for file in rust_files(&source.join(module)).into_iter().filter(inside) {
            let text = fs::read_to_string(&file).expect("a source file");
            for (line, imported) in imports(&text) {
                if imported != module && !allowed.contains(&"*") && !allowed.contains(&imported.as_str()) {
                    faults.push(format!("{}:{line}: `{module}` imports `{imported}`", file.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_row() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rows: BTreeMap<&str, &[&str]> = ROWS.into();
    for entry in fs::read_dir(source).expect("the source folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        assert!(rows.contains_key(name.as_str()) || ["lib", "main"].contains(&name.as_str()), "{name} has no row");
    }
}

#[test]
fn the_analyst_knows_neither_learners_nor_benchmarks() {
    let analyst = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/embedded/analyst");
    for file in rust_files(&analyst) {
        let text = fs::read_to_string(&file).expect("a source file");
        for forbidden in ["crate::learn", "crate::fix", "Suite", "Benchmark", "gold"] {
            let is_test = file.file_name().is_some_and(|name| name.to_string_lossy().ends_with("tests.rs"));
            assert!(is_test || !text.contains(forbidden), "{} mentions {forbidden}", file.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests", "benches"] {
        for file in rust_files(&root.join(folder)) {
            let text = fs::read_to_string(&file).expect("a source file");
            assert!(text.starts_with("//!"), "{} does not open with //!", file.display());
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Line numbers and modules of every `crate::module` outside comments.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let module: String =
                line[at + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !module.is_empty() {
                found.push((number + 1, module));
            }
        }
    }
    found
}
