//! The registry, levels, waivers, and each rule once passing and once failing.

use super::*;
use crate::model::{
    Address, Change, ChangeEvidence, GuardLevel, GuardOutcome, GuardStatus, Outcome, Question, Score, Split, SplitScore,
};
use jiff::civil::{Date, date};
use serde_json::json;

const TODAY: Date = date(2026, 6, 15);

/// Everything a guard looks at, owned.
struct World {
    base: Space,
    target: Space,
    changes: Vec<PlannedChange>,
    score: ScorePair,
    questions: Vec<QuestionOutcome>,
    flaky: BTreeSet<String>,
    suite: Suite,
    evidence: Evidence,
    facts: Facts,
    /// The base stands in the workspace.
    live: bool,
}

impl World {
    /// One question fixed by one synonym; nothing to object to.
    fn good() -> Self {
        let base = Space::parse(
            r#"{"version":2,"data_sources":{"tables":[{"identifier":"main.s.orders","description":["All orders."]}]}}"#,
        )
        .expect("space");
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
            changes: vec![planned(
                "c-01",
                Change::add(Address::synonym("main.s.orders", "status", "state"), json!("state")),
            )],
            score: ScorePair { before: score(9), after: score(10) },
            questions: vec![
                outcome("q1", Outcome::Incorrect, Outcome::Correct),
                outcome("q2", Outcome::Correct, Outcome::Correct),
            ],
            flaky: BTreeSet::new(),
            suite: Suite { questions: vec![question("q1", false), question("q2", true)] },
            evidence: Evidence { holdout: "not-shown".to_owned(), ..Evidence::default() },
            facts: Facts::default(),
            live: true,
        }
    }

    fn with(self, change: Change) -> Self {
        Self { changes: vec![planned("c-01", change)], ..self }
    }

    fn run(&self, configs: &[GuardConfig], waivers: &[Waiver]) -> Vec<GuardOutcome> {
        let input = GuardInput {
            base: &self.base,
            is_first: !self.live,
            target: &self.target,
            changes: &self.changes,
            score: &self.score,
            questions: &self.questions,
            flaky: &self.flaky,
            suite: &self.suite,
            evidence: &self.evidence,
            target_score: 0.9,
            catalog: &Catalog::default(),
            facts: &self.facts,
        };
        evaluate(&input, configs, waivers, TODAY)
    }

    /// Names of the rules that fail.
    fn failing(&self, configs: &[GuardConfig]) -> Vec<String> {
        let failed = |outcome: &GuardOutcome| outcome.status == GuardStatus::Failed;
        self.run(configs, &[]).into_iter().filter(failed).map(|outcome| outcome.rule).collect()
    }
}

fn planned(id: &str, change: Change) -> PlannedChange {
    PlannedChange {
        id: id.to_owned(),
        category: change.category(),
        action: change.action(),
        change,
        reason: String::new(),
        evidence: ChangeEvidence {
            status: "measured".to_owned(),
            fixes: vec!["q1".to_owned()],
            support: 2,
            ..ChangeEvidence::default()
        },
    }
}

fn outcome(id: &str, before: Outcome, after: Outcome) -> QuestionOutcome {
    let (reason_before, reason_after) = (String::new(), String::new());
    QuestionOutcome { id: id.to_owned(), split: Split::Learn, before, after, reason_before, reason_after }
}

fn config(rule: &str, params: Value) -> GuardConfig {
    GuardConfig { rule: rule.to_owned(), level: None, params: params.as_object().cloned().unwrap_or_default() }
}

fn waiver(rule: &str, scope: &str, expires: &str) -> Waiver {
    Waiver {
        rule: rule.to_owned(),
        scope: scope.to_owned(),
        reason: "agreed with sales".to_owned(),
        owner: "kim".to_owned(),
        expires: expires.to_owned(),
    }
}

#[test]
fn the_registry_is_whole() {
    let (rules, codes): (BTreeSet<_>, BTreeSet<_>) = all().iter().map(|guard| (guard.rule(), guard.code())).unzip();
    assert_eq!((rules.len(), codes.len()), (24, 24));
    assert!(all().iter().all(|guard| !guard.explain().is_empty()));
    let on: Vec<&str> = all().iter().filter(|g| g.default_level() != GuardLevel::Off).map(|g| g.rule()).collect();
    assert_eq!(
        on,
        [
            "target",
            "regressions",
            "protected",
            "coverage",
            "changes",
            "gold-leak",
            "human-text",
            "sql-read-only",
            "limits",
            "secrets",
            "gold-health",
            "stale-benchmark",
            "benchmark-change",
            "budget",
            "sql-runs",
            "foreign-catalog",
            "personal-data"
        ]
    );
}

#[test]
fn a_good_plan_passes_the_usual_set_and_all_others() {
    let world = World::good();
    assert_eq!(world.run(&[], &[]).len(), 17);
    let others =
        ["minimum-gain", "holdout", "categories", "evidence-per-change", "destructive", "tables-allowed", "expression"];
    let configs: Vec<GuardConfig> = others.iter().map(|rule| config(rule, json!({}))).collect();
    assert_eq!(world.failing(&configs), [] as [&str; 0]);
    assert_eq!(world.run(&configs, &[]).len(), 24);
}

#[test]
fn scores_and_questions() {
    let good = World::good;
    let mut world = good();
    world.score.after.learn.correct = 8;
    assert_eq!(world.failing(&[config("minimum-gain", json!({"min": 0.05}))]), ["target", "minimum-gain"]);
    assert!(world.run(&[], &[]).iter().all(|outcome| !blocks(outcome)), "target is advisory");

    let mut world = good();
    world.questions.push(outcome("q3", Outcome::Correct, Outcome::BadSql));
    assert_eq!(world.failing(&[]), ["regressions"]);
    assert_eq!(world.failing(&[config("regressions", json!({"max": 1}))]), [] as [&str; 0]);
    world.flaky.insert("q3".to_owned());
    assert_eq!(world.failing(&[]), [] as [&str; 0]);

    let mut world = good();
    world.questions[1].after = Outcome::NotRun;
    assert_eq!(world.failing(&[]), ["protected"]);

    let mut world = good();
    world.score.after.learn.not_run = 2;
    assert_eq!(world.failing(&[]), ["coverage"]);
    assert_eq!(world.failing(&[config("coverage", json!({"max_not_run": 0.5}))]), [] as [&str; 0]);

    let mut world = good();
    world.evidence.holdout_losses = 1;
    assert_eq!(world.failing(&[config("holdout", json!({}))]), ["holdout"]);
    assert_eq!(good().failing(&[config("holdout", json!({"require": "shown"}))]), ["holdout"]);
}

#[test]
fn changes() {
    let good = World::good;
    assert_eq!(good().failing(&[config("changes", json!({"max": 0}))]), ["changes"]);
    assert_eq!(good().failing(&[config("categories", json!({"deny": ["metadata"]}))]), ["categories"]);
    assert_eq!(good().failing(&[config("evidence-per-change", json!({"min_support": 3}))]), ["evidence-per-change"]);

    let description = Address::table_field("main.s.orders", "description");
    let replaced = Change::update(description.clone(), json!(["All orders."]), json!(["Some orders."]));
    assert_eq!(good().with(replaced.clone()).failing(&[]), ["human-text"]);
    let allowed = config("human-text", json!({"allow": ["tables/main.s.orders"]}));
    assert_eq!(good().with(replaced.clone()).failing(&[allowed]), [] as [&str; 0]);
    let mut declared = good().with(replaced);
    declared.changes[0].evidence.status = "declared".to_owned();
    assert_eq!(declared.failing(&[]), [] as [&str; 0]);
    let longer = Change::update(description.clone(), json!(["All orders."]), json!(["All  orders.\n", "In won."]));
    assert_eq!(good().with(longer).failing(&[]), [] as [&str; 0]);
    let removed = Change::remove(description.clone(), json!(["All orders."]));
    let mut generated = good().with(removed.clone());
    generated.facts.generated = written_by("miner", Change::add(description.clone(), json!(["All  orders."])));
    assert_eq!(generated.failing(&[]), [] as [&str; 0], "a plan wrote it");
    generated.facts.generated = written_by("declared", Change::add(description.clone(), json!(["All orders."])));
    assert_eq!(generated.failing(&[]), ["human-text"], "a person declared it, and a plan carried it over");
    generated.facts.generated = written_by("miner", Change::add(description.clone(), json!(["All the orders."])));
    assert_eq!(generated.failing(&[]), ["human-text"], "a person has changed it since");
    assert_eq!(good().with(removed).failing(&[config("destructive", json!({}))]), ["human-text", "destructive"]);

    let token = format!("dapi{}", "0123456789abcdef".repeat(2));
    assert_eq!(good().with(Change::add(description.clone(), json!([token]))).failing(&[]), ["secrets"]);
    let gold = json!(["SELECT a FROM main.s.orders WHERE b = 'q1 value'"]);
    assert_eq!(good().with(Change::add(description, gold)).failing(&[]), ["gold-leak"]);
}

/// What a plan of this one change wrote.
fn written_by(provenance: &str, change: Change) -> Generated {
    let mut planned = planned("c-01", change);
    planned.evidence.provenance = provenance.to_owned();
    Generated::by([&planned])
}

#[test]
fn where_the_guard_binds_the_open_places_are_known() {
    let today = TODAY;
    let open = |configs: &[GuardConfig], waivers: &[Waiver]| open_texts(configs, waivers, today);
    assert_eq!(open(&[], &[]), Some(Vec::new()), "mandatory as it is");
    let allow = config("human-text", json!({"allow": ["tables/a"]}));
    assert_eq!(open(std::slice::from_ref(&allow), &[]), Some(vec!["tables/a".to_owned()]));
    assert_eq!(open(&[GuardConfig { level: Some(GuardLevel::Advisory), ..allow.clone() }], &[]), None);
    let waiver = |scope: &str| Waiver {
        rule: "human-text".to_owned(),
        scope: scope.to_owned(),
        reason: "agreed".to_owned(),
        owner: "@ann".to_owned(),
        expires: "2026-06-16".to_owned(),
    };
    assert_eq!(open(&[allow], &[waiver("")]), None, "waived for now");
    assert_eq!(open(&[], &[waiver("tables/b")]), Some(vec!["tables/b".to_owned()]), "there only");
}

#[test]
fn an_answer_key_that_is_declared_before_the_first_apply_is_no_ones_change() {
    let key = r#"{"version":2,"data_sources":{"tables":[{"identifier":"main.s.orders"}]},
        "instructions":{"example_question_sqls":[{"id":"e","question":["how many, please?"],
        "sql":["SELECT a FROM main.s.orders WHERE b = 'q1 value'"]}]}}"#;
    let base = Space::parse(key).expect("space");
    let declared = World { target: base.clone(), base, live: false, ..World::good() };
    assert_eq!(declared.failing(&[]), ["gold-leak"]);
    let known = World { live: true, ..declared };
    assert_eq!(known.failing(&[]), [] as [&str; 0], "what stands in the workspace is not this plan's doing");
}

#[test]
fn sql_and_tables() {
    let example = |sql: &str| {
        Change::add(
            Address::instruction("example_question_sqls", "e"),
            json!({"id": "e", "question": ["x"], "sql": [sql]}),
        )
    };
    let snippet = |sql: &str| Change::add(Address::snippet("measures", "m"), json!({"id": "m", "sql": [sql]}));
    let join = |sql: &str| {
        Change::add(
            Address::instruction("join_specs", "j"),
            json!({"id": "j", "sql": [sql, "--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"]}),
        )
    };
    for (change, fine) in [
        (example("SELECT a FROM main.s.orders WHERE b = :b"), true),
        (example("DROP TABLE main.s.orders"), false),
        (example("SELECT 1; DELETE FROM main.s.orders"), false),
        (snippet("SUM(`orders`.`amount`)"), true),
        (snippet("1; DROP TABLE x"), false),
        (join("`orders`.`c` = `customers`.`id`"), true),
        (join("DELETE FROM x"), false),
    ] {
        let failing = World::good().with(change.clone()).failing(&[]);
        assert_eq!(failing.is_empty(), fine, "{change:?}: {failing:?}");
    }
    let foreign = World::good().with(example("WITH w AS (SELECT 1 x) SELECT a FROM w, hr.pay.salaries"));
    assert_eq!(foreign.failing(&[config("tables-allowed", json!({}))]), ["tables-allowed", "foreign-catalog"]);
    assert_eq!(foreign.failing(&[config("tables-allowed", json!({"tables": ["hr.pay.*"]}))]), ["foreign-catalog"]);
    let added =
        World::good().with(Change::add(Address::table("hr.pay.salaries"), json!({"identifier": "hr.pay.salaries"})));
    assert_eq!(added.failing(&[config("tables-allowed", json!({}))]), ["tables-allowed", "foreign-catalog"]);
}

#[test]
fn benchmarks_and_cost() {
    let good = World::good;
    let mut world = good();
    world.questions[0].after = Outcome::BadGold;
    assert_eq!(world.failing(&[]), ["gold-health"]);
    assert_eq!(world.failing(&[config("gold-health", json!({"max_bad": 0.5}))]), [] as [&str; 0]);

    let mut world = good();
    world.suite.questions[0].sql = "SELECT a FROM main.s.refunds".to_owned();
    assert_eq!(world.failing(&[]), ["stale-benchmark"]);
    world.suite.questions[0].skip = Some("the table is gone".to_owned());
    assert_eq!(world.failing(&[]), [] as [&str; 0]);

    let mut world = good();
    let own = Change::add(Address::from_segments(["benchmarks", "questions", "b"]), json!({"id": "b"}));
    world.changes.push(planned("c-02", own));
    assert_eq!(world.failing(&[]), ["benchmark-change"]);
    world.changes.remove(0);
    assert_eq!(world.failing(&[]), [] as [&str; 0], "alone it is fine");
    let mut world = good();
    world.facts.applied_benchmarks = Some(Suite::default().digest());
    assert_eq!(world.failing(&[]), [] as [&str; 0], "what is learnt from new benchmarks is fine");
    world.changes[0].evidence.status = "declared".to_owned();
    assert_eq!(world.failing(&[]), ["benchmark-change"]);

    let mut world = good();
    world.evidence.questions_asked = 500;
    assert_eq!(world.failing(&[]), [] as [&str; 0]);
    world.facts.question_budget = Some(400);
    assert_eq!(world.failing(&[]), ["budget"]);
    assert_eq!(world.failing(&[config("budget", json!({"max_questions": 500}))]), [] as [&str; 0]);
    let mut world = good();
    world.questions[0].reason_after = "BUDGET".to_owned();
    assert_eq!(world.failing(&[]), ["budget"]);
}

#[test]
fn texts_that_do_not_belong_here() {
    let good = World::good;
    let says = |text: &str| good().with(Change::add(Address::table_field("main.s.orders", "x"), json!([text])));
    assert_eq!(says("Questions to kim@example.com.").failing(&[]), ["personal-data"]);
    let allowed = config("personal-data", json!({"allow": ["kim@example.com"]}));
    assert_eq!(says("Questions to kim@example.com.").failing(&[allowed]), [] as [&str; 0]);

    assert_eq!(says("Join it with dev.s.orders.").failing(&[]), ["foreign-catalog"]);
    assert_eq!(says("Join it with main.t.customers, e.g. orders.address.city.").failing(&[]), [] as [&str; 0]);
    let allowed = config("foreign-catalog", json!({"allow": ["dev"]}));
    assert_eq!(says("Join it with dev.s.orders.").failing(&[allowed]), [] as [&str; 0]);
    let mut world = good();
    world.target = Space::parse(
        r#"{"version":2,"data_sources":{"tables":[{"identifier":"main.s.orders","description":["Copy of old.s.orders."]}]}}"#,
    )
    .expect("space");
    assert_eq!(world.failing(&[]), [] as [&str; 0], "only what changes is looked at");
    assert_eq!(world.failing(&[config("foreign-catalog", json!({"whole": true}))]), ["foreign-catalog"]);

    let mut world = good();
    let address = world.changes[0].change.address.to_string();
    world.facts.sql_failures.insert(address, "no such column".to_owned());
    assert_eq!(world.failing(&[]), ["sql-runs"]);
}

#[test]
fn a_teams_own_rules() {
    let holds = |rules: &[&str]| World::good().failing(&[config("expression", json!({ "holds": rules }))]);
    assert_eq!(
        holds(&["score.after.learn.correct > score.before.learn.correct", "changes | length < 5"]),
        [] as [&str; 0]
    );
    assert_eq!(holds(&["changes | length == 0"]), ["expression"]);
    assert_eq!(holds(&["score.afterwards.learn > 3"]), ["expression"], "what is not there does not hold");
    assert_eq!(holds(&["1 +"]), ["expression"]);
}

#[test]
fn limits_of_the_service() {
    let space = |functions: usize, text: usize| {
        let functions: Vec<Value> = (0..functions).map(|i| json!({"id": i.to_string(), "identifier": "f"})).collect();
        let document = json!({"version": 2, "data_sources": {"tables": [{"identifier": "t", "description": ["x".repeat(text)]}]},
            "instructions": {"sql_functions": functions}});
        Space::from_document(document).expect("space")
    };
    let world = |base: Space, target: Space| World { base, target, suite: Suite::default(), ..World::good() };
    assert_eq!(world(space(0, 0), space(51, 0)).failing(&[]), ["limits"]);
    assert_eq!(world(space(0, 0), space(0, 25_001)).failing(&[]), ["limits"]);
    assert_eq!(world(space(60, 0), space(60, 25_000)).failing(&[]), [] as [&str; 0]);
    let lines = |count: usize| {
        let content = vec![format!("{}\n", "x".repeat(99)); count];
        let document =
            json!({"version": 2, "instructions": {"text_instructions": [{"id": "0".repeat(32), "content": content}]}});
        Space::from_document(document).expect("space")
    };
    assert_eq!(world(lines(1), lines(250)).failing(&[]), [] as [&str; 0]);
    assert_eq!(world(lines(1), lines(251)).failing(&[]), ["limits"], "lines are one text");
    assert_eq!(world(space(0, 0), space(0, 0)).failing(&[config("limits", json!({"max_tables": 0}))]), [] as [&str; 0]);
}

#[test]
fn waivers_lift_what_they_name_while_they_hold() {
    let mut world = World::good();
    world.questions.push(outcome("q3", Outcome::Correct, Outcome::Incorrect));
    let status = |waivers: &[Waiver]| {
        let outcomes = world.run(&[], waivers);
        outcomes.into_iter().find(|outcome| outcome.rule == "regressions").map(|outcome| outcome.status)
    };
    assert_eq!(status(&[waiver("regressions", "q3", "2026-06-15")]), Some(GuardStatus::Waived));
    assert_eq!(status(&[waiver("regressions", "", "2026-12-31")]), Some(GuardStatus::Waived));
    assert_eq!(status(&[waiver("regressions", "q4", "2026-12-31")]), Some(GuardStatus::Failed));
    assert_eq!(status(&[waiver("regressions", "q3", "2026-06-14")]), Some(GuardStatus::Failed));
    assert_eq!(status(&[waiver("regressions", "q3", "soon")]), Some(GuardStatus::Failed));
    assert_eq!(
        status(&[Waiver { owner: String::new(), ..waiver("regressions", "q3", "2026-12-31") }]),
        Some(GuardStatus::Failed)
    );

    let drop = json!({"id": "e", "question": ["x"], "sql": ["DROP TABLE t"]});
    let world = World::good().with(Change::add(Address::instruction("example_question_sqls", "e"), drop));
    let outcomes = world.run(&[], &[waiver("sql-read-only", "", "2026-12-31")]);
    assert!(outcomes.iter().any(|outcome| outcome.rule == "sql-read-only" && blocks(outcome)));
}

#[test]
fn wrong_configuration_is_told_and_blocks() {
    let configs = [config("regresions", json!({})), config("changes", json!({"max": "many", "mx": 3}))];
    let waivers =
        [waiver("gold-leak", "", "2026-12-31"), waiver("changes", "", "2026-01-01"), waiver("x", "", "2026-12-31")];
    let found = check_config(&configs, &waivers, TODAY);
    let codes: Vec<&str> = found.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["GE0790", "GE0791", "GE0791", "GE0793", "GE0792", "GE0790"]);
    assert_eq!(found[0].help.as_deref(), Some("did you mean `regressions`?"));
    assert_eq!(World::good().failing(&configs), ["changes", "regresions"]);
    let off = GuardConfig { level: Some(GuardLevel::Off), ..config("changes", json!({})) };
    assert!(World::good().run(&[off], &[]).iter().all(|outcome| outcome.rule != "changes"));
}

#[test]
fn the_bound_on_changes_is_what_would_block() {
    let config = |level: Option<GuardLevel>, max: u64| GuardConfig {
        rule: "changes".into(),
        level,
        params: serde_json::Map::from_iter([("max".to_owned(), serde_json::json!(max))]),
    };
    let today = jiff::civil::date(2025, 8, 27);
    let most = |configs: &[GuardConfig], waivers: &[Waiver]| super::most_changes(configs, waivers, today);
    assert_eq!(most(&[], &[]), Some(40), "the default");
    assert_eq!(most(&[config(None, 25), config(Some(GuardLevel::Hard), 30)], &[]), Some(25));
    assert_eq!(most(&[config(Some(GuardLevel::Advisory), 3)], &[]), None);
    let waiver = Waiver {
        rule: "changes".into(),
        reason: "first plan".into(),
        owner: "ana".into(),
        expires: "2025-08-27".into(),
        ..Waiver::default()
    };
    assert_eq!(most(&[config(None, 25)], std::slice::from_ref(&waiver)), None);
    assert_eq!(most(&[config(None, 25), config(Some(GuardLevel::Hard), 30)], &[waiver]), Some(30));
}
