//! A project whose space is live, with an edit of the definition planned: where scenarios begin.
//! Each scenario runs with the plan that the project keeps, and with a plan file in a checkout
//! that keeps none.

use crate::support::{Done, Project};
use serde_json::Value;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::OnceLock;

/// How the plan gets to `apply`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `apply ID`: the project has kept the plan.
    Direct,
    /// `apply next.json`, in a checkout without kept plans.
    Saved,
}

pub const WAYS: [Way; 2] = [Way::Direct, Way::Saved];

pub struct Stage {
    pub project: Project,
    pub id: String,
    pub space: String,
    way: Way,
    /// What other people's edits set, in the order in which worlds brought them.
    edits: RefCell<Vec<(String, Value)>>,
}

/// The project as it is before the planned edit is applied, and what is live before and after.
struct Ready {
    folder: PathBuf,
    base: Value,
    target: Value,
}

/// Made once for all scenarios.
fn ready() -> &'static Ready {
    static READY: OnceLock<Ready> = OnceLock::new();
    READY.get_or_init(|| {
        let project = Project::small();
        project.write("benchmarks/one.yaml", ONE);
        project.edit("genie.yaml", "benchmarks/*.yaml", "benchmarks/one.yaml");
        project.run(&["plan", "--no-learn", "--out", "first.json"]).exits(0);
        project.apply("first.json");
        project.edit("space.yaml", BEFORE, AFTER);
        project.edit("space.yaml", "description: Delivery trips.", "description: Trips of our vans.");
        project.run(&["plan", "--no-learn", "--out", "next.json"]).exits(0);
        let folder = project.keep("stage");
        let document = || {
            let space = project.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
            project.json(&format!(".genie-enhance/workspace/spaces/{space}.json"))["document"].clone()
        };
        let base = document();
        project.apply("next.json");
        Ready { folder, base, target: document() }
    })
}

/// What the definition says after the planned edit.
pub const AFTER: &str = "Be brief and kind.";
/// What it said before, and what is live.
pub const BEFORE: &str = "Be brief.";

impl Stage {
    /// The planned edit changes the instruction and the description of the trips.
    pub fn of(way: Way) -> Self {
        let project = Project::copy_of(&ready().folder);
        if way == Way::Saved {
            std::fs::remove_dir_all(project.path(".genie-enhance/plans")).expect("plans were kept");
        }
        let id = project.json("next.json")["id"].as_str().expect("an id").to_owned();
        let space = project.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
        Self { project, id, space, way, edits: RefCell::default() }
    }

    /// The world that the embedded workspace lives in from now on.
    pub fn world(&self, yaml: &str) {
        self.project.write("world.yaml", yaml);
        let world: Value = serde_yaml::from_str(yaml).expect("YAML");
        let sets = world["edits"].as_array().into_iter().flatten().filter_map(|edit| edit["set"].as_object());
        let sets = sets.flatten().map(|(at, value)| (at.clone(), value.clone()));
        self.edits.borrow_mut().extend(sets);
        let text = self.project.read("genie.yaml");
        if !text.contains("world:") {
            self.project.edit("genie.yaml", "embedded: ./data\n", "embedded: ./data\n  world: world.yaml\n");
        }
    }

    pub fn calm(&self) {
        self.world("seed: 0\n");
    }

    /// Runs `apply` the stage's way, approved, with JSON.
    pub fn apply(&self) -> Done {
        self.apply_with(&[])
    }

    pub fn apply_with(&self, more: &[&str]) -> Done {
        self.project.run(&self.arguments(more))
    }

    pub fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["apply", self.plan(), "--approve", &self.id, "--json"], more].concat()
    }

    /// The space as the workspace keeps it.
    pub fn record(&self) -> Value {
        self.project.json(&format!(".genie-enhance/workspace/spaces/{}.json", self.space))
    }

    pub fn live(&self) -> String {
        self.record()["document"].to_string()
    }

    /// Writes of the live space that took place, this scenario's only.
    pub fn writes(&self) -> usize {
        let ours = |entry: &&Value| {
            entry["method"] == "PATCH"
                && entry["executed"] == true
                && entry["path"].as_str().is_some_and(|path| path.ends_with(&self.space))
        };
        self.project.requests().iter().filter(ours).count()
    }

    /// The path or the id of the plan, as this way names it.
    pub fn plan(&self) -> &str {
        if self.way == Way::Saved { "next.json" } else { &self.id }
    }

    /// Where the plan lies that this way reads.
    pub fn plan_file(&self) -> String {
        if self.way == Way::Saved {
            "next.json".to_owned()
        } else {
            format!(".genie-enhance/plans/{}.json", &self.id[..8])
        }
    }

    /// What may be live: the base or the target, as it is, or with what other people have edited.
    fn is_known(&self, document: &Value) -> bool {
        [&ready().base, &ready().target].into_iter().any(|whole| {
            let mut edited = whole.clone();
            let mut versions = vec![edited.clone()];
            for (at, value) in self.edits.borrow().iter() {
                *edited.pointer_mut(at).expect("edits are of what is there") = value.clone();
                versions.push(edited.clone());
            }
            versions.contains(document)
        })
    }

    /// What must hold after anything: nothing is live that nobody wrote; the state reads, and tells the truth or says that it does
    /// not know; the lock is free; no temporary file is left; nothing secret or raw was said.
    #[track_caller]
    pub fn check(&self, said: &Done) {
        assert!(self.is_known(&self.record()["document"]), "a mixture: {}", self.live());
        let state = self.project.run(&["state", "show", "--json"]).exits(0).json();
        assert_eq!(self.project.run(&["lock", "list", "--json"]).exits(0).json(), Value::Array(Vec::new()));
        assert!(state["lineage"].is_string());
        let token = self.project.read(".genie-enhance/workspace/token.json");
        let token = token.trim_matches(['"', '\n']);
        let everything = [&said.out, &said.err, &self.project.read(".genie-enhance/state.json")];
        for text in everything {
            assert!(!text.contains(token), "the token was said");
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "raw controls: {text:?}");
        }
        // One document, whatever happened, and it agrees with the exit code.
        let told = said.json();
        if let Some(error) = told.get("error") {
            assert_eq!(error["exit_code"].as_i64(), said.code.map(i64::from), "{told}");
        }
    }

    /// Applied, on record once, the definition the same as what is live; a second apply and a
    /// second plan find nothing to do.
    #[track_caller]
    pub fn converged(&self) {
        self.calm();
        assert!(self.live().contains(AFTER) && !self.live().contains("\"Be brief.\\n\""));
        let state = self.project.json(".genie-enhance/state.json");
        assert_eq!(state["applied"].as_array().map(Vec::len), Some(2), "{state}");
        assert_eq!(state["applied"][1]["plan_id"], self.id);
        let writes = self.writes();
        let again = self.apply().exits(0).json();
        assert_eq!(again["outcome"], "already-applied");
        assert_eq!(self.writes(), writes, "written again");
        assert_eq!(self.project.json(".genie-enhance/state.json"), state);
        self.project.run(&["drift", "--detailed-exitcode"]).exits(0);
    }

    /// Nothing of the plan is live or on record, and it still can be applied.
    #[track_caller]
    pub fn untouched(&self) {
        assert!(self.live().contains(BEFORE), "{}", self.live());
        assert_eq!(self.writes(), 0);
        assert_eq!(self.project.json(".genie-enhance/state.json")["serial"], 1);
        assert!(self.project.read("space.yaml").contains(AFTER), "the definition is left as it is");
    }
}

const ONE: &str = "questions:
  - {id: vans, question: How many vans do we have?, sql: SELECT COUNT(*) AS n FROM fleet.ops.vans}
";
