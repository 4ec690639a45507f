//! Every guard once holding and once failing, and what is shown of it: the table below has one row
//! for each rule, and a rule of the registry without a row fails the test.

use genie_enhance::format::{plan_from_json, plan_to_json};
use genie_enhance::guard::{self, Facts, GuardConfig, GuardInput, evaluate};
use genie_enhance::model::{
    Address, Base, Catalog, Change, ChangeEvidence, Digest, Evidence, GuardLevel, GuardOutcome, GuardStatus, Outcome,
    Plan, PlanVerdict, PlannedChange, Question, QuestionOutcome, Score, ScorePair, Space, Split, SplitScore, Suite,
    digest_text,
};
use genie_enhance::render::{Detail, TerminalOptions, plan_markdown, plan_terminal};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// All that guards look at.
struct Ground {
    base: Space,
    target: Space,
    changes: Vec<PlannedChange>,
    score: ScorePair,
    questions: Vec<QuestionOutcome>,
    suite: Suite,
    evidence: Evidence,
    facts: Facts,
}

/// A rule with parameters under which the good ground passes, and what makes it fail.
struct Row {
    rule: &'static str,
    params: Value,
    spoil: fn(&mut Ground),
}

fn row(rule: &'static str, params: Value, spoil: fn(&mut Ground)) -> Row {
    Row { rule, params, spoil }
}

fn table() -> Vec<Row> {
    let plain = || json!({});
    vec![
        row("target", plain(), |g| g.score.after.learn.correct = 8),
        row("minimum-gain", json!({"min": 0.05}), |g| g.score.after.learn.correct = 9),
        row("regressions", plain(), |g| g.questions.push(outcome("q3", Outcome::Correct, Outcome::BadSql))),
        row("protected", plain(), |g| g.questions[1].after = Outcome::Incorrect),
        row("holdout", plain(), |g| g.evidence.holdout_losses = 1),
        row("coverage", plain(), |g| g.score.after.learn.not_run = 2),
        row("changes", json!({"max": 1}), |g| g.changes.push(planned("c-02", synonym("state of it")))),
        row("categories", json!({"deny": ["instructions"]}), |g| {
            let line = Change::add(Address::text_line("t", "Rules", "x"), json!("- Be kind."));
            g.changes[0] = planned("c-01", line);
        }),
        row("evidence-per-change", plain(), |g| g.changes[0].evidence.fixes.clear()),
        row("gold-leak", plain(), |g| say(g, "SELECT a FROM main.s.orders WHERE b = 'q1 value'")),
        row("human-text", plain(), |g| {
            let (own, other) = (json!(["All orders."]), json!(["Some orders."]));
            g.changes[0] = planned("c-01", Change::update(description(), own, other));
        }),
        row("destructive", plain(), |g| {
            g.changes[0] = planned("c-01", Change::remove(description(), json!(["All orders."])));
        }),
        row("sql-read-only", plain(), |g| example(g, "DROP TABLE main.s.orders")),
        row("tables-allowed", plain(), |g| example(g, "SELECT a FROM main.s.customers")),
        row("limits", plain(), |g| {
            let tables: Vec<Value> = (0..51).map(|n| json!({"identifier": format!("main.s.t{n}")})).collect();
            g.target.document_mut()["data_sources"]["tables"] = json!(tables);
        }),
        row("secrets", plain(), |g| {
            // Put together here, so that no scanner takes this file for a leak.
            let token = format!("dapi{}", "0123456789abcdef".repeat(2));
            say(g, &token);
        }),
        row("gold-health", plain(), |g| g.questions[0].after = Outcome::BadGold),
        row("stale-benchmark", plain(), |g| g.suite.questions[0].sql = "SELECT a FROM main.s.refunds".to_owned()),
        row("benchmark-change", plain(), |g| {
            let own = Change::add(Address::from_segments(["benchmarks", "questions", "b"]), json!({"id": "b"}));
            g.changes.push(planned("c-02", own));
        }),
        row("budget", json!({"max_questions": 400}), |g| g.evidence.questions_asked = 401),
        row("sql-runs", plain(), |g| {
            let address = g.changes[0].change.address.to_string();
            g.facts.sql_failures.insert(address, "no such column".to_owned());
        }),
        row("foreign-catalog", plain(), |g| say(g, "Join it with dev.s.orders.")),
        row("personal-data", plain(), |g| say(g, "Questions to kim@example.com.")),
        row("expression", json!({"holds": ["changes | length == 1"]}), |g| {
            g.changes.push(planned("c-02", synonym("state of it")));
        }),
    ]
}

fn description() -> Address {
    Address::table_field("main.s.orders", "description")
}

fn synonym(word: &str) -> Change {
    Change::add(Address::synonym("main.s.orders", "status", word), json!(word))
}

/// The plan's change puts this text into the space.
fn say(ground: &mut Ground, text: &str) {
    ground.changes[0] =
        planned("c-01", Change::add(Address::column_field("main.s.orders", "a", "description"), json!([text])));
}

fn example(ground: &mut Ground, sql: &str) {
    let after = json!({"id": "e", "question": ["x"], "sql": [sql]});
    ground.changes[0] = planned("c-01", Change::add(Address::instruction("example_question_sqls", "e"), after));
}

fn planned(id: &str, change: Change) -> PlannedChange {
    let evidence = ChangeEvidence {
        status: "measured".to_owned(),
        fixes: vec!["q1".to_owned()],
        support: 2,
        ..ChangeEvidence::default()
    };
    PlannedChange {
        id: id.to_owned(),
        category: change.category(),
        action: change.action(),
        change,
        reason: String::new(),
        evidence,
    }
}

fn outcome(id: &str, before: Outcome, after: Outcome) -> QuestionOutcome {
    let (reason_before, reason_after) = (String::new(), String::new());
    QuestionOutcome { id: id.to_owned(), split: Split::Learn, before, after, reason_before, reason_after }
}

impl Ground {
    /// One question fixed by one synonym; nothing to object to.
    fn good() -> Self {
        let tables =
            r#"{"version":2,"data_sources":{"tables":[{"identifier":"main.s.orders","description":["All orders."]}]}}"#;
        let base = Space::parse(tables).expect("a space");
        let score =
            |correct| SplitScore { learn: Score { correct, total: 10, ..Score::default() }, ..SplitScore::default() };
        let question = |id: &str, protected| Question {
            id: id.to_owned(),
            question: format!("question {id}"),
            sql: format!("SELECT a FROM main.s.orders WHERE b = '{id} value'"),
            protected,
            ..Question::default()
        };
        Self {
            target: base.clone(),
            base,
            changes: vec![planned("c-01", synonym("state"))],
            score: ScorePair { before: score(9), after: score(10) },
            questions: vec![
                outcome("q1", Outcome::Incorrect, Outcome::Correct),
                outcome("q2", Outcome::Correct, Outcome::Correct),
            ],
            suite: Suite { questions: vec![question("q1", false), question("q2", true)] },
            evidence: Evidence { holdout: "not-shown".to_owned(), ..Evidence::default() },
            facts: Facts::default(),
        }
    }

    fn judged(&self, row: &Row) -> GuardOutcome {
        let config = GuardConfig {
            rule: row.rule.to_owned(),
            level: Some(GuardLevel::Mandatory),
            params: row.params.as_object().cloned().unwrap_or_default(),
        };
        let input = GuardInput {
            base: &self.base,
            is_first: false,
            target: &self.target,
            changes: &self.changes,
            score: &self.score,
            questions: &self.questions,
            flaky: &BTreeSet::new(),
            suite: &self.suite,
            evidence: &self.evidence,
            target_score: 0.9,
            catalog: &Catalog::default(),
            facts: &self.facts,
        };
        let all = evaluate(&input, &[config], &[], jiff::civil::date(2026, 6, 15));
        all.into_iter().find(|outcome| outcome.rule == row.rule).expect("a guard that is configured is judged")
    }

    fn plan(self, guards: Vec<GuardOutcome>) -> Plan {
        let digest: Digest = digest_text("x");
        Plan {
            verdict: PlanVerdict::Blocked,
            verdict_reason: "a guard fails".to_owned(),
            base: Base {
                host: "embedded".to_owned(),
                space_id: Some("01f0".to_owned()),
                title: "Orders".to_owned(),
                warehouse_id: "w".to_owned(),
                etag: None,
                live: Some(digest.clone()),
                live_sidecar: None,
                definition_before: None,
                definition_after: None,
                target: digest.clone(),
                config: digest.clone(),
                benchmarks: digest,
                as_of: None,
            },
            score: self.score,
            questions: self.questions,
            changes: self.changes,
            rejections: Vec::new(),
            guards,
            evidence: self.evidence,
            created_at: "2026-06-15T00:00:00Z".to_owned(),
            expires_at: "2026-06-22T00:00:00Z".to_owned(),
            tool_version: "0".to_owned(),
        }
    }
}

/// Without line breaks and the signs that escape, which may stand anywhere.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[test]
fn each_rule_of_the_registry_has_a_row() {
    let rows: Vec<&str> = table().iter().map(|row| row.rule).collect();
    let rules: Vec<&str> = guard::all().iter().map(|guard| guard.rule()).collect();
    let (rows, rules): (BTreeSet<&str>, BTreeSet<&str>) = (rows.into_iter().collect(), rules.into_iter().collect());
    assert_eq!(rows, rules, "each guard is tested holding and failing");
}

#[test]
fn each_rule_passes_fails_and_is_shown() {
    for row in table() {
        let rule = row.rule;
        let passed = Ground::good().judged(&row);
        assert_eq!((passed.status, passed.level), (GuardStatus::Passed, GuardLevel::Mandatory), "{rule}: {passed:?}");
        let mut ground = Ground::good();
        (row.spoil)(&mut ground);
        let failed = ground.judged(&row);
        assert_eq!(failed.status, GuardStatus::Failed, "{rule}: {failed:?}");
        assert!(guard::blocks(&failed) && !guard::blocks(&passed), "{rule}");
        assert!(!failed.message.is_empty() && !passed.message.is_empty(), "{rule} says nothing");

        let plan = Ground::good().plan(vec![failed.clone(), passed.clone()]);
        let terminal = plan_terminal(&plan, None, &TerminalOptions::default());
        let markdown = plan_markdown(&plan, None).text;
        for (form, text) in [("terminal", &terminal), ("markdown", &markdown)] {
            let shown = plain(text);
            assert!(shown.contains(&plain(rule)), "{rule} is not in {form}:\n{text}");
            assert!(shown.contains(&plain(&failed.message)), "{rule}: `{}` is not in {form}:\n{text}", failed.message);
        }
        assert!(terminal.contains("1 passed") && markdown.contains("1 of 2 guards passed"), "{rule}");
        let only = Ground::good().plan(vec![passed.clone()]);
        let full = TerminalOptions { detail: Detail::Full, ..TerminalOptions::default() };
        let full = plain(&plan_terminal(&only, None, &full));
        assert!(full.contains(&plain(rule)) && full.contains(&plain(&passed.message)), "{rule} holds, in the terminal");
        assert!(plain(&plan_markdown(&only, None).text).contains(&plain(rule)), "{rule} holds, in Markdown");
        let json: Value = serde_json::from_str(&plan_to_json(&plan)).expect("JSON");
        let listed: BTreeMap<&str, &str> = json["guards"]
            .as_array()
            .expect("guards")
            .iter()
            .map(|guard| (guard["status"].as_str().unwrap_or_default(), guard["message"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(listed, BTreeMap::from([("failed", &*failed.message), ("passed", &*passed.message)]), "{rule}");
        assert_eq!(plan_from_json(&plan_to_json(&plan)).expect("a plan").plan.guards, plan.guards, "{rule}");
    }
}
