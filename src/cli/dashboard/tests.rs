//! The dashboard over a real project: what the page does goes the way of the commands.

use super::open;
use crate::cli::args::ProjectArgs;
use crate::cli::output::Output;
use crate::cli::recorded;
use crate::format::{EventLine, LineBody, event_to_json, plan_from_json};
use crate::history::{History, Moment, Place, RunRecord, RunRow};
use crate::model::Plan;
use crate::store::{Layout, StateStore, list_runs};
use crate::ui::{RunStatus, RunningUi, UiOptions, report, serve};
use reqwest::{Client, StatusCode};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Beginnings of the ids of those questions of the example that are asked; few, to be quick.
const QUESTIONS: [&str; 5] = ["payrate", "arppu", "revenue-overseas", "dau-overseas", "flagship"];

/// A sentence of the example's space, and what a person makes of it.
const EDITED: (&str, &str) = ("One row per game, closed ones too.", "One row per game; closed ones are in it.");

struct Project {
    folder: tempfile::TempDir,
    args: ProjectArgs,
}

fn output() -> Output {
    Output { color_out: false, color_err: false, width: 80, interactive: false, quiet: true, json: false, muted: false }
}

/// A copy of an example with a few of its questions.
fn project() -> Project {
    let folder = tempfile::tempdir().expect("a folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/game-kpi");
    for part in ["", "data"] {
        std::fs::create_dir_all(folder.path().join(part)).expect("made");
        for entry in std::fs::read_dir(from.join(part)).expect("the example").flatten().filter(|e| e.path().is_file()) {
            std::fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).expect("copied");
        }
    }
    let all = std::fs::read_to_string(from.join("benchmarks/kpi.yaml")).expect("read");
    let mut parts = all.split("\n  - id: ");
    let head = parts.next().expect("a head");
    let few: Vec<&str> = parts.filter(|part| QUESTIONS.iter().any(|id| part.starts_with(id))).take(24).collect();
    let text = format!("{}\n  - id: {}\n", head, few.join("\n  - id: "));
    std::fs::create_dir_all(folder.path().join("benchmarks")).expect("made");
    std::fs::write(folder.path().join("benchmarks/few.yaml"), text).expect("written");
    let args = ProjectArgs {
        file: folder.path().join("genie.yaml"),
        environment: None,
        variables: Vec::new(),
        benchmarks: Vec::new(),
    };
    Project { folder, args }
}

impl Project {
    fn layout(&self) -> Layout {
        Layout::new(self.folder.path().join(".genie-enhance"))
    }

    fn plan_file(&self) -> PathBuf {
        let plans = self.layout().plans();
        plans.join(std::fs::read_to_string(plans.join("latest")).expect("a plan").trim())
    }
}

struct Page {
    ui: RunningUi,
    hub: std::sync::Arc<crate::ui::Hub>,
    client: Client,
    root: String,
    csrf: String,
}

async fn page(project: &Project) -> Page {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (hub, actions) = open(&project.args, None, output()).expect("a dashboard");
    let ui = serve(UiOptions::default(), hub.clone(), actions).await.expect("a server");
    let entered = reqwest::Client::builder().no_proxy().build().expect("a client").get(&ui.url_with_token).send().await;
    let cookie = entered.expect("a reply").headers()["set-cookie"].to_str().expect("text").to_owned();
    let pair = cookie.split(';').next().expect("a pair").parse().expect("a header");
    let headers = [(reqwest::header::COOKIE, pair)].into_iter().collect();
    let client = Client::builder().no_proxy().default_headers(headers).build().expect("a client");
    let root = format!("http://{}", ui.address);
    let text = client.get(&root).send().await.expect("a reply").text().await.expect("text");
    let csrf = text.split("data-csrf=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token").to_owned();
    Page { ui, hub, client, root, csrf }
}

impl Page {
    async fn get(&self, path: &str) -> String {
        self.client.get(format!("{}{path}", self.root)).send().await.expect("a reply").text().await.expect("text")
    }

    async fn act(&self, action: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let mut form = fields.to_vec();
        form.push(("csrf", &self.csrf));
        let request = self.client.post(format!("{}/do/{action}", self.root)).header("origin", &self.root).form(&form);
        let reply = request.send().await.expect("a reply");
        (reply.status(), reply.text().await.expect("text"))
    }

    /// Follows the live stream until the run is no longer busy.
    async fn follow(&self) -> RunStatus {
        let mut stream = self.client.get(format!("{}/events", self.root)).send().await.expect("a stream");
        loop {
            let status = self.hub.look(|run| run.status.clone());
            if !status.is_busy() {
                return status;
            }
            let told = tokio::time::timeout(Duration::from_secs(120), stream.chunk()).await.expect("news in time");
            assert!(told.expect("a chunk").is_some(), "the stream ended");
        }
    }
}

fn read_plan(path: &Path) -> (Plan, String) {
    let loaded = plan_from_json(&std::fs::read_to_string(path).expect("read")).expect("a plan");
    (loaded.plan, loaded.id.as_str().to_owned())
}

fn shows_plan(page: &str, plan: &Plan) {
    let after = plan.score.after.all();
    assert!(page.contains(&format!("{} of {}", after.correct, after.total)), "the plan's score");
    assert!(page.contains(&plan.verdict.as_str().replace('-', " ")), "the plan's verdict");
    for change in &plan.changes {
        assert!(page.contains(&change.id), "{}", change.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_made_applied_and_undone_in_the_page() {
    let project = project();
    let page = page(&project).await;
    assert_eq!(page.hub.look(|run| run.status.clone()), RunStatus::Idle);
    assert_eq!(page.act("apply", &[("typed", "0123456789")]).await.0, StatusCode::CONFLICT);

    // Stopped half way: the shadow is gone, and the run is on record.
    assert_eq!(page.act("start", &[]).await.0, StatusCode::OK);
    assert_eq!(page.act("start", &[]).await.0, StatusCode::CONFLICT, "one at a time");
    let asked = page.hub.wait_until(|run| run.asked > 0);
    tokio::time::timeout(Duration::from_secs(120), asked).await.expect("a question in time");
    let half = page.get("/part/scoring").await;
    assert!(half.contains("before"), "the reload shows the batch that runs: {half}");
    assert_eq!(page.act("stop", &[]).await.0, StatusCode::OK);
    assert_eq!(page.follow().await, RunStatus::Stopped);
    let ledger = crate::store::Ledger::new(project.layout().ledger());
    assert_eq!(ledger.shadows().expect("read").len(), 0);

    // A whole plan.
    assert_eq!(page.act("start", &[("rounds", "1")]).await.0, StatusCode::OK);
    assert_eq!(page.follow().await, RunStatus::Planned);
    let (plan, id) = read_plan(&project.plan_file());
    shows_plan(&page.get("/").await, &plan);
    assert_eq!(page.hub.look(|run| run.plan_id().map(str::to_owned)), Some(id.clone()));

    // Applied with its id only.
    for wrong in ["01234567", &id[..7], ""] {
        let (status, _) = page.act("apply", &[("typed", wrong)]).await;
        assert!(status.is_client_error(), "{wrong}: {status}");
    }
    let states = StateStore::new(project.layout().state());
    assert_eq!(states.load().expect("no state"), None);
    assert_eq!(page.act("apply", &[("typed", &id[..8])]).await.0, StatusCode::OK);
    assert_eq!(page.follow().await, RunStatus::Applied);
    let state = states.load().expect("read").expect("a state");
    assert_eq!((state.serial, state.applied[0].plan_id.as_str()), (1, id.as_str()));
    let history = page.get("/part/history").await;
    assert!(history.contains("apply #1") && history.contains(&id[..8]), "{history}");

    // Creating a space has no way back, and the page says so.
    assert_eq!(page.act("rollback", &[("serial", "1"), ("typed", "1")]).await.0, StatusCode::OK);
    assert!(matches!(page.follow().await, RunStatus::Failed(why) if why.contains("created the space")));
    assert_eq!(states.load().expect("read").expect("a state").serial, 1);
    undone(&project, &page).await;
    page.ui.stop().await;

    // The runs speak for themselves, later.
    let commands: Vec<String> = recorded::newest(&project.layout(), 9).into_iter().map(|run| run.command).collect();
    assert_eq!(commands, ["rollback", "apply", "plan", "rollback", "apply", "plan", "plan"]);
    let runs = list_runs(&project.layout().runs());
    // A look for drift shows nothing of its own, however many there were since.
    let newest = recorded::latest(&project.layout());
    assert_eq!(newest.as_ref(), runs.last());
    let look = runs.last().expect("a run").with_file_name("29991231T000000Z");
    std::fs::create_dir(&look).expect("made");
    let events = std::fs::read_to_string(runs[0].join("events.jsonl")).expect("read");
    let first = events.lines().next().expect("a line").replace("\"plan\"", "\"drift\"");
    std::fs::write(look.join("events.jsonl"), format!("{first}\n")).expect("written");
    assert_eq!(recorded::head(&look).expect("a run").command, "drift");
    assert_eq!(recorded::latest(&project.layout()), newest);
    for (run, status) in [(2, RunStatus::Applied), (1, RunStatus::Planned), (0, RunStatus::Stopped)] {
        let shown = recorded::show(&project.layout(), &runs[run], crate::ui::RunInfo::default()).expect("shown").run();
        assert_eq!(shown.status, status);
        if run > 0 {
            shows_plan(&report(&shown), &plan);
        }
    }
}

/// A declared edit, planned and applied, and taken back.
async fn undone(project: &Project, page: &Page) {
    let file = project.folder.path().join("space.yaml");
    let declared = std::fs::read_to_string(&file).expect("read");
    let edited = declared.replacen(EDITED.0, EDITED.1, 1);
    assert_ne!(edited, declared);
    std::fs::write(&file, edited).expect("written");
    assert_eq!(page.act("start", &[("rounds", "1")]).await.0, StatusCode::OK);
    assert_eq!(page.follow().await, RunStatus::Planned);
    let (plan, id) = read_plan(&project.plan_file());
    assert!(plan.changes.iter().any(|change| change.evidence.status == "declared"), "{plan:?}");
    shows_plan(&page.get("/").await, &plan);
    assert_eq!(page.act("apply", &[("typed", &id)]).await.0, StatusCode::OK);
    assert_eq!(page.follow().await, RunStatus::Applied);
    let (status, text) = page.act("rollback", &[("serial", "2"), ("typed", "3")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
    assert_eq!(page.act("rollback", &[("serial", "2"), ("typed", "#2")]).await.0, StatusCode::OK);
    assert_eq!(page.follow().await, RunStatus::Applied);
    let state = StateStore::new(project.layout().state()).load().expect("read").expect("a state");
    let after = |at: usize| &state.applied[at].after_digest;
    assert_eq!((state.serial, after(2)), (3, after(0)), "as it stood after the first apply");
    assert_ne!(after(1), after(0));
    assert!(std::fs::read_to_string(&file).expect("read").contains(EDITED.0), "the definition goes back as well");
    let history = page.get("/part/history").await;
    assert!(history.contains("rollback #3") && history.contains("Roll back #2"), "{history}");
}

#[tokio::test]
async fn files_are_checked_before_they_are_written() {
    let project = project();
    let page = page(&project).await;
    let config = std::fs::read_to_string(&project.args.file).expect("read");
    let wrong = config.replace("target:", "tarket:");
    let (status, text) = page.act("config", &[("text", &wrong), ("what", "save")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("tarket") && text.contains("genie.yaml") && !text.contains("genie-check"), "{text}");
    assert_eq!(std::fs::read_to_string(&project.args.file).expect("read"), config);
    let good = config.replace("score: 0.85", "score: 0.8");
    assert_eq!(page.act("config", &[("text", &good), ("what", "save")]).await.0, StatusCode::OK);
    assert_eq!(std::fs::read_to_string(&project.args.file).expect("read"), good);

    let more =
        "questions:\n  - id: more-1\n    question: 게임 수\n    sql: SELECT 1\n  - id: more-2\n    question: x\n";
    let fields = [("name", "more.yaml"), ("text", more)];
    let (status, text) = page.act("benchmarks", &fields).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("benchmarks/more.yaml:5"), "{text}");
    let fixed = format!("{more}    sql: SELECT 2\n");
    let fields = [("name", "more.yaml"), ("text", fixed.as_str())];
    assert_eq!(page.act("benchmarks", &fields).await.0, StatusCode::OK);
    assert_eq!(page.act("benchmarks", &fields).await.0, StatusCode::CONFLICT, "never replaced");
    let view = page.get("/part/do").await;
    assert!(view.contains("benchmarks/more.yaml") && view.contains("target.score"), "{view}");
    let left = std::fs::read_dir(project.folder.path()).expect("read").flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".genie-check")));
    page.ui.stop().await;
}

/// A run as another machine wrote it into the history.
fn foreign_run(folder: &str, at: &str) -> RunRecord {
    RunRecord::begin(RunRow {
        folder: folder.to_owned(),
        command: "apply".to_owned(),
        status: "ok".to_owned(),
        started_at: Some(Moment(at.to_owned())),
        actor: "민지".to_owned(),
        plan_id: "feedc0de".to_owned(),
        read_back: "migrated".to_owned(),
        serial: Some(7),
        correct_before: Some(1),
        total_before: Some(4),
        correct_after: Some(3),
        total_after: Some(4),
        ..RunRow::default()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_that_of_the_tables_and_else_that_of_the_machine() {
    let project = project();
    let tables = tempfile::tempdir().expect("a folder");
    let config = std::fs::read_to_string(&project.args.file).expect("read");
    std::fs::write(&project.args.file, format!("{config}\nhistory: {}\n", tables.path().display())).expect("written");
    let page = page(&project).await;
    assert!(page.get("/part/history").await.contains("Nothing has been planned"));

    // A run that only this machine knows: it goes on, or was killed.
    let killed = project.layout().runs().join("20250827T080000Z");
    std::fs::create_dir_all(&killed).expect("made");
    let body = LineBody::Started { command: "plan".into(), run: "20250827T080000Z".into(), tool_version: "0".into() };
    let line = event_to_json(&EventLine { seq: 0, ts: "2025-08-27T08:00:00Z".into(), body });
    std::fs::write(killed.join("events.jsonl"), line).expect("written");
    let alone = page.get("/part/history").await;
    assert!(alone.contains("not finished") && alone.contains("run folders of this machine"), "{alone}");

    let history = History::Files(Place::Folder(tables.path().to_owned()));
    for record in [
        foreign_run("20250828T080000Z", "2025-08-28T08:00:00Z"),
        foreign_run("20250826T080000Z", "2025-08-26T08:00:00Z"),
    ] {
        history.add(&record).await.expect("added");
    }
    let text = page.get("/part/history").await;
    for shown in ["apply #7", "민지", "feedc0de", "25.0% → 75.0%", "migrated", "not finished", "history tables in"]
    {
        assert!(text.contains(shown), "`{shown}` in {text}");
    }
    assert!(!text.contains("Roll back #7"), "what this machine's state does not hold cannot be undone from here");
    let order: Vec<usize> =
        ["08-28 08:00", "08-27 08:00", "08-26 08:00"].iter().filter_map(|at| text.find(at)).collect();
    assert!(order.len() == 3 && order.is_sorted(), "newest first: {text}");

    // Tables that cannot be read are told, and what this machine knows is shown.
    let log = tables.path().join("runs/_delta_log/00000000000000000000.json");
    std::fs::write(log, "not a commit").expect("written");
    let broken = page.get("/part/history").await;
    assert!(broken.contains("not finished") && broken.contains("cannot be read"), "{broken}");
    page.ui.stop().await;
}
