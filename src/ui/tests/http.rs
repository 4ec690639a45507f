//! The server over HTTP: what it refuses, and that nothing from outside comes alive on a page.

use crate::model::{
    Answer, Diagnostic, Event, FirstDifference, Outcome, Plan, Question, ScoredQuestion, SourceSpan, Verdict,
};
use crate::ui::{
    ActionError, Actions, BenchmarkFile, Finished, HistoryRow, Hub, Past, Project, Reply, RunInfo, RunStatus,
    RunningUi, StartOptions, UiOptions, demo, report, serve,
};
use futures::FutureExt;
use reqwest::{Client, StatusCode};
use std::sync::Arc;
use std::time::Duration;

const EVIL: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}";

struct Session {
    ui: RunningUi,
    client: Client,
    root: String,
    csrf: String,
}

fn client() -> Client {
    // The provider can be set once in a process; another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

async fn session(hub: Arc<Hub>, actions: Arc<dyn Actions>) -> Session {
    let ui = serve(UiOptions::default(), hub, actions).await.expect("a server");
    let entered = client().get(&ui.url_with_token).send().await.expect("a reply");
    assert_eq!(entered.status(), StatusCode::OK);
    let cookie = entered.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    let headers = [("cookie", pair)].into_iter().map(|(k, v)| (k.parse().expect("name"), v.parse().expect("value")));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().default_headers(headers.collect()).build().expect("a client");
    let root = format!("http://{}", ui.address);
    let page = client.get(&root).send().await.expect("a reply").text().await.expect("text");
    let csrf = page.split("data-csrf=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token").to_owned();
    Session { ui, client, root, csrf }
}

impl Session {
    async fn get(&self, path: &str) -> (StatusCode, String) {
        let reply = self.client.get(format!("{}{path}", self.root)).send().await.expect("a reply");
        (reply.status(), reply.text().await.expect("text"))
    }

    async fn post(&self, action: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        self.post_from(action, fields, &self.root, &self.csrf).await
    }

    async fn post_from(&self, action: &str, fields: &[(&str, &str)], origin: &str, csrf: &str) -> (StatusCode, String) {
        let mut form: Vec<(&str, &str)> = fields.to_vec();
        form.push(("csrf", csrf));
        let request = self.client.post(format!("{}/do/{action}", self.root)).header("origin", origin).form(&form);
        let reply = request.send().await.expect("a reply");
        (reply.status(), reply.text().await.expect("text"))
    }

    async fn upload(&self, name: &str, bytes: Vec<u8>) -> Result<(StatusCode, String), reqwest::Error> {
        let request = self.client.post(format!("{}/do/benchmarks", self.root)).query(&[("name", name)]).body(bytes);
        let request = request.header("content-type", "application/octet-stream").header("x-csrf", &self.csrf);
        let reply = request.header("origin", &self.root).send().await?;
        Ok((reply.status(), reply.text().await?))
    }
}

async fn demo_session() -> (Arc<Hub>, Session) {
    let (hub, actions) = demo(None);
    (Arc::clone(&hub), session(hub, actions).await)
}

#[tokio::test]
async fn strangers_are_refused() {
    let (_, session) = demo_session().await;
    let stranger = client();
    for path in ["/", "/part/overview", "/events", "/report.html", "/log", "/assets/app.js", "/nothing"] {
        let reply = stranger.get(format!("{}{path}", session.root)).send().await.expect("a reply");
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    for query in ["token=", "token=guess", "x=token=", "tokentoken=1"] {
        let reply = stranger.get(format!("{}/?{query}", session.root)).send().await.expect("a reply");
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{query}");
    }
    let foreign = session.client.get(&session.root).header("host", "evil.example:80");
    assert_eq!(foreign.send().await.expect("a reply").status(), StatusCode::FORBIDDEN);
    let foreign = session.client.get(&session.root).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.expect("a reply").status(), StatusCode::FORBIDDEN);
    session.ui.stop().await;
}

#[tokio::test]
async fn it_is_served_to_this_machine_only() {
    let (hub, actions) = demo(None);
    for address in ["0.0.0.0", "192.0.2.1", "::"] {
        let options = UiOptions { bind: address.parse().expect("an address"), ..UiOptions::default() };
        let error = serve(options, Arc::clone(&hub), Arc::clone(&actions)).await.err().expect("refused");
        assert!(error.to_string().contains("not a loopback address"), "{error}");
    }
}

#[tokio::test]
async fn writes_need_the_origin_and_the_token() {
    let (hub, session) = demo_session().await;
    let id = hub.look(|run| run.plan_id().map(str::to_owned)).expect("a plan");
    let typed = [("typed", id.as_str())];
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let (status, _) = session.post_from("apply", &typed, origin, &session.csrf).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
    }
    let (status, text) = session.post_from("apply", &typed, &session.root, "stale").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(text.contains("Reload"), "{text}");
    let bare = session.client.post(format!("{}/do/apply", session.root)).form(&typed).send().await.expect("a reply");
    assert_eq!(bare.status(), StatusCode::FORBIDDEN, "no origin at all");
    assert!(hub.look(|run| run.applied.is_empty() && run.status == RunStatus::Planned));
    session.ui.stop().await;
}

#[tokio::test]
async fn responses_are_hardened_and_tell_no_secret() {
    let (_, session) = demo_session().await;
    let reply = session.client.get(&session.root).send().await.expect("a reply");
    let policy = reply.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
    let page = reply.text().await.expect("text");
    let token = session.ui.url_with_token.split("token=").nth(1).expect("a token");
    assert!(!page.contains(token));
    assert!(!page.contains(" style=") && !page.contains(" onclick"), "the policy forbids them");
    session.ui.stop().await;
}

#[tokio::test]
async fn uploads_are_bounded_and_checked() {
    let (_, session) = demo_session().await;
    // The server may close the connection before it has read what it will not take.
    if let Ok((status, _)) = session.upload("big.yaml", vec![b'a'; 100 * 1024 * 1024]).await {
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }
    for name in ["../x.yaml", "/etc/x.yaml", "a\\b.yaml", "x.exe", "", ".yaml", "a%2fb.yaml"] {
        let (status, _) = session.upload(name, b"[]".to_vec()).await.expect("a reply");
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}");
    }
    let wrong = "questions:\n  - id: a\n    question: 어제 매출\n    sql: SELECT 1\n  - id: b\n    question: no SQL\n";
    let (status, text) = session.upload("more.yaml", wrong.into()).await.expect("a reply");
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("more.yaml") && text.contains(":5:"), "by line: {text}");
    let good = wrong.replace("no SQL\n", "with\n    sql: SELECT 2\n");
    assert_eq!(session.upload("더 많이.yaml", good.into()).await.expect("a reply").0, StatusCode::OK);
    assert!(session.get("/part/do").await.1.contains("더 많이.yaml"));
    let (status, _) = session.post("benchmarks", &[("name", "pasted.yaml"), ("text", "- {id: a}")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for path in ["/part/../do", "/part/%2e%2e%2fdo", "/assets/../server.rs", "/assets/%2e%2e/x", "/do/start"] {
        assert!(session.get(path).await.0.is_client_error(), "{path}");
    }
    session.ui.stop().await;
}

#[tokio::test]
async fn a_plan_is_applied_by_its_id_and_rolled_back() {
    let (hub, session) = demo_session().await;
    let id = hub.look(|run| run.plan_id().map(str::to_owned)).expect("a plan");
    for typed in ["", "00000000", &id[..4]] {
        assert_eq!(session.post("apply", &[("typed", typed)]).await.0, StatusCode::CONFLICT, "{typed}");
    }
    assert_eq!(session.post("apply", &[("typed", &id[..8])]).await.0, StatusCode::OK);
    let applied = hub.wait_until(|run| run.status == RunStatus::Applied);
    tokio::time::timeout(Duration::from_secs(60), applied).await.expect("applied in time");
    let (_, page) = session.get("/part/apply").await;
    let changes = hub.look(|run| run.plan().map_or(0, |plan| plan.changes.len()));
    assert!(page.contains(&format!("{changes} of {changes}")) && page.contains(&format!("{changes} equal")));
    let (_, history) = session.get("/part/history").await;
    assert!(history.contains("apply #1"));
    assert_eq!(session.post("rollback", &[("serial", "1"), ("typed", "3")]).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(session.post("rollback", &[("serial", "1"), ("typed", "#1")]).await.0, StatusCode::OK);
    assert!(session.get("/part/history").await.1.contains("rollback #2"));
    session.ui.stop().await;
}

#[tokio::test]
async fn the_rest_of_the_forms_work() {
    let (hub, session) = demo_session().await;
    let (status, text) = session.post("config", &[("text", "versoin: 1\nvers: 2\n"), ("what", "save")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("genie.yaml") && text.contains(":2:1") && text.contains("did you mean"), "{text}");
    assert_eq!(session.post("config", &[("text", "version: 1\r\n"), ("what", "save")]).await.0, StatusCode::OK);
    assert_eq!(session.post("select", &[("ids", "c-01"), ("ids", "c-06")]).await.0, StatusCode::OK);
    assert_eq!(hub.look(|run| run.plan().map(|plan| plan.changes.len())), Some(2));
    assert_eq!(session.post("stop", &[]).await.0, StatusCode::CONFLICT);
    assert_eq!(session.post("explode", &[]).await.0, StatusCode::NOT_FOUND);
    session.ui.stop().await;
}

#[tokio::test]
async fn the_stream_goes_on_where_a_page_was() {
    let (hub, session) = demo_session().await;
    let seen = hub.newest();
    hub.publish(Event::Note { message: "while away".into() });
    let request = session.client.get(format!("{}/events", session.root)).header("last-event-id", seen.to_string());
    let mut reply = request.send().await.expect("a reply");
    assert!(reply.headers()["content-type"].to_str().expect("text").starts_with("text/event-stream"));
    let chunk = tokio::time::timeout(Duration::from_secs(60), reply.chunk()).await.expect("in time");
    let text = String::from_utf8_lossy(&chunk.expect("a chunk").expect("bytes")).into_owned();
    assert!(text.contains(&format!("id: {}", seen + 1)) && text.contains("data: overview scoring\n"), "{text}");
    // An open stream does not hold up the end.
    tokio::time::timeout(Duration::from_secs(60), session.ui.stop()).await.expect("an end");
}

/// Answers everything with the same hostile text.
struct Evil;

impl Actions for Evil {
    fn start_plan(&self, _: StartOptions) -> Reply<'_> {
        async { Err(ActionError::Failed(EVIL.into())) }.boxed()
    }
    fn stop(&self) -> Reply<'_> {
        async { Ok(EVIL.into()) }.boxed()
    }
    fn apply(&self, typed: String) -> Reply<'_> {
        async { Err(ActionError::Refused(typed)) }.boxed()
    }
    fn rollback(&self, _: u64) -> Reply<'_> {
        async { Ok(EVIL.into()) }.boxed()
    }
    fn validate_config(&self, _: String) -> Reply<'_, Vec<Diagnostic>> {
        let place = SourceSpan { file: EVIL.into(), line: 1, column: 1, length: 1, text: EVIL.into() };
        async { Ok(vec![Diagnostic::error(EVIL, EVIL).at(place).help(EVIL)]) }.boxed()
    }
    fn save_config(&self, _: String) -> Reply<'_> {
        async { Ok(EVIL.into()) }.boxed()
    }
    fn upload_benchmarks(&self, _: String, _: Vec<u8>) -> Reply<'_, Vec<Diagnostic>> {
        self.validate_config(String::new())
    }
    fn select_changes(&self, _: Vec<String>) -> Reply<'_> {
        async { Ok(EVIL.into()) }.boxed()
    }
    fn history(&self) -> Reply<'_, Past> {
        let row = HistoryRow {
            kind: EVIL.into(),
            plan_id: EVIL.into(),
            at: EVIL.into(),
            by: EVIL.into(),
            outcome: EVIL.into(),
            drift: EVIL.into(),
            score_after: Some(f64::NAN),
            serial: Some(1),
            can_roll_back: true,
            ..HistoryRow::default()
        };
        async { Ok(Past { rows: vec![row.clone(), row], from: EVIL.into(), problem: EVIL.into() }) }.boxed()
    }
    fn project(&self) -> Reply<'_, Project> {
        async {
            let file = BenchmarkFile {
                name: EVIL.into(),
                questions: 1,
                diagnostics: self.validate_config(String::new()).await?,
            };
            let help = vec![(EVIL.to_owned(), EVIL.to_owned())];
            Ok(Project { config_path: EVIL.into(), config: EVIL.into(), benchmarks: vec![file], help })
        }
        .boxed()
    }
}

/// Every text of a JSON value replaced, but for those that serde or the plan's form needs.
fn poison(value: &mut serde_json::Value) {
    const KEPT: [&str; 18] = [
        "verdict", "split", "before", "after", "category", "action", "reason", "level", "status", "address", "outcome",
        "kind", "type", "columns", "live", "target", "decision", "version",
    ];
    match value {
        serde_json::Value::String(text) => EVIL.clone_into(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(poison),
        serde_json::Value::Object(map) => {
            map.iter_mut()
                .filter(|(key, v)| !(v.is_string() && KEPT.contains(&key.as_str())))
                .for_each(|(_, v)| poison(v));
        }
        _ => {}
    }
}

fn evil_finished() -> Finished {
    let (hub, _) = demo(None);
    let good = hub.run().finished.as_deref().cloned().expect("a plan");
    let mut plan = serde_json::to_value(&good.plan).expect("JSON");
    poison(&mut plan);
    let mut plan: Plan = serde_json::from_value(plan).expect("a plan");
    for change in &mut plan.changes {
        change.reason = EVIL.into();
        change.evidence.status = EVIL.into();
        change.change.address = crate::model::Address::table_field(EVIL, EVIL);
    }
    let verdict = |outcome| Verdict {
        outcome,
        reason: EVIL.into(),
        detail: EVIL.into(),
        notes: vec![EVIL.into()],
        first_difference: Some(FirstDifference {
            row: None,
            column: Some(EVIL.into()),
            expected: EVIL.into(),
            actual: EVIL.into(),
        }),
        native: EVIL.into(),
    };
    let answers = [
        Answer::Sql { sql: EVIL.into(), description: EVIL.into(), thoughts: vec![] },
        Answer::Text { text: EVIL.into(), asks_back: true },
        Answer::Failed { error_type: EVIL.into(), message: EVIL.into() },
    ];
    let mut card = good.before.clone().expect("a scorecard");
    let mut suite = good.suite.clone().expect("a suite");
    for (at, question) in plan.questions.iter_mut().enumerate() {
        question.id = format!("{at}{EVIL}");
        question.after = Outcome::Incorrect;
        let answer = Some(answers[at % 3].clone());
        card.questions[at] =
            ScoredQuestion { id: question.id.clone(), answer, verdict: verdict(Outcome::Incorrect), seconds: None };
        suite.questions[at] =
            Question { id: question.id.clone(), question: EVIL.into(), sql: EVIL.into(), ..Question::default() };
    }
    Finished { plan, id: EVIL.into(), before: Some(card.clone()), after: Some(card), suite: Some(suite), ..good }
}

fn evil_hub() -> Hub {
    let hub = Hub::new(RunInfo { title: EVIL.into(), workspace: EVIL.into(), ..RunInfo::default() });
    for line in demo(None).0.log_page(0, 10_000).0.into_iter().rev().filter_map(|entry| entry.event) {
        let mut event = serde_json::to_value(line).expect("JSON");
        let keep = event.get("phase").cloned();
        poison(&mut event);
        if let Some(phase) = keep {
            event["phase"] = phase;
        }
        if event.get("reason").is_some() {
            event["reason"] = EVIL.into();
        }
        hub.publish(serde_json::from_value(event).expect("an event"));
    }
    hub.publish(Event::ChangeApplied { id: EVIL.into(), status: EVIL.into() });
    hub.publish(Event::Breaker { state: EVIL.into() });
    hub
}

fn inert(place: &str, page: &str) {
    let own = page.matches("<script src=\"/assets/app.js\"></script>").count();
    assert_eq!(page.matches("<script").count(), own, "{place}");
    // What a form sends back must stay as it is.
    let fields = regex::Regex::new(r#"<textarea[^>]*>[^<]*</textarea>|value="[^"]*""#).expect("a pattern");
    let read = fields.replace_all(page, "");
    assert!(!page.contains("<img") && !read.contains('\u{202e}'), "{place}");
    // Every quote of the hostile text is escaped, so that no attribute can be left.
    assert!(!page.contains("\"'>") && !page.contains("\"'&gt;"), "{place}");
}

#[tokio::test]
async fn script_in_every_text_field_is_inert() {
    let hub = Arc::new(evil_hub());
    let session = session(Arc::clone(&hub), Arc::new(Evil)).await;
    for finished in [None, Some(evil_finished())] {
        if let Some(finished) = finished {
            hub.finish(finished);
        }
        inert("page", &session.get("/").await.1);
        inert("log", &session.get("/log").await.1);
        inert("report", &report(&hub.run()));
        let reply = session.client.get(format!("{}/failure", session.root)).query(&[("id", format!("0{EVIL}"))]);
        inert("failure", &reply.send().await.expect("a reply").text().await.expect("text"));
    }
    for action in ["start", "stop", "apply", "select", "config", "benchmarks"] {
        let fields = [("typed", EVIL), ("text", EVIL), ("name", "a.yaml"), ("ids", EVIL), ("what", "save")];
        inert(action, &session.post(action, &fields).await.1);
    }
    session.ui.stop().await;
}
