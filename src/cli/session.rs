//! A command's session: the declared files, the connected workspace, what is kept between runs.

use super::args::{ProjectArgs, ScoringArgs};
use super::exit::Exit;
use super::failure;
use super::interrupt;
use super::local::{self, LocalOptions};
use super::output::Output;
use crate::config::{self, Loaded, Overrides, Project};
use crate::databricks::{AskOptions, Attributes, Client, Credentials, LiveSpace, Settings};
use crate::embedded::server::{RunningServer, WAREHOUSE_ID};
use crate::embedded::world::World;
use crate::guard::Facts;
use crate::limit::Budget;
use crate::llm::OpenAi;
use crate::model::{Diagnostic, Digest, Generated, Plan, Question, Severity, Space, State, digest_json};
use crate::ops::{
    Bills, Events, Gate, GateOptions, KnownResults, Loans, Meter, Model, ModelOptions, OpsError, Pace, Prices, Prompts,
    Scorer, Statements, Workspace,
};
use crate::render;
use crate::sql::parse_query;
use crate::store::{Blobs, Cache, Claims, Layout, Ledger, PlanStore, SharedState, StateStore};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Plans that are looked through for what they wrote.
const MOST_PLANS: usize = 100;

/// Everything a command that talks to a workspace needs.
pub struct Session {
    pub loaded: Loaded,
    pub workspace: Arc<Workspace>,
    pub layout: Layout,
    pub events: Events,
    pub now: jiff::Timestamp,
    pub as_of: Option<String>,
    /// Where several machines keep the state, if they do.
    pub shared: Option<SharedState>,
    /// What this session's scorers use up.
    pub bills: Bills,
    /// Length of a second in the embedded world, where time may run faster.
    time_scale: f64,
    /// The embedded workspace; it stops when nobody has it any more.
    pub server: Option<Arc<RunningServer>>,
}

impl Session {
    /// Loads the project and connects to its workspace.
    pub async fn of(args: &ProjectArgs, output: Output, events: Events) -> Result<Self, OpsError> {
        let mut loaded = load(args)?;
        loaded.warnings.extend(gold_findings(&loaded).into_iter().map(left_out));
        if !loaded.warnings.is_empty() && !output.quiet {
            output.message(&render::diagnostics_terminal(&loaded.warnings, &output.style_err()));
        }
        Self::connect(loaded, events).await
    }

    /// As [`Session::of`], with nothing but the project file given.
    pub async fn open(file: &Path, output: Output, events: Events) -> Result<Self, OpsError> {
        Self::of(&ProjectArgs::of(file), output, events).await
    }

    async fn connect(loaded: Loaded, events: Events) -> Result<Self, OpsError> {
        let layout = layout(&loaded.project);
        check_older_state(&loaded.project, &layout, &events)?;
        let (workspace, server, as_of) = connect(&loaded.project, &layout).await?;
        let shared = shared_state(&loaded.project, &workspace.client)?;
        if let Some(shared) = &shared {
            shared.pull(&StateStore::new(layout.state())).await?;
        }
        let time_scale = time_scale(&loaded.project)?;
        let session = Self {
            loaded,
            workspace: Arc::new(workspace),
            layout,
            events,
            now: this_second(),
            as_of,
            shared,
            bills: Bills::default(),
            time_scale,
            server: server.map(Arc::new),
        };
        interrupt::clean_up_after(session.workspace.clone(), session.ledger(), session.loans(), session.run_name());
        Ok(session)
    }

    pub fn project(&self) -> &Project {
        &self.loaded.project
    }

    /// The declared space.
    pub fn definition(&self) -> Option<&Space> {
        self.loaded.space.as_ref().map(|declared| &declared.space)
    }

    pub fn state_store(&self) -> StateStore {
        StateStore::new(self.layout.state())
    }

    pub fn state(&self) -> Result<Option<State>, OpsError> {
        Ok(self.state_store().load()?)
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.layout.ledger())
    }

    /// Spaces that were lent for proving.
    pub fn loans(&self) -> Loans {
        Loans::of(&self.layout)
    }

    pub fn plans(&self) -> PlanStore {
        PlanStore::new(self.layout.plans())
    }

    /// A name for this run, from its time and process.
    pub fn run_name(&self) -> String {
        format!("{}-{}", self.now.strftime("%Y%m%dT%H%M%S"), std::process::id())
    }

    /// The live space: the one the project names, else the one the state remembers.
    pub async fn live(&self) -> Result<Option<LiveSpace>, OpsError> {
        self.live_for(None).await
    }

    /// As [`Session::live`]; the vanished space `recreate` counts as one that is yet to be made.
    pub async fn live_for(&self, recreate: Option<&str>) -> Result<Option<LiveSpace>, OpsError> {
        let state = self.state()?;
        let Some(id) = self.project().space_id.clone().or_else(|| state.and_then(|state| state.space_id)) else {
            return Ok(None);
        };
        match self.workspace.client.get_space(&id).await {
            Ok(live) => Ok(Some(live)),
            Err(error) if error.is_not_found() && recreate == Some(id.as_str()) => Ok(None),
            Err(error) if error.is_not_found() => Err(OpsError::Stale {
                message: format!(
                    "the space {id} is not there any more. A space that is made again has lost its conversations, so \
                     this is never done by itself: restore it in the workspace, or plan it with `plan --recreate {id}`"
                ),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// A scorer with the project's limits and the command line's overrides.
    pub fn scorer(&self, args: &ScoringArgs) -> Result<Scorer, OpsError> {
        let scoring = &self.project().scoring;
        let sequential = args.no_batch || scoring.mode == config::ScoringMode::Sequential;
        let places = |asked: Option<usize>, declared: u32| match sequential {
            true => 1,
            false => asked.unwrap_or(declared as usize),
        };
        let llm = self.project().llm.as_ref();
        let prices = Prices {
            usd_per_million_input: llm.map_or(0.0, |llm| llm.usd_per_million_input),
            usd_per_million_output: llm.map_or(0.0, |llm| llm.usd_per_million_output),
            dbu_per_hour: scoring.sql.dbu_per_hour,
            usd_per_dbu: scoring.sql.usd_per_dbu,
        };
        let meter = Arc::new(Meter::new(self.budget(), prices, self.events.clone()));
        self.bills.include(&meter);
        let gate = Gate::new(
            GateOptions {
                concurrency: places(args.genie_concurrent, scoring.genie.concurrency),
                retries: scoring.genie.retries,
                backoff: scoring.genie.backoff.0,
                failures: scoring.breaker.failures,
                cool_down: scoring.breaker.cool_down.0,
                per_minute: scoring.genie.per_minute,
                minute: Duration::from_secs(60).mul_f64(self.time_scale),
                seed: 0,
            },
            meter.clone(),
            self.events.clone(),
        );
        let gate = match self.pace(scoring.genie.per_minute) {
            Some(pace) => gate.at_pace(pace),
            None => gate,
        };
        let sql_places = places(args.sql_concurrent, scoring.sql.concurrency);
        Ok(Scorer {
            workspace: self.workspace.clone(),
            gate,
            statements: Statements::new(sql_places, scoring.sql.timeout.0, meter.clone())
                .after(self.workspace.known.clone().filter(|_| !args.fresh)),
            cache: Cache::open(self.layout.answers())?,
            durations: Cache::open(self.layout.durations())?,
            claims: Claims::open(self.layout.claims())?,
            ask: AskOptions { timeout: scoring.genie.timeout.0, ..AskOptions::default() },
            as_of: self.as_of.clone(),
            fresh: args.fresh,
            sequential,
            events: self.events.clone(),
            seen: std::sync::RwLock::default(),
            turns: std::sync::Mutex::default(),
            golds: tokio::sync::Mutex::default(),
            tables: tokio::sync::Mutex::default(),
            model: self.model(&meter)?,
            meter,
        })
    }

    /// The pace of this workspace, which all projects of a run share; an embedded one is alone.
    fn pace(&self, per_minute: Option<u32>) -> Option<Pace> {
        static PACES: Mutex<BTreeMap<(String, Option<u32>), Pace>> = Mutex::new(BTreeMap::new());
        if self.server.is_some() || per_minute.is_none() {
            return None;
        }
        let minute = Duration::from_secs(60).mul_f64(self.time_scale);
        let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (self.workspace.host.clone(), per_minute);
        Some(paces.entry(key).or_insert_with(|| Pace::of(per_minute, minute)).clone())
    }

    /// The configured language model, if there is one.
    fn model(&self, meter: &Arc<Meter>) -> Result<Option<Model>, OpsError> {
        let Some(llm) = &self.project().llm else { return Ok(None) };
        let options = ModelOptions {
            endpoint: llm.endpoint.clone(),
            concurrency: llm.concurrency as usize,
            max_tokens: llm.max_tokens,
            timeout: llm.timeout.0,
            judges: llm.judge,
            chunk: self.project().scoring.judge.chunk as usize,
            temperature: llm.temperature,
            rows: llm.rows,
            prompts: Prompts::read(self.project().prompts.as_deref()).0,
        };
        let verdicts = Cache::open(self.layout.verdicts())?;
        let Some(url) = &llm.url else {
            return Ok(Some(Model::new(self.workspace.client.clone(), options, verdicts, meter.clone())));
        };
        let key = llm.key_env.as_deref().map(key_in).transpose()?;
        let service = OpenAi::new(url, key, &llm.endpoint, llm.timeout.0).map_err(|e| OpsError::other(e.message))?;
        Ok(Some(Model::at(Arc::new(service), options, verdicts, meter.clone())))
    }

    fn budget(&self) -> Budget {
        let declared = &self.project().budget;
        // Questions to the embedded workspace cost nothing: only what was declared counts there.
        let budget = if self.server.is_some() { declared.clone() } else { declared.with_defaults() };
        Budget {
            questions: budget.questions.map(|count| count.0),
            tokens: budget.tokens.map(|count| count.0),
            time: budget.minutes.map(|minutes| Duration::from_secs_f64(minutes.clamp(0.0, 1e9) * 60.0)),
            usd: budget.usd,
        }
    }

    /// What the guards need to know beside a plan.
    pub fn guard_facts(&self, state: Option<&State>) -> Facts {
        let records = state.map_or(&[][..], |state| &state.applied);
        // The newest; who wrote what stands there hardly lies further back.
        let records = &records[records.len().saturating_sub(MOST_PLANS)..];
        let kept = records.iter().map(|record| self.plans().load(&record.plan_id).ok().map(|(loaded, _)| loaded.plan));
        let kept: Vec<Option<Plan>> = kept.collect();
        Facts {
            question_budget: self.budget().questions,
            applied_benchmarks: kept.last().cloned().flatten().map(|plan| plan.base.benchmarks),
            generated: Generated::by(kept.iter().flatten().flat_map(|plan| &plan.changes)),
            ..Facts::default()
        }
    }

    /// Digest of what the project declares beside space and benchmarks.
    pub fn config_digest(&self) -> Digest {
        let project = self.project();
        let value = serde_json::json!({
            "target": project.target, "split": project.split, "learning": project.learning, "proof": project.proof,
            "guards": project.guards, "waivers": project.waivers,
        });
        digest_json(&value)
    }
}

/// Now, in whole seconds: what people read in plans and the state.
fn this_second() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now)
}

/// What the command line says over the files.
pub fn overrides(args: &ProjectArgs) -> Result<Overrides, OpsError> {
    let mut variables = BTreeMap::new();
    for pair in &args.variables {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| OpsError::usage(format!("`--var {pair}` has no `=`; write --var name=value")))?;
        variables.insert(name.to_owned(), value.to_owned());
    }
    Ok(Overrides { benchmarks: args.benchmarks.clone(), environment: args.environment.clone(), vars: variables })
}

/// Loads and checks the declared files.
pub fn load(args: &ProjectArgs) -> Result<Loaded, OpsError> {
    let mut loaded = config::load(&args.file, &overrides(args)?, &environment).map_err(OpsError::Declared)?;
    crate::ops::rebind(&mut loaded).map_err(OpsError::Declared)?;
    let (errors, warnings) =
        Prompts::read(loaded.project.prompts.as_deref()).1.into_iter().partition::<Vec<_>, _>(Diagnostic::is_error);
    loaded.warnings.extend(warnings);
    if errors.is_empty() { Ok(loaded) } else { Err(OpsError::Declared(errors)) }
}

/// Gold SQL that is no query. An error of the declared files; whoever can go on without the
/// question says so with [`left_out`].
pub fn gold_findings(loaded: &Loaded) -> Vec<Diagnostic> {
    let asked = loaded.suite.questions.iter().filter(|question| question.skip.is_none());
    let finding = |question: &Question| {
        let error = parse_query(&question.sql).err()?;
        let message = format!("the gold SQL of `{}` cannot be used: {error}", question.id);
        let help = "correct it, or leave the question out with `skip: reason`";
        let finding = Diagnostic::error("GE0417", message).help(help);
        Some(match loaded.origins.get(&question.id) {
            Some(span) => finding.at(span.clone()),
            None => finding,
        })
    };
    asked.filter_map(finding).collect()
}

/// The warehouse may know SQL that our parser does not: the run decides, and counts the question
/// as one whose benchmark is at fault if it does not run.
fn left_out(finding: Diagnostic) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..finding }
}

/// The environment variables.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The key that an environment variable holds.
fn key_in(name: &str) -> Result<SecretString, OpsError> {
    let found = environment(name).filter(|key| !key.trim().is_empty());
    let missing = || OpsError::usage(format!("`llm.key_env` names {name}, which is not set; put the key there"));
    found.map(|key| SecretString::from(key.trim().to_owned())).ok_or_else(missing)
}

/// The project's own folder: around its state file.
pub fn layout(project: &Project) -> Layout {
    match &project.state {
        config::Location::Path(path) => Layout::around(path),
        _ => Layout::new(project.folder.join(".genie-enhance")),
    }
}

/// Earlier releases kept a state under the name `state.json` whatever `state:` said. To begin anew
/// beside such a one would be to forget the space that it manages. Only of an environment it is
/// likely that it has a state of its own, and the other one is another environment's.
pub fn check_older_state(project: &Project, layout: &Layout, events: &Events) -> Result<(), OpsError> {
    let Some(older) = layout.older_state() else { return Ok(()) };
    let manages = match StateStore::new(&older).load() {
        Ok(Some(State { space_id: Some(id), host, .. })) => format!(", which manages the space {id} on {host}"),
        _ => String::new(),
    };
    let (state, older, own) = (layout.state(), older.display(), layout.root().display());
    let message = format!(
        "there is no state {} yet, but a {older} beside it{manages}. An earlier release wrote it under that name, \
         whatever `state:` said. If it is this project's, go on from it with `state: {older}`; if it belongs to \
         something else, begin anew with `mkdir {own}`",
        state.display()
    );
    if project.environment.is_some() {
        events.warn(message);
        return Ok(());
    }
    Err(OpsError::Stale { message })
}

/// The shared place of the project's state; none where a file on this machine holds it.
fn shared_state(project: &Project, client: &Client) -> Result<Option<SharedState>, OpsError> {
    let blobs = match &project.state {
        config::Location::Url(url) => Blobs::at_url(url, std::env::vars())?,
        config::Location::Volume(folder) => Blobs::in_volume(client.clone(), folder),
        config::Location::Path(_) | config::Location::Schema(_) => return Ok(None),
    };
    Ok(Some(SharedState::new(blobs)))
}

/// A client of the project's workspace, and what it keeps running.
pub struct Connection {
    pub client: Client,
    /// As it stands in plans: scheme and host, or `embedded`.
    pub host: String,
    /// None where nobody has named one.
    pub warehouse_id: Option<String>,
    pub as_of: Option<String>,
    /// The version of the data, where it is known.
    pub data: Option<Digest>,
    /// The embedded workspace; stops when dropped.
    pub server: Option<RunningServer>,
}

impl Connection {
    /// The SQL warehouse, which somebody has to have named.
    pub fn warehouse(&self) -> Result<String, OpsError> {
        self.warehouse_id.clone().ok_or_else(|| {
            OpsError::usage("no SQL warehouse is named; set `workspace.warehouse_id` or DATABRICKS_WAREHOUSE_ID")
        })
    }
}

/// Connects to the project's workspace; nothing is asked of it yet.
pub async fn open(project: &Project, layout: &Layout) -> Result<Connection, OpsError> {
    match &project.workspace {
        config::Workspace::Embedded { data, as_of, world } => {
            let date = as_of.as_deref().and_then(|text| text.parse().ok());
            let before = local::version(data);
            let server = local::start(LocalOptions {
                data: data.clone(),
                as_of: date,
                world: world.clone(),
                state: layout.root().join("workspace"),
                port: None,
            })
            .await?;
            let token = Credentials::Token(SecretString::from(server.token.clone()));
            let client = Client::new(Settings::new(&server.url, token))?;
            let warehouse_id = Some(project.warehouse_id.clone().unwrap_or_else(|| WAREHOUSE_ID.to_owned()));
            let host = "embedded".to_owned();
            // What changed while it was being loaded is no version of what was loaded.
            let version = before.filter(|before| local::version(data).as_ref() == Some(before));
            Ok(Connection { client, host, warehouse_id, as_of: as_of.clone(), data: version, server: Some(server) })
        }
        config::Workspace::Databricks { host, profile } => {
            let settings = settings(host.as_deref(), profile.as_deref())?;
            let named = project.warehouse_id.clone().or_else(|| settings.warehouse_id.clone());
            let host = settings.host.clone();
            let client = Client::new(settings)?;
            // The embedded workspace, served by another process, has one warehouse.
            let warehouse_id = named.or_else(|| is_loopback(&host).then(|| WAREHOUSE_ID.to_owned()));
            Ok(Connection { client, host, warehouse_id, as_of: None, data: None, server: None })
        }
    }
}

fn time_scale(project: &Project) -> Result<f64, OpsError> {
    match &project.workspace {
        config::Workspace::Embedded { world: Some(world), .. } => {
            Ok(World::read(world).map_err(OpsError::Declared)?.scaled(Duration::from_secs(1)).as_secs_f64())
        }
        _ => Ok(1.0),
    }
}

async fn connect(
    project: &Project,
    layout: &Layout,
) -> Result<(Workspace, Option<RunningServer>, Option<String>), OpsError> {
    let connection = open(project, layout).await?;
    let warehouse_id = connection.warehouse()?;
    let Connection { client, host, as_of, server, data, .. } = connection;
    // Only of the tables of this machine it is known which data they hold.
    let ground = data.map(|version| format!("{host} {version} {}", env!("CARGO_PKG_VERSION")));
    // A world may let anything happen, so what was seen in one is no result to go on from.
    let in_world = matches!(&project.workspace, config::Workspace::Embedded { world: Some(_), .. });
    let known = ground.clone().filter(|_| !in_world);
    let known = known.map(|ground| KnownResults::new(layout.results(), ground, as_of.clone()));
    Ok((Workspace::new(client, host, warehouse_id).over(ground).after(known), server, as_of))
}

fn settings(host: Option<&str>, profile: Option<&str>) -> Result<Settings, OpsError> {
    let mut attributes = Attributes::default();
    for (name, value) in [("host", host), ("profile", profile)] {
        if let Some(value) = value {
            attributes = attributes.set(name, value);
        }
    }
    let file = crate::databricks::config_file_path(&environment).and_then(|path| std::fs::read_to_string(path).ok());
    Settings::resolve(attributes, &environment, file.as_deref()).map_err(|error| OpsError::usage(error.to_string()))
}

fn is_loopback(host: &str) -> bool {
    let name = host.split_once("://").map_or(host, |(_, name)| name);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|loopback| name.starts_with(loopback))
}

/// Reads a text file, with an error that names it.
pub fn read_text(path: &Path) -> Result<String, OpsError> {
    std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))
}

/// What to say about a file or folder, named on the command line, that cannot be read.
pub fn cannot_read(path: &Path, error: &std::io::Error) -> OpsError {
    let name = path.display();
    OpsError::usage(match error.kind() {
        ErrorKind::NotFound => format!("{name} does not exist; check the path"),
        ErrorKind::IsADirectory => format!("{name} is a folder; name a file"),
        ErrorKind::NotADirectory => format!("{name} is not a folder"),
        ErrorKind::InvalidData => format!("{name} is not UTF-8; save it in that encoding"),
        _ => format!("cannot read {name}: {error}"),
    })
}

/// Writes a text file whole or not at all.
pub fn write_text(path: &Path, text: &str) -> Result<(), OpsError> {
    Ok(crate::store::write_atomic(path, text.as_bytes())?)
}

/// Writes a file that must not exist yet.
pub fn write_new(path: &Path, text: &str) -> Result<(), OpsError> {
    if path.exists() {
        return Err(OpsError::usage(format!("{} exists; it is not overwritten, name another file", path.display())));
    }
    write_text(path, text)
}

/// Shows an error and what to do about it.
pub fn report(error: &OpsError, output: Output) {
    if output.json {
        output.data(&failure::document(error));
    }
    if let OpsError::Declared(findings) = error {
        output.message(&render::diagnostics_terminal(findings, &output.style_err()));
        return;
    }
    output.message(&format!("error: {error}"));
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        output.message(&format!("  because: {cause}"));
        source = cause.source();
    }
    if let OpsError::Client(client) = error
        && let Some(help) = client.help()
    {
        output.message(&format!("  help: {help}"));
    }
    tracing::debug!(exit = ?Exit::of(error), "command failed");
}
