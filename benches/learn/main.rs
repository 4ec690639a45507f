//! What the learner finds of planted patterns, as a table, and how long it takes to learn from many
//! benchmark queries over many tables.

mod planted;

use genie_enhance::learn::{Options, learn};
use genie_enhance::model::{Catalog, CatalogColumn, CatalogTable, PatternKind, Question, SpaceView};
use planted::{Figures, Language, domain, shuffled, tally};
use std::io::Write;
use std::time::{Duration, Instant};

fn main() {
    found_of_planted().expect("stdout");
    growth().expect("stdout");
    divan::main();
}

/// Figures over new domains, by language; then what is learnt where questions and SQL are shuffled.
fn found_of_planted() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let seeds = 5_000..5_032;
    let (mut all, mut chance) = (Figures::default(), Figures::default());
    for language in 0..Language::ALL.len() {
        let mut figures = Figures::default();
        for seed in seeds.clone().filter(|seed| *seed as usize % Language::ALL.len() == language) {
            figures.add(tally(&domain(seed, 3, 120), &seed.to_string()));
            chance.add(tally(&shuffled(domain(seed, 3, 120), seed), &seed.to_string()));
        }
        writeln!(out, "{:?}\n{}", Language::ALL[language], figures.table())?;
        all.add(figures);
    }
    writeln!(out, "All\n{}", all.table())?;
    let words = chance.by_kind.get(&PatternKind::Vocabulary).copied().unwrap_or_default();
    writeln!(out, "shuffled: {} words from {} domains", words.claimed, seeds.count())
}

/// Time for each question, in one run: linear learning has the same for few and for many.
fn growth() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let each = |count: usize| {
        let (catalog, questions, space) = (catalog(100), questions(count, 100), SpaceView::default());
        let once = || {
            let start = Instant::now();
            divan::black_box(learn(&questions, &catalog, &space, Options::default()));
            start.elapsed()
        };
        (0..5).map(|_| once()).min().unwrap_or(Duration::ZERO) / count as u32
    };
    let (few, many) = (each(250), each(2_000));
    let factor = many.as_secs_f64() / few.as_secs_f64();
    writeln!(out, "per question: {few:.0?} of 250, {many:.0?} of 2,000: {factor:.2} times (1 is linear)\n")
}

fn catalog(tables: usize) -> Catalog {
    let column = |name: String, kind: &str| CatalogColumn { name, type_text: kind.into(), ..CatalogColumn::default() };
    Catalog::new((0..tables).map(|t| {
        let mut columns =
            vec![column("key".into(), "BIGINT"), column("day".into(), "DATE"), column("kind".into(), "STRING")];
        columns.extend((0..10).map(|c| column(format!("value_{t}_{c}"), "DOUBLE")));
        CatalogTable { full_name: format!("main.bench.table_{t}"), columns, ..CatalogTable::default() }
    }))
}

/// Every form is asked twice, whatever the count, so that few and many questions teach alike.
fn questions(count: usize, tables: usize) -> Vec<Question> {
    let one = |n: usize| {
        let form = n % count.div_ceil(2);
        let (t, u, c) = (form % tables, (form * 7 + 1) % tables, (form / tables) % 10);
        Question {
            id: format!("q{n:05}"),
            question: format!("total amount{t}x{c} by kind in the last {} days for word{}", 7 + n % 5, n % 37),
            sql: format!(
                "SELECT a.kind, ROUND(SUM(a.value_{t}_{c}) / NULLIF(COUNT(b.key), 0), 2) AS amount{t}x{c} \
                 FROM main.bench.table_{t} a LEFT JOIN main.bench.table_{u} b ON a.key = b.key \
                 WHERE a.kind = 'k{}' AND a.day >= CURRENT_DATE - INTERVAL {} DAYS GROUP BY a.kind ORDER BY 2 DESC LIMIT 10",
                n % 37,
                7 + n % 5
            ),
            ..Question::default()
        }
    };
    (0..count).map(one).collect()
}

#[divan::bench(args = [250, 500, 1_000, 2_000], sample_count = 5)]
fn benchmarks_over_100_tables(bencher: divan::Bencher, count: usize) {
    let (catalog, questions, space) = (catalog(100), questions(count, 100), SpaceView::default());
    bencher.bench(|| learn(&questions, &catalog, &space, Options::default()));
}
