//! A small world in which it is known which change helps: real space edits, answered by the real
//! analyst over a real warehouse, with seeded noise on top. Plans are made by the real code.

use futures::future::BoxFuture;
use genie_enhance::cli::local;
use genie_enhance::databricks::{AskOptions, Client, Credentials, Settings};
use genie_enhance::diff::apply_all;
use genie_enhance::embedded::server::{
    self, Analyst, Reply, ServerOptions, SqlEngine, SqlFailure, StatementOptions, WAREHOUSE_ID,
};
use genie_enhance::embedded::warehouse::Warehouse;
use genie_enhance::embedded::world::{Noise, World};
use genie_enhance::guard::Facts;
use genie_enhance::limit::Budget;
use genie_enhance::model::{
    Address, Candidate, Catalog, Change, ColumnProfile, Plan, Question, ResultSet, Space, Split, Suite, digest_text,
};
use genie_enhance::ops::{
    Events, Gate, GateOptions, Goal, Loans, Meter, PlanInput, Prices, ProofRules, Scorer, Shadow, Statements,
    Workspace, plan,
};
use genie_enhance::stats::{Member, sign_p, split};
use genie_enhance::store::{Cache, Claims, Ledger};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const TABLE: &str = "lab.sim.readings";

/// Of every five questions three say the column's name, and two another word.
const NAMED: usize = 3;

/// A warehouse with one table of as many columns as there are questions.
pub struct Laboratory {
    engine: Arc<dyn SqlEngine>,
    analyst: Arc<dyn Analyst>,
    questions: usize,
    /// Which share of the questions comes out right by luck, and how often.
    pub luck: Option<Noise>,
    _folder: tempfile::TempDir,
}

/// What is proposed in a run.
#[derive(Clone, Debug, Default)]
pub struct Proposed {
    /// Each of these fixes its question: the number of the question.
    pub fixes: Vec<usize>,
    /// One change that fixes all of these, whatever set they are in.
    pub general: Vec<usize>,
    /// Each of these fixes the first question and breaks the second.
    pub mixed: Vec<(usize, usize)>,
    /// So many that change nothing.
    pub useless: usize,
}

/// One world, and what asks it.
struct Bench {
    server: server::RunningServer,
    scorer: Scorer,
    folder: tempfile::TempDir,
}

/// Answers of a re-scoring loop, by content.
struct Arms<'a> {
    scorer: &'a Scorer,
    shadow: Shadow,
    suite: Suite,
    right: HashMap<(String, String), Vec<bool>>,
}

impl Arms<'_> {
    async fn ask(&mut self, content: &Space, ids: &[String], attempt: u32) {
        let target = self.shadow.place(content).await.expect("a shadow");
        let questions: Vec<&Question> = self.suite.questions.iter().filter(|q| ids.contains(&q.id)).collect();
        let card = self.scorer.score(&target, &questions, attempt, "loop").await;
        for scored in card.questions {
            let answers = self.right.entry((content.digest().to_string(), scored.id)).or_default();
            answers.push(scored.verdict.outcome.is_correct());
        }
    }

    /// Most of the answers were right.
    fn is_right(&self, content: &Space, id: &str) -> bool {
        let answers = &self.right[&(content.digest().to_string(), id.to_owned())];
        2 * answers.iter().filter(|right| **right).count() > answers.len()
    }

    async fn is_better(&mut self, old: &Space, new: &Space) -> bool {
        let all: Vec<String> = self.suite.questions.iter().map(|question| question.id.clone()).collect();
        for content in [old, new] {
            if !self.right.contains_key(&(content.digest().to_string(), all[0].clone())) {
                self.ask(content, &all, 1).await;
            }
        }
        let differs = |arms: &Self, id: &String| arms.is_right(old, id) != arms.is_right(new, id);
        let moved: Vec<String> = all.iter().filter(|id| differs(self, id)).cloned().collect();
        for content in [old, new] {
            // What was asked three times for an earlier candidate is known.
            let lacking = |id: &&String| self.right[&(content.digest().to_string(), (*id).clone())].len() < 3;
            let lacking: Vec<String> = moved.iter().filter(lacking).cloned().collect();
            for attempt in [2, 3] {
                self.ask(content, &lacking, attempt).await;
            }
        }
        let won = moved.iter().filter(|id| self.is_right(new, id) && !self.is_right(old, id)).count();
        let lost = moved.iter().filter(|id| !self.is_right(new, id) && self.is_right(old, id)).count();
        won >= lost + 2 && sign_p(won, lost) <= 0.15
    }
}

/// The analyst is deterministic, so an answer is worked out once.
struct Remembering {
    inner: Arc<dyn Analyst>,
    known: Mutex<HashMap<(String, String), Reply>>,
}

impl Analyst for Remembering {
    fn answer(&self, space: &Space, catalog: &Catalog, question: &str, as_of: Option<jiff::civil::Date>) -> Reply {
        let key = (space.digest().to_string(), question.to_owned());
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let reply = self.inner.answer(space, catalog, question, as_of);
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, reply.clone());
            reply
        })
    }
}

/// The other side of the noise, which the embedded world does not have: a question whose word the
/// space does not know is answered from time to time as if it did.
struct Lucky {
    inner: Arc<dyn Analyst>,
    luck: Noise,
    seed: u64,
    questions: usize,
    asked: Mutex<HashMap<(String, String), u64>>,
}

impl Analyst for Lucky {
    fn answer(&self, space: &Space, catalog: &Catalog, question: &str, as_of: Option<jiff::civil::Date>) -> Reply {
        let content = space.digest().to_string();
        let count = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let count = asked.entry((content.clone(), question.to_owned())).or_default();
            *count += 1;
            *count
        };
        let meant = (0..self.questions).find(|number| question.ends_with(&word(*number, 1)));
        let strikes = self.luck.strikes(!self.seed, question, &content, count);
        let taught = meant.filter(|_| strikes).and_then(|number| apply_all(space, [&synonym(number, 1)]).ok());
        self.inner.answer(taught.as_ref().unwrap_or(space), catalog, question, as_of)
    }
}

/// And so is the warehouse.
struct RememberingEngine {
    inner: Arc<dyn SqlEngine>,
    known: Mutex<HashMap<String, ResultSet>>,
}

impl SqlEngine for RememberingEngine {
    fn catalog(&self) -> &Catalog {
        self.inner.catalog()
    }

    fn execute<'a>(&'a self, sql: &'a str, options: StatementOptions) -> BoxFuture<'a, Result<ResultSet, SqlFailure>> {
        let key = format!("{sql} {options:?}");
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        Box::pin(async move {
            if let Some(known) = known {
                return Ok(known);
            }
            let found = self.inner.execute(sql, options).await?;
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
            Ok(found)
        })
    }

    fn profile<'a>(&'a self, table: &'a str, column: &'a str) -> BoxFuture<'a, Result<ColumnProfile, SqlFailure>> {
        self.inner.profile(table, column)
    }
}

/// A made-up word for a number, unlike all others.
fn word(number: usize, kind: usize) -> String {
    const HEADS: [&str; 10] = ["bra", "dul", "fem", "gor", "hin", "kop", "lav", "mez", "nur", "pol"];
    const TAILS: [&str; 10] = ["tak", "sig", "rem", "vod", "lun", "bex", "dap", "fiz", "gom", "kyr"];
    const KINDS: [&str; 3] = ["a", "o", "u"];
    format!("{}{}{}", HEADS[number / 10 % 10], KINDS[kind], TAILS[number % 10])
}

fn is_named(number: usize) -> bool {
    number % 5 < NAMED
}

impl Laboratory {
    pub async fn of(questions: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let columns: Vec<String> = (0..questions).map(|number| word(number, 0)).collect();
        let declared: Vec<_> =
            columns.iter().map(|name| json!({"name": name, "type": "INT", "nullable": false})).collect();
        let schema = json!({"csv_null": "\\N", "as_of_date": "2025-06-30",
            "tables": [{"name": TABLE, "csv": "readings.csv", "comment": "Readings", "columns": declared}]});
        let row = |row: usize| {
            let cells: Vec<String> = (0..questions).map(|column| (row * 7 + column * 31 + 1).to_string()).collect();
            cells.join(",")
        };
        let rows: Vec<String> = (0..5).map(row).collect();
        std::fs::write(folder.path().join("schema.json"), schema.to_string()).expect("written");
        std::fs::write(folder.path().join("readings.csv"), format!("{}\n{}\n", columns.join(","), rows.join("\n")))
            .expect("written");
        let warehouse = Warehouse::open(folder.path(), None).await.expect("a warehouse");
        let analyst = Arc::new(Remembering { inner: local::analyst(), known: Mutex::default() });
        let engine = Arc::new(RememberingEngine { inner: local::engine(warehouse), known: Mutex::default() });
        Self { engine, analyst, questions, luck: None, _folder: folder }
    }

    fn question(&self, number: usize) -> Question {
        let asked = word(number, usize::from(!is_named(number)));
        Question {
            id: format!("q{number:03}"),
            question: format!("total {asked}"),
            sql: format!("SELECT SUM({}) FROM {TABLE}", word(number, 0)),
            ..Question::default()
        }
    }

    /// Questions of which the base knows the word, or not.
    pub fn numbers(&self, right: bool) -> Vec<usize> {
        (0..self.questions).filter(|number| is_named(*number) == right).collect()
    }

    fn suite(&self) -> Suite {
        Suite { questions: (0..self.questions).map(|number| self.question(number)).collect() }
    }

    /// A world of its own, and what asks it.
    async fn bench(&self, seed: u64, noise: Option<Noise>) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let world = World { seed, noise, ..World::default() };
        let analyst: Arc<dyn Analyst> = match self.luck.clone() {
            None => self.analyst.clone(),
            Some(luck) => Arc::new(Lucky {
                inner: self.analyst.clone(),
                luck,
                seed,
                questions: self.questions,
                asked: Mutex::default(),
            }),
        };
        let server = server::start(ServerOptions {
            engine: self.engine.clone(),
            analyst,
            state_folder: Some(folder.path().join("workspace")),
            world,
            port: None,
            as_of: None,
        })
        .await
        .expect("the server starts");
        let token = Credentials::Token(server.token.clone().into());
        let client = Client::new(Settings::new(&server.url, token)).expect("a client");
        let scorer = scorer(client, folder.path());
        Bench { server, scorer, folder }
    }

    /// What a loop does that scores everything anew for every candidate, with the rule that errs
    /// as little as a plan: one run, then what moved twice more in both arms; a candidate stays at
    /// two wins more than losses and p of .15 at most (evaluation.md, B2). Returns the questions it
    /// asked, and the ids of what it accepted.
    #[allow(dead_code, reason = "for the benchmark")]
    pub async fn rescore(&self, candidates: &[Candidate], seed: u64, noise: Option<Noise>) -> (usize, Vec<String>) {
        let Bench { server, scorer, folder } = self.bench(seed, noise).await;
        let ledger = Ledger::new(folder.path().join("ledger.jsonl"));
        let mut content = base();
        let mut arms = Arms {
            scorer: &scorer,
            shadow: Shadow::new(scorer.workspace.clone(), ledger, None, &content, "loop"),
            suite: self.suite(),
            right: HashMap::new(),
        };
        let mut accepted = Vec::new();
        for candidate in candidates {
            let next = apply_all(&content, &candidate.changes).expect("it fits");
            if arms.is_better(&content, &next).await {
                content = next;
                accepted.push(candidate.id.clone());
            }
        }
        let asked = usize::try_from(scorer.gate.questions_sent()).expect("not that many");
        server.stop().await;
        (asked, accepted)
    }

    /// One plan in a world of its own.
    pub async fn plan(&self, proposed: &Proposed, seed: u64, noise: Option<Noise>) -> Plan {
        self.prove(self.candidates(proposed), seed, noise, true).await
    }

    /// One plan of these candidates; without a holdout every question is learnt from.
    pub async fn prove(&self, candidates: Vec<Candidate>, seed: u64, noise: Option<Noise>, holds_out: bool) -> Plan {
        let Bench { server, scorer, folder } = self.bench(seed, noise).await;
        let suite = self.suite();
        let members: Vec<Member> = suite
            .questions
            .iter()
            .map(|question| Member { id: question.id.clone(), sql: question.sql.clone(), ..Member::default() })
            .collect();
        let mut splits = split(&members, &format!("seed {seed}"), None).of;
        if !holds_out {
            splits.values_mut().for_each(|split| *split = Split::Learn);
        }
        let input = PlanInput {
            scorer: &scorer,
            ledger: Ledger::new(folder.path().join("ledger.jsonl")),
            loans: Loans::in_folder(folder.path().join("lent")),
            live: None,
            definition: Some(base()),
            places: BTreeMap::new(),
            state: None,
            splits,
            suite,
            goal: Goal { score: 1.0, rounds: 1 },
            learning: Default::default(),
            fixes: genie_enhance::fix::Options { min_support: 2, ..Default::default() },
            learns: true,
            given: Some(candidates),
            exhausted: folder.path().join("exhausted.jsonl"),
            rules: ProofRules::default(),
            run: format!("simulation-{seed}"),
            drift: Default::default(),
            guards: Vec::new(),
            waivers: Vec::new(),
            facts: Facts::default(),
            config: digest_text("simulation"),
            as_of: None,
            now: jiff::Timestamp::UNIX_EPOCH,
            keep_shadow: false,
        };
        let planned = plan(input).await.expect("a plan");
        server.stop().await;
        planned.plan
    }

    pub fn candidates(&self, proposed: &Proposed) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = Vec::new();
        for number in &proposed.fixes {
            all.push(candidate(format!("fix-{number:03}"), vec![synonym(*number, 1)], &[*number]));
        }
        for (fixed, broken) in &proposed.mixed {
            let hidden = Address::column_field(TABLE, &word(*broken, 0), "exclude");
            let changes = vec![synonym(*fixed, 1), Change::add(hidden, json!(true))];
            all.push(candidate(format!("mixed-{fixed:03}"), changes, &[*fixed]));
        }
        if !proposed.general.is_empty() {
            let changes = proposed.general.iter().map(|number| synonym(*number, 1)).collect();
            all.push(candidate("general".to_owned(), changes, &proposed.general));
        }
        // Useless ones teach words that nobody says. Between them they are made for every question,
        // so that one which fails by chance at the base has a change that seems to fix it.
        for at in 0..proposed.useless {
            let aims: Vec<usize> = (at..self.questions).step_by(proposed.useless).collect();
            all.push(candidate(format!("useless-{at:03}"), vec![synonym(at, 2)], &aims));
        }
        all
    }
}

fn base() -> Space {
    let document = json!({"version": 2, "data_sources": {"tables": [{"identifier": TABLE}]}});
    let mut space = Space::from_document(document).expect("a space");
    space.sidecar.title = "Simulation".to_owned();
    space.sidecar.warehouse_id = WAREHOUSE_ID.to_owned();
    // A change that does not fit would be a mistake of the simulation.
    apply_all(&space, [&synonym(0, 1)]).expect("synonyms fit");
    space
}

/// A change that does harm: the answer to one question goes wrong with it, or the answers to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "for the tests")]
pub enum Harm {
    HiddenColumn,
    WrongMeasure,
    WrongMeasureSynonym,
    WrongExpression,
    WrongFilter,
    FilterOnEverything,
    WrongExample,
    WrongDefinition,
    InstructionOnEverything,
    HiddenColumns,
}

impl Harm {
    #[allow(dead_code, reason = "for the tests")]
    pub const ALL: [Self; 10] = [
        Self::HiddenColumn,
        Self::WrongMeasure,
        Self::WrongMeasureSynonym,
        Self::WrongExpression,
        Self::WrongFilter,
        Self::FilterOnEverything,
        Self::WrongExample,
        Self::WrongDefinition,
        Self::InstructionOnEverything,
        Self::HiddenColumns,
    ];
}

/// A candidate that teaches the word of `fixed`, and with it does harm to `broken`, whose word it
/// takes for that of `other`.
#[allow(dead_code, reason = "for the tests")]
pub fn harmful(harm: Harm, fixed: usize, broken: usize, other: usize) -> Candidate {
    let (said, column, wrong) = (word(broken, 0), word(broken, 0), word(other, 0));
    let id = digest_text(&format!("{harm:?}")).as_str()[..32].to_owned();
    let snippet = |list: &str, mut fields: Value| {
        fields["id"] = json!(id);
        Change::add(Address::snippet(list, &id), fields)
    };
    let line = |text: String| Change::add(Address::text_line(&id, "Definitions", &text), json!(format!("- {text}")));
    let bad = match harm {
        Harm::HiddenColumn => Change::add(Address::column_field(TABLE, &column, "exclude"), json!(true)),
        Harm::WrongMeasure => snippet(
            "measures",
            json!({"display_name": format!("total {said}"), "alias": said, "sql": [format!("SUM(readings.{wrong})")]}),
        ),
        Harm::WrongMeasureSynonym => snippet(
            "measures",
            json!({"display_name": "a sum", "alias": "a_sum", "sql": [format!("SUM(readings.{wrong})")],
                "synonyms": [format!("total {said}")]}),
        ),
        Harm::WrongExpression => snippet(
            "expressions",
            json!({"display_name": said, "alias": format!("{said}_x"), "sql": [format!("readings.{wrong} * 2")]}),
        ),
        Harm::WrongFilter => {
            snippet("filters", json!({"display_name": said, "sql": [format!("readings.{wrong} < 0")]}))
        }
        Harm::FilterOnEverything => snippet(
            "filters",
            json!({"display_name": "default", "sql": [format!("readings.{wrong} < 0")],
                "instruction": ["Apply to every question about readings, unless it asks for others."]}),
        ),
        Harm::WrongExample => Change::add(
            Address::instruction("example_question_sqls", &id),
            json!({"id": id, "question": [format!("total {said}")],
                "sql": [format!("SELECT SUM({wrong}) FROM {TABLE}")]}),
        ),
        Harm::WrongDefinition => line(format!("{said} means `SUM(readings.{wrong})`.")),
        Harm::InstructionOnEverything => line(format!("Always filter `readings.{wrong} < 0`.")),
        Harm::HiddenColumns => Change::add(Address::column_field(TABLE, &wrong, "exclude"), json!(true)),
    };
    let mut changes = vec![synonym(fixed, 1), bad];
    if harm == Harm::HiddenColumns {
        changes.push(Change::add(Address::column_field(TABLE, &column, "exclude"), json!(true)));
    }
    candidate(format!("harmful-{harm:?}"), changes, &[fixed])
}

fn synonym(number: usize, kind: usize) -> Change {
    let said = word(number, kind);
    Change::add(Address::synonym(TABLE, &word(number, 0), &said), json!(said))
}

fn candidate(id: String, changes: Vec<Change>, aims: &[usize]) -> Candidate {
    Candidate {
        id,
        category: changes[0].category(),
        changes,
        patterns: Vec::new(),
        support: 2,
        targets: aims.iter().map(|number| format!("q{number:03}")).collect(),
        reason: "simulated".to_owned(),
        provenance: "simulation".to_owned(),
    }
}

fn scorer(client: Client, folder: &Path) -> Scorer {
    let options = GateOptions {
        concurrency: 3,
        retries: 0,
        backoff: Duration::from_secs(1),
        failures: 5,
        cool_down: Duration::from_secs(1),
        per_minute: None,
        minute: Duration::from_secs(60),
        seed: 0,
    };
    let meter = Arc::new(Meter::new(Budget::default(), Prices::default(), Events::none()));
    let workspace = Workspace::new(client, "simulation".to_owned(), WAREHOUSE_ID.to_owned());
    Scorer {
        workspace: Arc::new(workspace),
        gate: Gate::new(options, meter.clone(), Events::none()),
        statements: Statements::new(10, Duration::from_secs(60), meter.clone()),
        cache: Cache::open(folder.join("answers.jsonl")).expect("a cache"),
        durations: Cache::open(folder.join("durations.jsonl")).expect("a cache"),
        claims: Claims::open(folder.join("claims.jsonl")).expect("claims"),
        ask: AskOptions { first_poll: Some(Duration::from_millis(5)), ..AskOptions::default() },
        as_of: None,
        fresh: false,
        sequential: false,
        events: Events::none(),
        seen: Default::default(),
        turns: Default::default(),
        golds: Default::default(),
        tables: Default::default(),
        model: None,
        meter,
    }
}
