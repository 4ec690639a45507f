//! One checkout of a project that applies plans to a fake workspace.

use super::fake::Fake;
use crate::config::{DeclaredSpace, space_from_yaml, space_to_yaml};
use crate::diff::{apply_all, diff};
use crate::format::plan_id;
use crate::model::*;
use crate::ops::{Carried, Events, OpsError, Order, Policy, Workspace, carry_out};
use crate::planner::{PlanParts, assemble};
use crate::store::{Identity, Journal, Layout, StateStore, list_locks};
use serde_json::json;
use std::sync::{Arc, Mutex};

pub const ID: &str = "space1";

/// A folder with its own state, as another machine would have it.
pub struct Site {
    folder: tempfile::TempDir,
    pub layout: Layout,
    pub workspace: Workspace,
    pub actor: String,
    pub told: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub fn of(fake: &Fake, actor: &str) -> Self {
        let folder = memory_folder();
        let layout = Layout::new(folder.path().join(".genie-enhance"));
        let workspace = Workspace::new(fake.client(actor), "fake".to_owned(), "w".to_owned());
        Self { folder, layout, workspace, actor: actor.to_owned(), told: Arc::default() }
    }

    /// With a state that says: this is what was applied last.
    pub fn standing(fake: &Fake, actor: &str, id: &str, space: &Space) -> Self {
        let site = Self::of(fake, actor);
        let mut state = State::new("lineage".to_owned(), "fake".to_owned());
        state.space_id = Some(id.to_owned());
        state.stands = Some(space.clone());
        state.applied.push(AppliedRecord {
            serial: 1,
            plan_id: "first".to_owned(),
            at: "2026-01-01T00:00:00Z".to_owned(),
            by: "ann".to_owned(),
            confirmed: "yes".to_owned(),
            changes: 0,
            score_before: String::new(),
            score_after: String::new(),
            before: None,
            before_digest: None,
            after_digest: space.digest(),
            after_sidecar_digest: space.sidecar_digest(),
            etag: "1".to_owned(),
            read_back: "equal".to_owned(),
            verified: Verified::NotAsked,
        });
        site.store().save(state).expect("saved");
        site
    }

    pub fn store(&self) -> StateStore {
        StateStore::new(self.layout.state())
    }

    pub fn state(&self) -> Option<State> {
        self.store().load().expect("a good state")
    }

    pub fn journal(&self) -> Journal {
        Journal::new(self.layout.journal())
    }

    /// Writes `space.yaml`.
    pub fn declare(&self, space: &Space) {
        std::fs::write(self.folder.path().join("space.yaml"), space_to_yaml(space)).expect("written");
    }

    pub fn declared(&self) -> Option<DeclaredSpace> {
        let path = self.folder.path().join("space.yaml");
        let yaml_text = std::fs::read_to_string(&path).ok()?;
        let (space, _) = space_from_yaml(&yaml_text, "space.yaml").expect("reads");
        Some(DeclaredSpace { space, yaml_text, path, rebound_from: None })
    }

    pub async fn apply(&self, plan: &Plan) -> Result<Carried, OpsError> {
        self.apply_with(plan, Vec::new(), None, now()).await
    }

    pub async fn apply_with(
        &self,
        plan: &Plan,
        guards: Vec<crate::guard::GuardConfig>,
        recreate: Option<&str>,
        now: jiff::Timestamp,
    ) -> Result<Carried, OpsError> {
        let told = self.told.clone();
        let events = Events::new(move |event| {
            if let Event::Note { message } | Event::Warning { message } = event {
                told.lock().expect("no panic").push(message.clone());
            }
        });
        let id = plan_id(plan);
        let declared = self.declared();
        let suite = Suite::default();
        let order = Order {
            workspace: &self.workspace,
            events,
            layout: &self.layout,
            plan,
            plan_id: id.as_str(),
            declared: declared.as_ref(),
            policy: Policy {
                guards: &guards,
                waivers: &[],
                suite: &suite,
                target_score: 1.0,
                facts: crate::guard::Facts::default(),
                now,
            },
            recreate,
            shared: None,
            identity: Identity { who: self.actor.clone(), host: self.actor.clone(), pid: std::process::id() },
            now,
        };
        carry_out(&order, |_| Ok(Some("test".to_owned()))).await
    }

    /// What must be true after anything: the state reads and tells the truth or says that it does
    /// not know, and the lock is free.
    pub fn check(&self, fake: &Fake, id: &str) {
        assert_eq!(list_locks(&self.layout.lock()).expect("read"), [], "the lock is held");
        let pending = self.journal().pending().expect("a good journal").is_some();
        let state = self.state();
        let backups = self.store().backups().expect("read");
        assert!(backups.iter().all(|backup| backup.state.is_some()), "a damaged backup");
        if let (Some(last), false) = (state.as_ref().and_then(State::last), pending) {
            let stands = fake.space(id).digest();
            let known = state.as_ref().is_some_and(|s| s.applied.iter().any(|record| record.after_digest == stands));
            // Somebody else's content is drift, which the record need not know of.
            let theirs = last.after_digest != stands && !known;
            assert!(theirs || known, "the record is wrong");
        }
    }
}

/// Files in memory where the system has that: what is tested is their order, not the disk.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

pub fn now() -> jiff::Timestamp {
    "2026-01-02T00:00:00Z".parse().expect("a time")
}

const INSTRUCTION: &str = "0123456789abcdef0123456789abcde0";
pub const MEASURE: &str = "0123456789abcdef0123456789abcde1";
const SAMPLE: &str = "0123456789abcdef0123456789abcde2";

/// A space with an instruction, a sample question and a title.
pub fn space(instruction: &str) -> Space {
    let document = json!({
        "version": 2,
        "config": {"sample_questions": [{"id": SAMPLE, "question": ["How many?"]}]},
        "data_sources": {},
        "instructions": {"text_instructions": [{"id": INSTRUCTION, "content": [instruction]}]},
    });
    let sidecar = Sidecar {
        title: "Fleet".to_owned(),
        description: "Vans".to_owned(),
        warehouse_id: "w".to_owned(),
        parent_path: "/Users/somebody".to_owned(),
    };
    Space::from_document(document).expect("a space").with_sidecar(sidecar)
}

/// The same with a measure.
pub fn with_measure(space: &Space) -> Space {
    let mut space = space.clone();
    space.document_mut()["instructions"]["sql_snippets"] =
        json!({"measures": [{"id": MEASURE, "alias": "n", "sql": ["COUNT(*)"], "display_name": "number"}]});
    space
}

pub fn instruction(kept: &mut super::fake::Kept, text: &str) {
    kept.document["instructions"]["text_instructions"][0]["content"] = json!([text]);
}

pub fn sample(kept: &mut super::fake::Kept, text: &str) {
    kept.document["config"]["sample_questions"][0]["question"] = json!([text]);
}

/// A plan from what stands there to a target.
pub fn plan(base: &Space, target: &Space, etag: &str, id: Option<&str>) -> Plan {
    let changes = if id.is_some() { diff(base, target) } else { Vec::new() };
    let target = if id.is_some() { apply_all(base, &changes).expect("fits") } else { target.clone() };
    let evidence = ChangeEvidence { status: "declared".into(), provenance: "declared".into(), ..Default::default() };
    assemble(PlanParts {
        verdict: PlanVerdict::NoChange,
        verdict_reason: "declared".to_owned(),
        base: Base {
            host: "fake".to_owned(),
            space_id: id.map(str::to_owned),
            title: base.sidecar.title.clone(),
            warehouse_id: "w".to_owned(),
            etag: id.map(|_| etag.to_owned()),
            live: id.map(|_| base.digest()),
            live_sidecar: id.map(|_| base.sidecar_digest()),
            definition_before: None,
            definition_after: None,
            target: target.digest(),
            config: base.digest(),
            benchmarks: Suite::default().digest(),
            as_of: None,
        },
        questions: vec![QuestionOutcome {
            id: "q".to_owned(),
            split: Split::Learn,
            before: Outcome::Correct,
            after: Outcome::Correct,
            reason_before: String::new(),
            reason_after: String::new(),
        }],
        changes: changes.into_iter().map(|change| (change, String::new(), evidence.clone())).collect(),
        rejections: vec![],
        guards: vec![],
        evidence: Evidence::default(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        expires_at: "2026-01-08T00:00:00Z".to_owned(),
        tool_version: "0".to_owned(),
    })
}
