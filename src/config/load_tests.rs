//! Tests of whole projects on disk.

use super::*;
use crate::model::Diagnostic;
use std::path::{Path, PathBuf};

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("writes");
    }
    folder
}

fn load_it(folder: &tempfile::TempDir, overrides: &Overrides) -> Result<Loaded, Vec<Diagnostic>> {
    let environment = |name: &str| (name == "WAREHOUSE").then(|| "123".to_owned());
    load(&folder.path().join("genie.yaml"), overrides, &environment)
}

fn codes(result: Result<Loaded, Vec<Diagnostic>>) -> Vec<String> {
    let findings = result.map_or_else(|findings| findings, |loaded| loaded.warnings);
    findings.into_iter().map(|finding| finding.code).collect()
}

const QUESTIONS: &str = "- {id: a, question: q, sql: SELECT 1}\n";

#[test]
fn defaults_paths_and_variables_are_resolved() {
    let folder = project(&[
        (
            "genie.yaml",
            "version: 1\nworkspace: {profile: prod, warehouse_id: '${env:WAREHOUSE}'}\nspace: {definition: ./space.yaml}\n\
             benchmarks: [b/*.yaml]\nvars: {n: '50', s: main.ops}\nbudget: {questions: '${var:n}', minutes: '${var:n}'}\n\
             target:\n  score: ${var:n}\nhistory: ${var:s}\nstate: s3://bucket/state.json\n",
        ),
        (
            "space.yaml",
            "version: 2\nwarehouse_id: ${env:WAREHOUSE}\ndata_sources: {}\ninstructions:\n  text_instructions:\n    - id: 0123456789abcdef0123456789abcdef\n      content: keep ${this}\n",
        ),
        ("b/1.yaml", QUESTIONS),
        ("b/2.yaml", "- {id: b, question: r, sql: SELECT 2}\n"),
    ]);
    let overrides = Overrides { vars: [("n".to_owned(), "1".to_owned())].into(), ..Overrides::default() };
    let loaded = load_it(&folder, &overrides).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let project = &loaded.project;
    assert_eq!(project.workspace, Workspace::Databricks { host: None, profile: Some("prod".to_owned()) });
    assert_eq!(project.warehouse_id.as_deref(), Some("123"));
    assert_eq!((project.budget.questions, project.target.score), (Some(Count(1)), 1.0));
    assert_eq!(project.scoring.genie.per_minute, Some(5));
    assert_eq!(project.history, Location::Schema("main.ops".to_owned()));
    assert_eq!(project.state, Location::Url("s3://bucket/state.json".to_owned()));
    assert_eq!(project.definition, Some(folder.path().join("space.yaml")));
    assert_eq!(
        project.guards.iter().map(|guard| guard.rule.as_str()).collect::<Vec<_>>(),
        ["regressions", "gold-leak", "changes"]
    );
    let space = loaded.space.expect("declared");
    assert_eq!(space.space.sidecar.warehouse_id, "123");
    assert_eq!(space.space.document()["instructions"]["text_instructions"][0]["content"][0], "keep ${this}");
    assert_eq!(loaded.suite.questions.len(), 2);
    assert_eq!(loaded.origins["b"].line, 1);
}

#[test]
fn an_environment_is_merged_over_the_project() {
    let folder = project(&[
        (
            "genie.yaml",
            "version: 1\nworkspace: {embedded: data, as_of: 2025-08-27}\nbenchmarks: [b.yaml]\ntarget: {score: 0.5}\n",
        ),
        (
            "genie.prod.yaml",
            "workspace: {embedded: null, as_of: null, host: https://x}\ntarget: {rounds: 9}\nrebind: {dev.a: prod.a}\n",
        ),
        ("genie.bad.yaml", "target: {round: 9}\n"),
        ("b.yaml", QUESTIONS),
    ]);
    let plain = load_it(&folder, &Overrides::default()).unwrap_or_else(|findings| panic!("{findings:#?}")).project;
    assert!(matches!(plain.workspace, Workspace::Embedded { .. }));
    assert_eq!(plain.scoring.genie.per_minute, None);
    let with = |name: &str| Overrides { environment: Some(name.to_owned()), ..Overrides::default() };
    let prod = load_it(&folder, &with("prod")).unwrap_or_else(|findings| panic!("{findings:#?}")).project;
    assert_eq!(prod.workspace, Workspace::Databricks { host: Some("https://x".to_owned()), profile: None });
    assert_eq!((prod.target.score, prod.target.rounds), (0.5, 9));
    assert_eq!(prod.rebind["dev.a"], "prod.a");
    let findings = load_it(&folder, &with("bad")).expect_err("has a slip");
    let span = findings[0].span.as_ref().expect("a place");
    assert!(span.file.ends_with("genie.bad.yaml"), "{}", span.file);
    assert_eq!((findings[0].code.as_str(), span.line, span.column), ("GE0201", 1, 10));
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `rounds`?"));
    assert_eq!(codes(load_it(&folder, &with("none"))), ["GE0204"]);
}

#[test]
fn mistakes_of_all_files_come_together() {
    let folder = project(&[
        (
            "genie.yaml",
            "version: 1\nspce: {}\nspace: {definition: space.yaml, id: '${env:ID}'}\nbenchmarks: ['b/*', gone.yaml, 'x/*.yaml', '[']\n\
             target: {score: 2}\nwaivers: [{rule: r, reason: x, owner: y, expires: 2026-02-31}]\nstate: ${env:NONE}\nhistory: ${what}\n",
        ),
        ("space.yaml", "version: 2\ndata_sources: []\n"),
        ("b/1.yaml", QUESTIONS),
        ("b/2.yaml", QUESTIONS),
        ("b/3.yaml", "a: [\n"),
    ]);
    std::fs::write(folder.path().join("b/4.yaml"), b"- {id: \xff}").expect("writes");
    std::fs::create_dir(folder.path().join("b/5.yaml")).expect("a folder");
    let found = codes(load_it(&folder, &Overrides::default()));
    for code in [
        "GE0201", "GE0123", "GE0202", "GE0121", "GE0122", "GE0303", "GE0411", "GE0101", "GE0113", "GE0111", "GE0205",
        "GE0206",
    ] {
        assert!(found.iter().any(|found| found == code), "{code} in {found:?}");
    }
    let known: Vec<&str> = super::codes().iter().map(|code| code.code).collect();
    assert!(found.iter().all(|code| known.contains(&code.as_str())), "{found:?}");
}

#[test]
fn files_that_cannot_be_read_say_so() {
    let folder = project(&[("genie.yaml", "version: 1\nspace: {definition: .}\nbenchmarks: [big.yaml]\n")]);
    std::fs::write(folder.path().join("big.yaml"), vec![b' '; 21 * 1024 * 1024]).expect("writes");
    assert_eq!(codes(load_it(&folder, &Overrides::default())), ["GE0112", "GE0114"]);
    assert_eq!(codes(load(Path::new("/nowhere/genie.yaml"), &Overrides::default(), &|_| None)), ["GE0111"]);
    assert_eq!(codes(load(folder.path(), &Overrides::default(), &|_| None)), ["GE0112"]);
}

#[test]
fn a_long_line_is_told_in_short() {
    let text = format!("version: 1\nbenchmarks: [{}b.yaml]\nsplit: {{x: 1}}\n", "b.yaml, ".repeat(6_000));
    let folder = project(&[("genie.yaml", &text.replace("split: {x: 1}\n", "")), ("b.yaml", QUESTIONS)]);
    assert!(load_it(&folder, &Overrides::default()).is_ok());
    let folder = project(&[("genie.yaml", &text.replace(", b.yaml]", ", 5]")), ("b.yaml", QUESTIONS)]);
    let findings = load_it(&folder, &Overrides::default()).expect_err("has a slip");
    let span = findings[0].span.as_ref().expect("a place");
    assert!(span.text.chars().count() <= 202 && span.text.starts_with('…'), "{}", span.text);
    assert!(span.column > 40_000);
}

#[test]
fn given_benchmarks_replace_the_list_and_a_space_may_bring_its_own() {
    let space = "version: 2\ndata_sources: {}\nbenchmarks:\n  questions:\n    - id: 0123456789abcdef0123456789abcdef\n      question: own?\n      answer: [{format: SQL, content: SELECT 1}]\n";
    let folder = project(&[
        ("genie.yaml", "version: 1\nspace: {definition: space.yaml}\n"),
        ("space.yaml", space),
        ("c.yaml", QUESTIONS),
    ]);
    let loaded = load_it(&folder, &Overrides::default()).unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert_eq!(loaded.suite.questions[0].question, "own?");
    let given = Overrides { benchmarks: vec![folder.path().join("c.yaml")], ..Overrides::default() };
    let loaded = load_it(&folder, &given).unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert_eq!(loaded.suite.questions[0].question, "q");
    let empty = project(&[("genie.yaml", "version: 1\n")]);
    assert_eq!(codes(load_it(&empty, &Overrides::default())), ["GE0211"]);
}

#[test]
fn codes_are_unique_and_in_order() {
    let codes: Vec<&str> = super::codes().iter().map(|code| code.code).collect();
    assert!(codes.is_sorted_by(|one, other| one < other));
}

#[test]
fn published_sets_become_projects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/text2sql");
    let sets: Vec<PathBuf> =
        ["kpi_ko", "defog/broker", "spider/world_1"].iter().map(|name| folder.join(name)).collect();
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for set in sets {
        let text = |name: &str| std::fs::read_to_string(set.join(name)).ok();
        let input = ScaffoldInput {
            title: "t".to_owned(),
            data_path: set.to_string_lossy().into_owned(),
            schema: text("schema.json"),
            questions: text("questions.json"),
            ..ScaffoldInput::default()
        };
        let files = scaffold(&input).expect("makes a project");
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let loaded =
            load_it(&project(&files), &Overrides::default()).unwrap_or_else(|findings| panic!("{findings:#?}"));
        assert!(loaded.warnings.is_empty() && !loaded.suite.questions.is_empty());
    }
}
