//! Learning from many benchmark queries over many tables.

use genie_enhance::learn::{Options, learn};
use genie_enhance::model::{Catalog, CatalogColumn, CatalogTable, Question, SpaceView};

fn main() {
    divan::main();
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

fn questions(count: usize, tables: usize) -> Vec<Question> {
    let one = |n: usize| {
        let (t, u, c) = (n % tables, (n * 7 + 1) % tables, (n / tables) % 10);
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
