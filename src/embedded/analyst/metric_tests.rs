//! Questions about numbers over time, on a made-up space.

use super::tests::{sql, table};
use crate::model::{Catalog, ForeignKey, Snippet, SnippetKind, SpaceTable, SpaceView, TextInstruction};

fn plant() -> (Catalog, SpaceView) {
    let daily = [
        ("dt", "DATE"),
        ("site_code", "STRING"),
        ("env", "STRING"),
        ("output_units", "BIGINT"),
        ("scrap_units", "BIGINT"),
    ];
    let sites = [("site_code", "STRING"), ("title", "STRING"), ("opened", "DATE"), ("maker", "STRING")];
    let mut fact = table("output_daily", &["dt", "site_code"], &daily);
    fact.foreign_keys.push(ForeignKey {
        columns: vec!["site_code".into()],
        parent_table: "main.shop.sites".into(),
        parent_columns: vec!["site_code".into()],
    });
    let tables = [fact, table("sites", &["site_code"], &sites)];
    let measure = |name: &str, sql: &str, synonym: &str| Snippet {
        kind: SnippetKind::Measure,
        id: name.into(),
        alias: String::new(),
        sql: sql.into(),
        display_name: name.into(),
        synonyms: vec![synonym.into()],
        comment: String::new(),
        instruction: String::new(),
    };
    let mut space = SpaceView {
        tables: tables
            .iter()
            .map(|t| SpaceTable { identifier: t.full_name.clone(), ..SpaceTable::default() })
            .collect(),
        snippets: vec![
            measure("yield", "SUM(output_daily.output_units)", "생산량"),
            measure("scrap yield", "SUM(output_daily.scrap_units)", "폐기 생산량"),
        ],
        text_instructions: vec![TextInstruction { id: "1".into(), content: INSTRUCTION.into() }],
        ..SpaceView::default()
    };
    space.snippets.push(Snippet {
        kind: SnippetKind::Filter,
        id: "live".into(),
        sql: "output_daily.env = 'live'".into(),
        display_name: "live only".into(),
        instruction: "Apply to every question about output_daily, unless the question asks for other env values."
            .into(),
        ..measure("", "", "")
    });
    (Catalog::new(tables), space)
}

const INSTRUCTION: &str = "- \"last N days\" means `dt >= CURRENT_DATE - INTERVAL N DAYS AND dt < CURRENT_DATE`\n\
    - \"최근 N일\"은 `date >= CURRENT_DATE - INTERVAL N DAYS AND date < CURRENT_DATE`\n\
    - “yesterday” is `dt = CURRENT_DATE - INTERVAL 1 DAYS`\n\
    - Relative periods end yesterday; today is not included.";

/// Question, what its SQL has, and what it has not.
const CASES: [(&str, &[&str], &[&str]); 18] = [
    (
        "yield in the last 7 days",
        &["SUM(output_daily.output_units)", "INTERVAL 7 DAYS AND output_daily.dt < CURRENT_DATE", "env = 'live'"],
        &["sites"],
    ),
    (
        "최근 14일간 생산량",
        &["SUM(output_daily.output_units)", "INTERVAL 14 DAYS AND output_daily.dt < CURRENT_DATE"],
        &["sites"],
    ),
    ("What was the yield yesterday?", &["output_daily.dt = CURRENT_DATE - INTERVAL 1 DAYS"], &[]),
    (
        "scrap yield last month",
        &["SUM(output_daily.scrap_units)", "output_daily.dt >= DATE_TRUNC('MONTH'"],
        &["output_units", "opened"],
    ),
    (
        "지난달 폐기 생산량",
        &["SUM(output_daily.scrap_units)", "output_daily.dt >= DATE_TRUNC('MONTH'"],
        &["output_units"],
    ),
    (
        "yield and scrap yield by site in the past 3 weeks",
        &[
            "SUM(output_daily.output_units)",
            "SUM(output_daily.scrap_units)",
            "sites.title",
            "GROUP BY",
            "output_daily.dt < CURRENT_DATE",
        ],
        &[],
    ),
    (
        "What share of the yield does each site have this month?",
        &["SUM(output_daily.output_units)", "OVER ()", "sites.title"],
        &[],
    ),
    ("이번 달 사이트별 생산량", &["SUM(output_daily.output_units)"], &[]),
    ("yield by site, biggest first", &["ORDER BY", "DESC"], &["LIMIT"]),
    ("daily yield in the last 30 days", &["GROUP BY output_daily.dt", "ORDER BY day"], &[]),
    ("How many sites are there per maker?", &["COUNT(*)", "sites.maker", "GROUP BY"], &["output_daily"]),
    ("number of gizmos per maker", &["COUNT(*)", "sites.maker", "GROUP BY"], &[]),
    ("output units by maker", &["SUM(output_daily.output_units)", "GROUP BY sites.maker"], &[]),
    ("yield this week vs last week", &["FILTER (WHERE", " - SUM("], &["opened"]),
    ("yield for env 'test' last month", &["'test'"], &["'live'"]),
    ("Which site has the most yield?", &["sites.title", "LIMIT 1", "SUM(output_daily.output_units)"], &[]),
    (
        "생산량이 가장 많은 maker 3개",
        &["SELECT sites.maker, SUM(output_daily.output_units)", "GROUP BY", "LIMIT 3"],
        &[],
    ),
    ("생산량 5월", &["DATE '2025-05-01'"], &[]),
];

#[test]
fn questions_about_numbers_over_time() {
    let (catalog, space) = plant();
    let mut wrong = Vec::new();
    for (question, parts, absent) in CASES {
        let found = sql(&space, &catalog, question).unwrap_or_default();
        if !parts.iter().all(|p| found.contains(p)) || absent.iter().any(|p| found.contains(p)) {
            wrong.push(format!("{question}\n   {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn habits_that_the_instruction_names() {
    let (catalog, mut space) = plant();
    let habits = "- Figures of output_daily are always grouped by `output_daily.dt`, which is shown.\n\
        - Beside `SUM(output_daily.scrap_units)` also show `SUM(output_daily.output_units)` as made.";
    space.text_instructions = vec![TextInstruction { id: "1".into(), content: habits.into() }];
    let found = |question: &str| sql(&space, &catalog, question).unwrap_or_default();
    let plain = found("생산량은 어떤가요?");
    assert!(plain.contains("GROUP BY output_daily.dt") && plain.starts_with("SELECT output_daily.dt"), "{plain}");
    let both = found("폐기 생산량 by site");
    assert!(both.contains("SUM(output_daily.output_units) AS made") && both.contains("output_daily.dt,"), "{both}");
    let monthly = found("monthly yield");
    assert!(monthly.contains("DATE_TRUNC('MONTH'") && !monthly.contains("SELECT output_daily.dt,"), "{monthly}");
    let other = found("How many sites are there per maker?");
    assert!(!other.contains("dt"), "{other}");
}
