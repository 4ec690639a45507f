//! What people wait for at the command line: the start of the program (at most 15 ms), a plan of a
//! thousand changes on its way to the reader (at most 1 s), and a plan that finds nothing new,
//! with every answer cached (at most 300 ms).
//!
//! `cargo bench --bench interface`

use divan::Bencher;
use genie_enhance::format::{plan_from_json, plan_to_json};
use genie_enhance::model::{Address, Change, ChangeEvidence, Plan, PlannedChange};
use genie_enhance::render::{Detail, TerminalOptions, plan_html, plan_markdown, plan_terminal};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const BINARY: &str = env!("CARGO_BIN_EXE_genie-enhance");

fn main() {
    divan::main();
}

#[divan::bench]
fn start_up() {
    run(Path::new("."), &["--version"]);
}

#[divan::bench(sample_count = 20)]
fn a_plan_without_a_change_and_all_answers_cached(bencher: Bencher) {
    let project = project();
    bencher.bench_local(|| run(project, &["plan", "--json"]));
}

#[divan::bench]
fn a_thousand_changes_as_text(bencher: Bencher) {
    let plan = thousand();
    let options = TerminalOptions { width: 100, color: true, unicode: true, detail: Detail::Normal };
    bencher.bench_local(|| plan_terminal(plan, None, &options));
}

#[divan::bench]
fn a_thousand_changes_as_a_comment(bencher: Bencher) {
    let plan = thousand();
    bencher.bench_local(|| plan_markdown(plan, None));
}

#[divan::bench]
fn a_thousand_changes_as_a_page(bencher: Bencher) {
    let plan = thousand();
    bencher.bench_local(|| plan_html(plan));
}

#[divan::bench]
fn a_thousand_changes_written_and_read(bencher: Bencher) {
    let plan = thousand();
    bencher.bench_local(|| plan_from_json(&plan_to_json(plan)).map(|loaded| loaded.id));
}

fn run(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(BINARY);
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().is_ok_and(|status| status.success()), "{arguments:?}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").filter_map(Result::ok) {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("copied")),
        }
    }
}

/// The small project of the tests, improved and applied until a plan finds nothing more.
fn project() -> &'static Path {
    static PROJECT: OnceLock<PathBuf> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interface");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).expect("an earlier run's folder goes away");
        }
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small"), &folder);
        run(&folder, &["apply", "--auto-promote"]);
        // Asked once more, so that nothing is left to ask.
        run(&folder, &["plan"]);
        folder
    })
}

/// The example's plan with a thousand changes: descriptions, synonyms and long instructions.
fn thousand() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| {
        let folder = project();
        run(folder, &["plan", "--no-learn", "--out", "base.json"]);
        let text = std::fs::read_to_string(folder.join("base.json")).expect("a plan");
        let mut plan = plan_from_json(&text).expect("a plan").plan;
        plan.changes = (0..1_000).map(planned).collect();
        plan
    })
}

fn planned(number: usize) -> PlannedChange {
    let table = format!("main.sales.table_{}", number / 20);
    let change = match number % 4 {
        0 => {
            Change::add(Address::synonym(&table, "amount", &format!("매출 {number}")), json!(format!("매출 {number}")))
        }
        1 => Change::update(
            Address::table_field(&table, "description"),
            json!(["One row for each order.\n", "It holds returns.\n"]),
            json!([format!("One row for each line of order {number}.\n"), "It holds returns.\n"]),
        ),
        2 => Change::update(
            Address::instruction("text_instructions", &format!("{number:032x}")).child("content"),
            json!(lines("gross", number)),
            json!(lines("net", number)),
        ),
        _ => Change::add(
            Address::snippet("measures", &format!("{number:032x}")),
            json!({"id": format!("{number:032x}"), "alias": "n", "sql": ["SUM(orders.amount)\n", "  - SUM(orders.refund)"]}),
        ),
    };
    PlannedChange {
        id: format!("c-{number:04}"),
        category: change.category(),
        action: change.action(),
        change,
        reason: "Questions that say \"매출\" are answered with another column in 3 of 3 benchmarks.".to_owned(),
        evidence: ChangeEvidence {
            support: 3,
            status: "measured".into(),
            provenance: "miner".into(),
            ..Default::default()
        },
    }
}

fn lines(word: &str, number: usize) -> Vec<String> {
    let line = |at: usize| format!("- Rule {at} of {number}: revenue means the {word} amount, shown in KRW.\n");
    (0..20).map(|at| if at == 7 { line(at) } else { line(at).replace(word, "given") }).collect()
}
