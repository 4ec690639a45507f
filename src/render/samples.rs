//! A realistic plan for the tests of renderings: Korean, long prose, hostile content.

use crate::model::*;
use serde_json::{Value, json};

fn instruction(revenue: &str) -> Value {
    let mut lines: Vec<String> = vec!["## 용어\n".into()];
    lines.extend((1..=12).map(|n| format!("- 규칙 {n}: 지점 코드는 항상 대문자로 비교한다.\n")));
    lines.push(format!("- Revenue means {revenue}, and it is always shown in KRW without decimals, whatever the unit of the question is.\n"));
    lines.extend((13..=20).map(|n| format!("- 규칙 {n}: 날짜는 주문일을 기준으로 한다.\n")));
    json!(lines)
}

fn planned(number: usize, change: Change, reason: &str, fixes: &[&str], support: usize) -> PlannedChange {
    PlannedChange {
        id: format!("c-{number:02}"),
        category: change.category(),
        action: change.action(),
        change,
        reason: reason.into(),
        evidence: ChangeEvidence {
            pattern: vec![format!("vocabulary-{number:04x}")],
            support,
            fixes: fixes.iter().map(|id| (*id).to_owned()).collect(),
            status: "measured".into(),
            provenance: "miner".into(),
            ..ChangeEvidence::default()
        },
    }
}

fn changes() -> Vec<PlannedChange> {
    let join = json!({
        "id": "01f0aa", "left": {"identifier": "main.sales.orders", "alias": "orders"},
        "right": {"identifier": "main.sales.customers", "alias": "customers"},
        "sql": ["orders.customer_id = customers.id", "--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"],
    });
    let measure = json!({"id": "01f0bb", "display_name": "순매출", "alias": "net_revenue",
        "sql": ["SUM(orders.amount)\n", "  - SUM(orders.refund)"], "synonyms": ["net revenue", "순매출액"]});
    let hostile = "- \u{1b}[2J::error::x </details> @everyone #1 ``` --> \u{202e}";
    let mut list = vec![
        planned(
            1,
            Change::add(Address::synonym("main.sales.orders", "cash_revenue", "매출"), json!("매출")),
            "Questions that say \"매출\" are answered with cash_revenue in 3 of 3 benchmarks.",
            &["q-04", "q-09"],
            3,
        ),
        planned(
            2,
            Change::update(
                Address::table_field("main.sales.orders", "description"),
                json!(["One row for each order.\n", hostile]),
                json!(["One row for each order line.\n", hostile]),
            ),
            "The grain decides which count is right.",
            &[],
            2,
        ),
        planned(
            3,
            Change::add(Address::instruction("join_specs", "01f0aa"), join),
            "Five gold queries join the two.",
            &["q-12"],
            5,
        ),
        planned(
            4,
            Change::add(Address::snippet("measures", "01f0bb"), measure),
            "Net revenue is asked for by name.",
            &["q-22", "q-31"],
            2,
        ),
        planned(
            5,
            Change::update(
                Address::instruction("text_instructions", "01f0cc").child("content"),
                instruction("gross_amount"),
                instruction("net_amount after refunds"),
            ),
            "The text contradicts every gold query that sums revenue.",
            &["q-40"],
            4,
        ),
        planned(
            6,
            Change::remove(
                Address::instruction("example_question_sqls", "01f0dd"),
                json!({"id": "01f0dd", "question": ["지역별 매출은?"], "sql": ["SELECT region, SUM(gross_amount)\n", "FROM orders GROUP BY 1"]}),
            ),
            "It teaches the wrong column.",
            &["q-41"],
            2,
        ),
    ];
    list[1].evidence.status = "not-measured".into();
    list[3].evidence.group = vec!["c-05".into()];
    list
}

fn question(id: &str, split: Split, before: Outcome, after: Outcome) -> QuestionOutcome {
    let reason = |outcome: Outcome| match outcome {
        Outcome::NotRun => "no answer within 120 s".to_owned(),
        Outcome::BadGold => "the gold SQL returns nothing".to_owned(),
        _ => "VALUES_DIFFER".to_owned(),
    };
    QuestionOutcome { id: id.into(), split, before, after, reason_before: reason(before), reason_after: reason(after) }
}

/// An improved plan with everything in it.
pub(super) fn plan() -> Plan {
    let digest = digest_text("x");
    let rejected = |reason, detail: &str| Rejection {
        candidate: Candidate {
            id: "k".into(),
            category: Category::Metadata,
            changes: vec![Change::add(Address::synonym("main.sales.orders", "region", "지역"), json!("지역"))],
            patterns: vec![],
            support: 2,
            targets: vec![],
            reason: String::new(),
            provenance: "miner".into(),
        },
        reason,
        detail: detail.into(),
    };
    let guard = |rule: &str, level, status, message: &str| GuardOutcome {
        rule: rule.into(),
        level,
        status,
        message: message.into(),
    };
    let score = |correct, total, not_run| Score { correct, total, needs_review: 0, not_run };
    Plan {
        verdict: PlanVerdict::Improved,
        verdict_reason:
            "8 questions of the learn set got better and none worse after repeats; the holdout shows no harm.".into(),
        base: Base {
            host: "https://adb-123.azuredatabricks.net".into(),
            space_id: Some("01ef2c77".into()),
            title: "매출 분석".into(),
            warehouse_id: "w".into(),
            etag: Some("7".into()),
            live: Some(digest.clone()),
            live_sidecar: Some(digest.clone()),
            definition_before: None,
            definition_after: None,
            target: digest.clone(),
            config: digest.clone(),
            benchmarks: digest,
            as_of: None,
        },
        score: ScorePair {
            before: SplitScore { learn: score(31, 50, 0), holdout: score(12, 20, 0) },
            after: SplitScore { learn: score(39, 50, 1), holdout: score(13, 20, 0) },
        },
        questions: vec![
            question("q-04", Split::Learn, Outcome::Incorrect, Outcome::Correct),
            question("q-09", Split::Learn, Outcome::NoSql, Outcome::Correct),
            question("q-17", Split::Holdout, Outcome::Correct, Outcome::Incorrect),
            question("q-18", Split::Learn, Outcome::Correct, Outcome::Correct),
            question("q-19", Split::Learn, Outcome::NotRun, Outcome::NotRun),
            question("q-20", Split::Out, Outcome::BadGold, Outcome::BadGold),
        ],
        changes: changes(),
        rejections: vec![
            rejected(RejectionReason::NoEffect, "no question got better"),
            rejected(RejectionReason::NoEffect, "no question got better"),
            rejected(RejectionReason::Harm, "q-18 got worse"),
        ],
        guards: vec![
            guard("regressions", GuardLevel::Mandatory, GuardStatus::Passed, "0 regressions"),
            guard("changes", GuardLevel::Advisory, GuardStatus::Failed, "6 changes, at most 5 are wished"),
            guard("human-text", GuardLevel::Mandatory, GuardStatus::Waived, "waived until 2026-12-31 by @ann: agreed"),
        ],
        evidence: Evidence {
            wins: 8,
            p_value: Some(0.0039),
            learn_interval: Some([0.06, 0.26]),
            holdout: "not-shown".into(),
            holdout_interval: Some([-0.1, 0.2]),
            notes: vec!["12 answers repeated an earlier one, all with the same outcome".into()],
            ..Evidence::default()
        },
        created_at: "2026-11-22T00:00:00Z".into(),
        expires_at: "2026-11-29T00:00:00Z".into(),
        tool_version: "0.1.0".into(),
    }
}

pub(super) fn scorecard() -> Scorecard {
    let question = |id: &str, outcome: Outcome, reason: &str, detail: &str| ScoredQuestion {
        id: id.into(),
        answer: None,
        verdict: Verdict {
            outcome,
            reason: reason.into(),
            detail: detail.into(),
            notes: vec![],
            first_difference: (outcome == Outcome::Incorrect).then(|| FirstDifference {
                row: Some(3),
                column: Some("매출".into()),
                expected: "1200".into(),
                actual: "900 \u{1b}[31m".into(),
            }),
            native: "BAD".into(),
        },
        seconds: Some(1.5),
    };
    Scorecard {
        space: digest_text("space"),
        questions: vec![
            question("q-1", Outcome::Correct, "EQUAL", ""),
            question("q-2", Outcome::Incorrect, "VALUES_DIFFER", "One value differs."),
            question("q-3", Outcome::NoSql, "ASKS_BACK", "Which <region> do you mean?"),
            question("q-4", Outcome::NotRun, "TIMEOUT", "no answer within 120 s"),
        ],
    }
}

pub(super) fn diagnostics() -> Vec<Diagnostic> {
    let span =
        SourceSpan { file: "genie.yaml".into(), line: 12, column: 9, length: 6, text: "목표: {skore: 0.9}".into() };
    vec![
        Diagnostic::error("GE0102", "unknown key `skore`").at(span).help("did you mean `score`?"),
        Diagnostic::warning("GE0301", "3 benchmarks have no category"),
    ]
}
