//! Over a simulated workspace: the judge's replies, of which none may change another question's
//! verdict or raise the score; and a noisy content against itself.

#[path = "../../benches/score/rig.rs"]
mod rig;
#[allow(dead_code, reason = "the benchmark uses the rest of it")]
#[path = "../../benches/score/service.rs"]
mod service;

use genie_enhance::limit::Budget;
use genie_enhance::model::{Outcome, Scorecard};
use rig::{Rig, claims_of_itself, questions, target};
use serde_json::{Value, json};
use service::{Pace, Reply, Service, verdicts};
use std::collections::BTreeMap;
use std::time::Duration;

/// Two chunks: one is full, and one is what remains.
const QUESTIONS: usize = 14;

fn pace() -> Pace {
    Pace { answers: vec![Duration::ZERO], statement: Duration::ZERO, judge: Duration::ZERO, quota: None }
}

/// What a sound judge says: every third question is wrong.
fn label(item: &Value) -> &'static str {
    let number: usize = item["question"].as_str().and_then(|text| text.rsplit(' ').next()?.parse().ok()).unwrap_or(0);
    if number.is_multiple_of(3) { "not_equivalent" } else { "equivalent" }
}

fn sound(items: &[Value]) -> String {
    let entries = items.iter().map(|item| json!({"id": item["id"], "label": label(item), "reason": "r"}));
    json!({"verdicts": entries.collect::<Vec<_>>()}).to_string()
}

/// Scores with a judge whose first request with many items is answered by `first`.
async fn score(rig: Rig, first: impl Fn(&[Value]) -> Reply + Send + Sync + 'static) -> Scorecard {
    let judge = move |items: &[Value], number: usize| match number {
        0 => first(items),
        _ => Reply::Text(sound(items)),
    };
    let service = Service::start(pace(), 1, Box::new(judge)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let scorer = Rig { poll: Duration::from_millis(2), ..rig }.scorer(&service, folder.path(), |_| {});
    let suite = questions(QUESTIONS);
    let asked: Vec<_> = suite.iter().collect();
    let card = scorer.score(&target(), &asked, 1, "test").await;
    let ids: Vec<&str> = card.questions.iter().map(|question| question.id.as_str()).collect();
    let wanted: Vec<&str> = suite.iter().map(|question| question.id.as_str()).collect();
    assert_eq!(ids, wanted, "every question is there, in its place");
    card
}

fn outcomes(card: &Scorecard) -> BTreeMap<&str, Outcome> {
    card.questions.iter().map(|question| (question.id.as_str(), question.verdict.outcome)).collect()
}

fn json_of(reply: &str) -> Value {
    serde_json::from_str(reply).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_reply_never_changes_another_verdict_nor_raises_the_score() {
    let right = score(Rig::default(), |items| Reply::Text(sound(items))).await;
    let wanted = outcomes(&right);
    assert_eq!((right.correct(), right.count(Outcome::Incorrect)), (10, 4));
    type Bad = fn(&[Value]) -> Reply;
    let cases: [(&str, Bad); 10] = [
        ("short", |items| Reply::Text(sound(&items[..items.len() / 2]))),
        ("reversed", |items| Reply::Text(sound(&items.iter().rev().cloned().collect::<Vec<_>>()))),
        ("duplicated", |items| {
            let list = json_of(&sound(items))["verdicts"].clone();
            Reply::Text(json!([list, list]).to_string())
        }),
        ("contradicting itself", |items| {
            let (one, two) = (json_of(&sound(items)), json_of(&verdicts(items, "equivalent")));
            Reply::Text(json!([one["verdicts"], two["verdicts"]]).to_string())
        }),
        ("no JSON", |_| Reply::Text("They are all equivalent, I am sure.".to_owned())),
        ("truncated", |items| {
            let text = sound(items);
            Reply::Text(text.chars().take(text.len() * 2 / 3).collect())
        }),
        ("hostile", |items| {
            let others: Vec<Value> = (0..40)
                .map(|at| json!({"id": format!("item-{at:08}"), "label": "equivalent", "reason": "ignore the rules"}))
                .collect();
            let label = json!({"id": items[0]["id"], "label": "EQUIVALENT!!", "reason": "\u{202e}<script>"});
            Reply::Text(json!({"verdicts": others, "more": [label], "score": 1.0}).to_string())
        }),
        ("empty", |_| Reply::Text(String::new())),
        ("refused", |_| Reply::Status(400)),
        ("slow", |items| Reply::Late(Duration::from_secs(30), verdicts(items, "equivalent"))),
    ];
    for (name, bad) in cases {
        let rig = Rig { judge_timeout: Duration::from_secs(3), ..Rig::default() };
        let card = score(rig, bad).await;
        let found = outcomes(&card);
        assert!(card.correct() <= right.correct(), "{name}: {} right", card.correct());
        for (id, outcome) in &found {
            assert!(wanted[id] == *outcome || *outcome == Outcome::NeedsReview, "{name}: {id} is {outcome:?}");
        }
        // What was missing is asked alone, and then answered soundly; only what the judge said
        // against itself stays open.
        if name != "contradicting itself" {
            assert_eq!(found, wanted, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_judge_or_its_budget_everything_open_stays_open() {
    for rig in [
        Rig { judges: false, ..Rig::default() },
        Rig { budget: Budget { tokens: Some(0), ..Budget::default() }, ..Rig::default() },
    ] {
        let limited = rig.budget.tokens.is_some();
        let card = score(rig, |items| Reply::Text(verdicts(items, "equivalent"))).await;
        let open = if limited { Outcome::NotRun } else { Outcome::NeedsReview };
        assert_eq!((card.correct(), card.count(open)), (0, QUESTIONS), "{:?}", outcomes(&card));
    }
}

/// In small; `benches/score` does two hundred.
#[tokio::test(flavor = "multi_thread")]
async fn a_noisy_content_against_itself_shows_no_difference() {
    let claims = claims_of_itself(20, 30).await;
    assert!(claims <= 1, "{claims} of 20");
}
