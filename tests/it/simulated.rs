//! Over a simulated workspace: the judge's replies, of which none may change another question's
//! verdict or raise the score; services that fail; and a noisy content against itself.

#[path = "../../benches/score/rig.rs"]
pub mod rig;
#[allow(dead_code, reason = "the benchmark uses the rest of it")]
#[path = "../../benches/score/service.rs"]
mod service;

use genie_enhance::limit::Budget;
use genie_enhance::model::{Event, Outcome, Scorecard};
use genie_enhance::store::{AnswerKey, Claims, Trace};
use rig::{Rig, claims_of_itself, questions, target};
use serde_json::{Value, json};
use service::{Pace, Reply, Service, verdicts};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// The card of `count` questions, and how often their service was asked to begin a conversation.
async fn score_failing(count: usize, rig: Rig, failing: impl IntoIterator<Item = usize>) -> (Scorecard, usize, usize) {
    let service = Service::failing(failing).await;
    let folder = tempfile::tempdir().expect("a folder");
    let trials = Arc::new(AtomicUsize::new(0));
    let counted = trials.clone();
    let scorer = Rig { poll: Duration::from_millis(2), judges: false, ..rig }.scorer(&service, folder.path(), {
        move |event| {
            if matches!(event, Event::Breaker { state } if state == "half-open") {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let suite = questions(count);
    let asked: Vec<_> = suite.iter().collect();
    let card = scorer.score(&target(), &asked, 1, "test").await;
    assert_eq!(card.questions.len(), count, "every question is listed");
    (card, service.sim.attempts(), trials.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_failures_of_twenty_leave_eighteen_verdicts_and_two_not_run() {
    let (card, attempts, trials) = score_failing(20, Rig::default(), [4, 15]).await;
    assert_eq!((card.correct(), card.total(), card.count(Outcome::NotRun)), (18, 18, 2), "{:?}", outcomes(&card));
    for id in ["q004", "q015"] {
        let verdict = &card.get(id).expect("listed").verdict;
        assert_eq!((verdict.outcome, verdict.reason.as_str()), (Outcome::NotRun, "SERVICE"), "{id}");
    }
    assert!(trials == 0 && attempts == 18 + 2 * 3, "{attempts} attempts: each failing one is tried three times");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_service_costs_its_threshold_what_was_in_flight_and_the_trials() {
    let rig = Rig { cool_down: Duration::from_millis(100), ..Rig::default() };
    assert_eq!((rig.failures, rig.concurrency, rig.retries), (5, 3, 2));
    let (card, attempts, trials) = score_failing(40, rig, 1..=40).await;
    assert_eq!((card.total(), card.count(Outcome::NotRun)), (0, 40));
    assert!(attempts <= 5 + 2 + trials && (1..=3).contains(&trials), "{attempts} attempts, {trials} trials");
    let open = card.questions.iter().filter(|question| question.verdict.reason == "BREAKER_OPEN").count();
    assert!(open >= 40 - attempts, "{open} were not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_may_have_been_asked_is_not_asked_again_and_is_listed() {
    let service = Service::failing([]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let suite = questions(5);
    // A run that was killed between noting that it sends a question and hearing where it went;
    // and the service shows nobody its conversations.
    let key = AnswerKey {
        space: target().content,
        question: suite[2].question.clone(),
        attempt: 1,
        as_of: None,
        workspace: "simulated".to_owned(),
    };
    let dead = Claims::open(folder.path().join("claims.jsonl")).expect("claims");
    let sent = Trace {
        space_id: target().space_id,
        question: suite[2].question.clone(),
        at: jiff::Timestamp::now().as_millisecond() - 60_000,
        thread: None,
    };
    dead.claim(&key.digest()).expect("claimed");
    dead.sent(&key.digest(), &sent).expect("noted");
    drop(dead);
    let scorer = Rig { judges: false, ..Rig::default() }.scorer(&service, folder.path(), |_| {});
    scorer.recover().await;
    let asked: Vec<_> = suite.iter().collect();
    let card = scorer.score(&target(), &asked, 1, "test").await;
    assert_eq!((card.correct(), card.total(), card.count(Outcome::NotRun)), (4, 4, 1), "{:?}", outcomes(&card));
    assert_eq!(card.get("q003").expect("listed").verdict.reason, "UNKNOWN_OUTCOME");
    assert_eq!(service.sim.attempts(), 4, "it was not sent again");
}
