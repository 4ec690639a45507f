//! What was typed → what is meant: paths joined to the file's folder, the kind of workspace
//! decided, and the checks that a schema cannot make.

use super::super::yaml::{Node, Sources};
use super::policy::{Budget, Guard, Waiver};
use super::proof::Proof;
use super::scoring::Scoring;
use super::typed::{Learning, Llm, ProjectFile, Split, Target, WorkspaceFile};
use crate::model::Diagnostic;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Questions a minute that Databricks allows a workspace.
const DATABRICKS_PER_MINUTE: u32 = 5;

/// A project, ready for use.
#[derive(Clone, Debug, Serialize)]
pub struct Project {
    /// The project file, as it was given.
    pub file: PathBuf,
    /// Its folder; all relative paths start here.
    pub folder: PathBuf,
    /// The overlay that was merged, by name.
    pub environment: Option<String>,
    pub workspace: Workspace,
    pub warehouse_id: Option<String>,
    /// The declared content.
    pub definition: Option<PathBuf>,
    /// The live space.
    pub space_id: Option<String>,
    /// The benchmark files that were read, in order.
    pub benchmarks: Vec<PathBuf>,
    pub target: Target,
    pub split: Split,
    pub scoring: Scoring,
    pub learning: Learning,
    pub proof: Proof,
    pub llm: Option<Llm>,
    /// The folder with prompts that replace built-in ones.
    pub prompts: Option<PathBuf>,
    pub guards: Vec<Guard>,
    pub waivers: Vec<Waiver>,
    pub budget: Budget,
    pub state: Location,
    pub history: Location,
    /// Catalogs and schemas with their other names in this environment.
    pub rebind: BTreeMap<String, String>,
}

/// Where the space lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Workspace {
    /// Served locally from a folder with data.
    Embedded { data: PathBuf, as_of: Option<String>, world: Option<PathBuf> },
    /// A real workspace, or a local one served by another process.
    Databricks { host: Option<String>, profile: Option<String> },
}

/// Where something is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    Path(PathBuf),
    /// `s3://…`, `gs://…`, `az://…`.
    Url(String),
    /// A Unity Catalog volume: `/Volumes/catalog/schema/volume/…`.
    Volume(String),
    /// `catalog.schema` on the warehouse.
    Schema(String),
}

impl Location {
    fn of(text: &str, folder: &Path, may_be_schema: bool) -> Self {
        let parts: Vec<&str> = text.split('.').collect();
        let name = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "_-`".contains(c));
        match () {
            () if text.contains("://") => Self::Url(text.to_owned()),
            () if text.starts_with("/Volumes/") => Self::Volume(text.to_owned()),
            () if may_be_schema && parts.len() == 2 && parts.iter().all(name) => Self::Schema(text.to_owned()),
            () => Self::Path(join(folder, text)),
        }
    }
}

/// `path` as seen from `folder`, without `./` in it.
pub(in super::super) fn join(folder: &Path, path: &str) -> PathBuf {
    let path = Path::new(path);
    let clean: PathBuf = path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    folder.join(clean)
}

/// Resolves a typed project. The benchmark files are filled in by the caller, who looks for them.
pub(in super::super) fn resolve(
    typed: ProjectFile,
    file: &Path,
    environment: Option<&str>,
    root: &Node,
    sources: &Sources,
) -> (Project, Vec<Diagnostic>) {
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut checks = Checks { root, sources, findings: Vec::new() };
    checks.waivers(&typed);
    checks.guards(&typed);
    checks.space_id(&typed);
    let workspace = checks.workspace(&typed.workspace, &folder);
    let mut scoring = typed.scoring;
    if matches!(&workspace, Workspace::Databricks { .. }) && !is_loopback(&workspace) {
        scoring.genie.per_minute = scoring.genie.per_minute.or(Some(DATABRICKS_PER_MINUTE));
    }
    let project = Project {
        file: file.to_path_buf(),
        environment: environment.map(str::to_owned),
        warehouse_id: typed.workspace.warehouse_id.filter(|id| !id.is_empty()),
        definition: typed.space.definition.map(|path| join(&folder, &path)),
        space_id: typed.space.id.filter(|id| !id.is_empty()),
        benchmarks: Vec::new(),
        target: typed.target,
        split: typed.split,
        scoring,
        learning: typed.learning,
        proof: typed.proof,
        prompts: typed.llm.as_ref().and_then(|llm| llm.prompts.as_ref()).map(|path| join(&folder, path)),
        llm: typed.llm,
        guards: typed.guards,
        waivers: typed.waivers,
        budget: typed.budget,
        state: Location::of(&typed.state, &folder, false),
        history: Location::of(&typed.history, &folder, true),
        rebind: typed.rebind,
        workspace,
        folder,
    };
    (project, checks.findings)
}

fn is_loopback(workspace: &Workspace) -> bool {
    let Workspace::Databricks { host: Some(host), .. } = workspace else { return false };
    let name = host.trim_start_matches("http://").trim_start_matches("https://");
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|loopback| name.starts_with(loopback))
}

struct Checks<'a> {
    root: &'a Node,
    sources: &'a Sources,
    findings: Vec<Diagnostic>,
}

impl Checks<'_> {
    fn report(&mut self, code: &str, pointer: &str, message: String, help: &str) {
        let mut diagnostic = Diagnostic::error(code, message).help(help);
        diagnostic.span = self.sources.span(self.root.nearest(pointer).at);
        self.findings.push(diagnostic);
    }

    fn workspace(&mut self, typed: &WorkspaceFile, folder: &Path) -> Workspace {
        let Some(data) = &typed.embedded else {
            for (key, value) in [("as_of", &typed.as_of), ("world", &typed.world)] {
                if value.is_some() {
                    let message = format!("`{key}` works only with `embedded`");
                    self.report("GE0207", &format!("/workspace/{key}"), message, "remove it, or add `embedded: DIR`");
                }
            }
            return Workspace::Databricks { host: typed.host.clone(), profile: typed.profile.clone() };
        };
        for (key, value) in [("host", &typed.host), ("profile", &typed.profile)] {
            if value.is_some() {
                let message = format!("`{key}` and `embedded` exclude each other");
                self.report("GE0207", &format!("/workspace/{key}"), message, "keep the one that is meant");
            }
        }
        if let Some(day) = &typed.as_of {
            self.date("/workspace/as_of", day);
        }
        Workspace::Embedded {
            data: join(folder, data),
            as_of: typed.as_of.clone(),
            world: typed.world.as_ref().map(|path| join(folder, path)),
        }
    }

    fn date(&mut self, pointer: &str, text: &str) {
        if text.parse::<jiff::civil::Date>().is_err() {
            let message = format!("`{text}` is not a day of the calendar");
            self.report("GE0208", pointer, message, "write it as YYYY-MM-DD");
        }
    }

    fn waivers(&mut self, typed: &ProjectFile) {
        for (at, waiver) in typed.waivers.iter().enumerate() {
            self.date(&format!("/waivers/{at}/expires"), &waiver.expires);
        }
    }

    fn guards(&mut self, typed: &ProjectFile) {
        let mut seen = BTreeSet::new();
        for (at, guard) in typed.guards.iter().enumerate() {
            if !seen.insert(guard.rule.as_str()) {
                let message = format!("the guard `{}` is declared twice", guard.rule);
                self.report("GE0209", &format!("/guards/{at}/rule"), message, "keep one of them");
            }
        }
    }

    fn space_id(&mut self, typed: &ProjectFile) {
        let Some(id) = &typed.space.id else { return };
        let valid = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !valid && !id.is_empty() {
            let message = format!("`{id}` is not the id of a space");
            self.report("GE0210", "/space/id", message, "an id has 32 hexadecimal characters, as in the space's URL");
        }
    }
}
