//! How the comparator does on wrong SQL: one-edit mutants of the gold SQL of all databases in
//! `../shared/data/text2sql` whose result differs. None may be called correct; few may stay open.

mod edits;
mod judged;
#[allow(dead_code, reason = "other benchmarks use the rest of it")]
#[path = "../score/rig.rs"]
mod rig;
#[allow(dead_code, reason = "other benchmarks use the rest of it")]
#[path = "../score/service.rs"]
mod service;

use judged::{Tally, judge_database};
use std::io::Write;
use std::path::{Path, PathBuf};

fn databases(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("questions.json").exists() {
        found.push(folder.to_owned());
    }
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders.iter().filter(|path| path.is_dir()).for_each(|folder| databases(folder, found));
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/text2sql");
    let mut found = Vec::new();
    databases(&folder, &mut found);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut out = std::io::stdout();
    let mut all = Tally::default();
    for database in found {
        let before = (all.differing, all.undecided, all.correct.len());
        runtime.block_on(judge_database(&database, usize::MAX, &mut all));
        let name = database.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (differing, undecided, correct) =
            (all.differing - before.0, all.undecided - before.1, all.correct.len() - before.2);
        writeln!(out, "{name}: {differing} mutants differ, {undecided} undecided, {correct} called correct")
            .expect("stdout");
    }
    for (reason, count) in &all.reasons {
        writeln!(out, "  {count:5}  {reason}").expect("stdout");
    }
    all.correct.iter().for_each(|one| writeln!(out, "called correct: {one}").expect("stdout"));
    writeln!(out, "{} only round to other digits, which is the same answer", all.rounded).expect("stdout");
    let share = 100.0 * all.undecided as f64 / all.differing.max(1) as f64;
    writeln!(out, "{} mutants differ: {} called correct, {share:.1} % undecided", all.differing, all.correct.len())
        .expect("stdout");
}
