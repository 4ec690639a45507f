//! What the page can make happen. The command line implements it on the operations; the demo
//! implements it on a recorded run.

use crate::model::Diagnostic;
use futures::future::BoxFuture;

/// Why an action did not happen. The message is shown as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// Not now, or not like this: a plan is running, the typed id is another one.
    #[error("{0}")]
    Refused(String),
    /// It was tried and went wrong.
    #[error("{0}")]
    Failed(String),
}

/// The reply to an action: one sentence for the person who asked.
pub type Reply<'a, T = String> = BoxFuture<'a, Result<T, ActionError>>;

/// How to plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartOptions {
    /// Ask everything anew instead of using cached answers.
    pub fresh: bool,
    /// At most so many rounds; the declared number otherwise.
    pub rounds: Option<usize>,
}

/// Somebody looked at the space, and it stood as it was applied.
pub const NO_DRIFT: &str = "no drift";

/// One line of the history, newest first in a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryRow {
    /// `plan`, `score`, `apply` or `rollback`.
    pub kind: String,
    /// The state's serial; none for a plan that was not applied.
    pub serial: Option<u64>,
    pub plan_id: String,
    /// RFC 3339.
    pub at: String,
    pub by: String,
    pub changes: usize,
    /// Shares, 0 to 1.
    pub score_before: Option<f64>,
    pub score_after: Option<f64>,
    /// `equal`, `migrated` or `lossy`; for a plan its verdict.
    pub outcome: String,
    /// What has happened to the space since: for example `edited in 2 places`, [`NO_DRIFT`], or
    /// empty if nobody has looked.
    pub drift: String,
    /// Its before-image is there, so this can be undone.
    pub can_roll_back: bool,
}

/// What was planned, scored and applied, and where that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// Newest first.
    pub rows: Vec<HistoryRow>,
    /// For people; empty: there is nothing to say.
    pub from: String,
    /// Why something may be missing; empty: nothing is.
    pub problem: String,
}

/// The declared files, for the page's forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// As the user wrote the path.
    pub config_path: String,
    pub config: String,
    pub benchmarks: Vec<BenchmarkFile>,
    /// Keys of the configuration with what they mean.
    pub help: Vec<(String, String)>,
}

/// A benchmark file with its health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BenchmarkFile {
    pub name: String,
    pub questions: usize,
    pub diagnostics: Vec<Diagnostic>,
}

/// Everything that the page can ask for. Implementations check for themselves whether an action is
/// possible now; the page only offers.
pub trait Actions: Send + Sync {
    /// Begins a plan and returns; its events go to the hub.
    fn start_plan(&self, options: StartOptions) -> Reply<'_>;
    /// Asks the running plan to stop; what was measured stays in the cache.
    fn stop(&self) -> Reply<'_>;
    /// Begins to apply the plan, if `plan_id_typed` is its id or at least eight characters of it.
    fn apply(&self, plan_id_typed: String) -> Reply<'_>;
    /// Undoes the applied record with this serial.
    fn rollback(&self, serial: u64) -> Reply<'_>;
    /// Findings about a configuration text; nothing is written.
    fn validate_config(&self, text: String) -> Reply<'_, Vec<Diagnostic>>;
    fn save_config(&self, text: String) -> Reply<'_>;
    /// Checks a benchmark file and, if it holds no error, takes it in. The name is a plain file
    /// name; the server has refused every other one.
    fn upload_benchmarks(&self, name: String, bytes: Vec<u8>) -> Reply<'_, Vec<Diagnostic>>;
    /// Makes a plan of these changes of the current plan only; the new one goes to the hub.
    fn select_changes(&self, ids: Vec<String>) -> Reply<'_>;
    /// What is known by now: a history that takes long to read comes with a later change of the view.
    fn history(&self) -> Reply<'_, Past>;
    fn project(&self) -> Reply<'_, Project>;
}
