//! `score` over the real binary: killed, twice at once, against a dead service, within a budget,
//! repeated, compared.

use crate::support::{Project, Served, wait_for};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// A project that scores a live space in a served workspace.
struct Remote {
    project: Project,
    token: String,
}

impl Remote {
    fn of(server: &Served, workspace: &Project) -> Self {
        let live = workspace.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
        let project = Project::small();
        project.edit("genie.yaml", "embedded: ./data\n  as_of: 2025-06-30\n", &format!("host: {}\n", server.host));
        project.edit("genie.yaml", "definition: space.yaml\n", &format!("id: {live}\n"));
        Self { project, token: server.token.clone() }
    }

    fn score(&self, arguments: &[&str]) -> Command {
        let mut command = self.project.command();
        command.env("DATABRICKS_TOKEN", &self.token).args(["score", "--json"]).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// How often each question was asked of each content, since the log had `start` lines.
fn times(workspace: &Project, start: usize) -> BTreeMap<(String, String), usize> {
    let mut times = BTreeMap::new();
    for entry in &workspace.requests()[start..] {
        if let (Some(content), Some(question)) = (entry["content"].as_str(), entry["question"].as_str()) {
            *times.entry((content.to_owned(), question.to_owned())).or_default() += 1;
        }
    }
    times
}

fn slow_world(workspace: &Project) {
    workspace
        .write("world.yaml", "latency: {answer: {median: 40ms, spread: 0.5}, request: {median: 1ms, spread: 0.5}}\n");
}

#[test]
fn twenty_kills_lose_nothing_and_ask_nothing_twice() {
    const KILLS: usize = 20;
    const REPEATS: usize = 4;
    let (workspace, _) = Project::applied();
    slow_world(&workspace);
    let server = Served::with(&workspace, &["--world", "world.yaml"]);
    let remote = Remote::of(&server, &workspace);
    let start = workspace.requests().len();
    let repeats = REPEATS.to_string();
    let arguments = ["--repeats", repeats.as_str()];
    let mut random = fastrand::Rng::with_seed(4);
    let mut killed = 0;
    for _ in 0..KILLS {
        let goal = workspace.requests().len() + random.usize(0..5);
        let mut child = remote.score(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        let runs = wait_for("the moment to kill", || {
            let ended = child.try_wait().expect("a status").is_some();
            (ended || workspace.requests().len() >= goal).then_some(!ended)
        });
        // Any moment will do, also between two requests.
        std::thread::sleep(std::time::Duration::from_millis(random.u64(0..60)));
        child.kill().expect("killed");
        child.wait().expect("gone");
        killed += usize::from(runs);
    }
    assert!(killed >= KILLS / 2, "only {killed} were killed while they ran");
    let output = remote.score(&arguments).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cards = found["scorecards"].as_array().expect("scorecards");
    assert_eq!(cards.len(), REPEATS);
    for card in cards {
        let unknown = card["questions"].as_array().expect("questions").iter().filter(|q| q["outcome"] == "not-run");
        assert_eq!(unknown.count(), 0, "{said}");
    }
    for ((_, question), count) in times(&workspace, start) {
        assert!(count <= REPEATS, "{question} was asked {count} times in {REPEATS} attempts\n{said}");
    }
}

#[test]
fn two_runs_at_once_ask_each_question_once_and_agree() {
    let (workspace, _) = Project::applied();
    slow_world(&workspace);
    let server = Served::with(&workspace, &["--world", "world.yaml"]);
    let remote = Remote::of(&server, &workspace);
    let start = workspace.requests().len();
    let runs: Vec<_> = (0..2).map(|_| remote.score(&[]).spawn().expect("starts")).collect();
    let outputs: Vec<_> = runs.into_iter().map(|run| run.wait_with_output().expect("ends")).collect();
    let card = |output: &std::process::Output| -> Vec<(Value, Value)> {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let card: Value = serde_json::from_slice(&output.stdout).expect("a scorecard");
        let questions = card["questions"].as_array().expect("questions").iter();
        questions.map(|question| (question["id"].clone(), question["outcome"].clone())).collect()
    };
    assert_eq!(card(&outputs[0]), card(&outputs[1]));
    let times = times(&workspace, start);
    assert!(times.len() > 10 && times.values().all(|count| *count == 1), "{times:?}");
}

#[test]
fn a_dead_service_is_left_alone_and_says_so_with_its_exit_code() {
    let project = Project::small();
    project.write(
        "world.yaml",
        "faults: [{route: 'POST /api/2.0/genie/spaces/*/start-conversation', effect: status, status: 503}]\n",
    );
    project.edit("genie.yaml", "embedded: ./data\n", "embedded: ./data\n  world: world.yaml\n");
    let scoring = "scoring:\n  genie: {backoff: 10ms}\n  breaker: {cool_down: 300ms}\nbenchmarks:\n";
    project.edit("genie.yaml", "benchmarks:\n", scoring);
    let done = project.run(&["score", "--json", "--repeats", "2", "--json-into", "events.jsonl"]).exits(5);
    let asked = project
        .requests()
        .iter()
        .filter(|entry| entry["path"].as_str().is_some_and(|p| p.ends_with("start-conversation")))
        .count();
    let events = project.read("events.jsonl");
    let states: Vec<&str> = ["open", "half-open", "closed"]
        .into_iter()
        .filter(|state| events.contains(&format!("\"type\":\"breaker\",\"state\":\"{state}\"")))
        .collect();
    assert_eq!(states, ["open", "half-open"]);
    let trials = events.matches("\"state\":\"half-open\"").count();
    assert!(asked <= 5 + 2 + trials && trials <= 3, "{asked} requests, {trials} trials");
    let cards = done.json()["scorecards"].as_array().expect("scorecards").clone();
    assert!(
        cards[0]["questions"].as_array().expect("questions").len()
            + cards[1]["questions"].as_array().expect("questions").len()
            >= 40
    );
    assert!(cards.iter().all(|card| card["total"] == 0), "what was not asked is not wrong");
}

#[test]
fn a_declared_budget_counts_in_the_local_workspace_and_partial_results_stay() {
    let project = Project::small();
    project.edit("genie.yaml", "benchmarks:\n", "budget: {questions: 5}\nbenchmarks:\n");
    let done = project.run(&["score", "--json"]).exits(7);
    let card = done.json();
    let of = |reason: &str| {
        let questions = card["questions"].as_array().expect("questions");
        questions.iter().filter(|question| question["reason"] == reason).count()
    };
    assert_eq!(card["total"], 5, "{card}");
    assert!(of("BUDGET") > 5);
    assert_eq!(project.asked().len(), 5);
    assert_eq!(card["cost"]["questions"], 5);
    let questions = card["questions"].as_array().expect("questions").iter();
    let each: u64 = questions.filter_map(|question| question["cost"]["questions"].as_u64()).sum();
    assert_eq!(each, 5, "the cost stands by question too");
    // The next run goes on from there.
    project.run(&["score", "--json"]);
    assert_eq!(project.asked().len(), 10);
}

#[test]
fn the_sequential_mode_gives_the_same_verdicts() {
    let project = Project::small();
    let batch = project.run(&["score", "--json"]).exits(0).json();
    let one_by_one = project.run(&["score", "--json", "--fresh", "--no-batch"]).exits(0).json();
    let verdicts = |card: &Value| -> Vec<Value> {
        card["questions"].as_array().expect("questions").iter().map(|q| q["outcome"].clone()).collect()
    };
    assert_eq!(verdicts(&batch), verdicts(&one_by_one));
}

#[test]
fn repeats_on_a_noisy_world_and_a_comparison_with_itself() {
    let project = Project::small();
    project.write("world.yaml", "seed: 11\nnoise: {questions: 0.5, answers: 0.5}\n");
    project.edit("genie.yaml", "embedded: ./data\n", "embedded: ./data\n  world: world.yaml\n");
    let found = project.run(&["score", "--json", "--repeats", "8"]).exits(0).json();
    let repeats = &found["repeats"];
    assert_eq!(repeats["repeats"], 8);
    assert!(!repeats["flaky"].as_array().expect("flaky").is_empty(), "{repeats}");
    assert!(repeats["pass_all"].as_f64() <= repeats["share"].as_f64());
    // Two halves of one noisy run are the same space: a claim would be chance.
    let cards: Vec<Value> = found["scorecards"].as_array().expect("cards").clone();
    let mut claims = 0;
    for pair in cards.chunks(2) {
        project.write("a.json", &pair[0].to_string());
        project.write("b.json", &pair[1].to_string());
        let said = project.run(&["score", "--compare", "a.json", "b.json", "--json"]).exits(0).json();
        claims += usize::from(said["verdict"] != "not-shown");
    }
    assert!(claims <= 1, "{claims} of 4");
}

#[test]
fn benchmarks_are_checked_without_asking() {
    let project = Project::small();
    project.write(
        "benchmarks/odd.yaml",
        "questions:\n  - {id: odd-empty, question: none, sql: 'SELECT t.km FROM fleet.ops.trips t WHERE t.km < 0'}\n  \
         - {id: odd-clock, question: lately, sql: 'SELECT COUNT(*) FROM fleet.ops.trips t WHERE t.day < current_date()'}\n  \
         - {id: odd-twin, question: recent, sql: 'select count(*) from fleet.ops.trips t where t.day < current_date()'}\n",
    );
    let found = project.run(&["score", "--check", "--json"]).exits(3).json();
    let codes: Vec<(String, String)> = found["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            (finding["id"].as_str().unwrap_or("").to_owned(), finding["code"].as_str().unwrap_or("").to_owned())
        })
        .collect();
    let has = |id: &str, code: &str| codes.contains(&(id.to_owned(), code.to_owned()));
    assert!(has("odd-empty", "GOLD_EMPTY") && has("odd-twin", "GOLD_SAME_SQL"), "{codes:?}");
    // The project freezes the date.
    assert!(!has("odd-clock", "GOLD_RELATIVE_DATE"));
    assert_eq!(project.asked().len(), 0);
}

#[test]
fn results_too_large_to_read_are_settled_in_the_warehouse() {
    let project = Project::small();
    let example = |id: char, question: &str, filter: &str| {
        format!(
            "    - id: {}\n      question: {question}\n      sql: |\n        SELECT b.trip_id AS other, a.trip_id, a.km, v.van_id \
             FROM fleet.ops.trips a CROSS JOIN fleet.ops.trips b CROSS JOIN fleet.ops.vans v{filter}\n",
            id.to_string().repeat(32)
        )
    };
    let examples = format!(
        "instructions:\n  example_question_sqls:\n{}{}",
        example('a', "pair every trip with every other trip", ""),
        example('b', "pair every long trip with every other trip", " WHERE a.km > 20")
    );
    project.edit("space.yaml", "instructions:\n", &examples);
    let gold = |filter: &str| {
        format!(
            "SELECT a.trip_id, a.km, v.van_id, b.trip_id AS other FROM fleet.ops.trips a CROSS JOIN fleet.ops.trips b \
             CROSS JOIN fleet.ops.vans v{filter}"
        )
    };
    for file in ["benchmarks/trips.yaml", "benchmarks/vans.yaml"] {
        std::fs::remove_file(project.path(file)).expect("removed");
    }
    project.write(
        "benchmarks/large.yaml",
        &format!(
            "questions:\n  - {{id: same, question: pair every trip with every other trip, sql: \"{}\"}}\n  \
             - {{id: less, question: pair every long trip with every other trip, sql: \"{}\"}}\n",
            gold(""),
            gold(" WHERE a.km >= 20")
        ),
    );
    let card = project.run(&["score", "--json"]).exits(0).json();
    let of = |id: &str| {
        let questions = card["questions"].as_array().expect("questions");
        questions.iter().find(|question| question["id"] == id).expect("the question").clone()
    };
    assert_eq!(
        (&of("same")["outcome"], &of("same")["notes"][0]),
        (&"correct".into(), &"SETTLED_IN_WAREHOUSE".into()),
        "{card}"
    );
    assert_eq!(
        (&of("less")["outcome"], &of("less")["reason"]),
        (&"incorrect".into(), &"MISSING_ROWS".into()),
        "{card}"
    );
}

#[test]
fn the_workspace_s_own_rating_stands_beside_ours() {
    let project = Project::small();
    project.write(
        "benchmarks/native.yaml",
        "questions:\n  - {id: celle, question: How many vans are in Celle?, sql: \"SELECT COUNT(*) FROM fleet.ops.vans WHERE site = 'Celle'\"}\n  - {id: other-gold, question: How many vans are in  Celle?, sql: \"SELECT COUNT(*) + 1 FROM fleet.ops.vans\"}\n",
    );
    let found = project.run(&["score", "--json", "--native"]).exits(0).json();
    let native = &found["native"];
    assert_eq!(native["status"], "DONE");
    // The space has one benchmark; two of ours ask the same.
    let rated = native["rated"].as_array().expect("rated");
    let ids: Vec<&str> = rated.iter().filter_map(|rated| rated["id"].as_str()).collect();
    assert_eq!(ids, ["celle", "other-gold", "vans-celle-1"], "{native}");
    // The space's own gold is another one than ours, which is worth a look.
    assert_eq!(native["disagreements"], serde_json::json!(["other-gold"]), "{native}");
    let told = project.run(&["score", "--native"]).exits(0).out;
    assert!(told.contains("2 of 3 agree") && told.contains("other-gold: ours incorrect, theirs GOOD"), "{told}");
    assert!(["GOOD", "BAD", "NEEDS_REVIEW"].contains(&rated[0]["native"].as_str().expect("a rating")));
    assert!(found["cost"]["questions"].as_u64() > Some(0) && found["cost_by_question"]["celle"]["questions"] == 1);
}

#[test]
fn cost_is_told_before_counted_during_and_reported_by_question() {
    let project = Project::small();
    let prices = "scoring: {sql: {dbu_per_hour: 3600, usd_per_dbu: 0.5}}\nbenchmarks:\n";
    project.edit("genie.yaml", "benchmarks:\n", prices);
    let done = project.run(&["score", "--json-into", "events.jsonl"]).exits(0).says("32 questions to ask, 0 known");
    let events: Vec<Value> =
        project.read("events.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let costs = |name: &str| -> Vec<Value> {
        events.iter().filter(|event| event["type"] == name).map(|event| event["cost"].clone()).collect()
    };
    let estimated = &costs("estimated")[0];
    assert_eq!(estimated["questions"], 32);
    for part in ["statements", "sql_seconds", "dbu", "usd", "seconds"] {
        assert!(estimated[part].as_f64() > Some(0.0), "{part} of {estimated}");
    }
    let counted: Vec<u64> = costs("spent").iter().filter_map(|cost| cost["questions"].as_u64()).collect();
    assert!(counted.is_sorted() && counted.last() == Some(&32), "{counted:?}");
    assert!(done.out.contains("Cost: 32 questions asked") && done.out.contains("dearest questions: "), "{}", done.out);

    // The next run knows all answers, and what statements took.
    project.run(&["score", "--json-into", "again.jsonl"]).exits(0);
    let again = project.read("again.jsonl");
    let estimated = again.lines().find(|line| line.contains("\"type\":\"estimated\"")).expect("an estimate");
    assert!(estimated.contains("\"cached\":32") && estimated.contains("\"questions\":0"), "{estimated}");
}

/// Answers hold rows: those over tables that were edited since are none.
#[test]
fn edited_tables_are_asked_anew_and_unchanged_ones_are_not() {
    let project = Project::small();
    let score = || project.run(&["score", "--json", "--benchmarks", "benchmarks/vans.yaml"]).exits(0).json();
    let first = score()["correct"].clone();
    let asked = project.asked().len();
    assert_eq!(score()["correct"], first);
    assert_eq!(project.asked().len(), asked, "nothing changed, so nothing is asked");
    let copy = Project::copy_of(&project.path(""));
    copy.run(&["score", "--benchmarks", "benchmarks/vans.yaml"]).exits(0);
    assert_eq!(copy.asked().len(), asked, "a copy has the same tables");
    let more = format!("{}99,ZZ-999,E,Celle,2024-01-10\n", project.read("data/vans.csv"));
    project.write("data/vans.csv", &more);
    assert_eq!(score()["correct"], first, "gold and answers are both of the new rows");
    assert_eq!(project.asked().len(), asked * 2);
}
