//! Whether a plan still fits the live space.

use crate::diff::{apply_all, diff};
use crate::model::{Change, Digest, Plan, Space};

/// What was just read from the workspace.
#[derive(Clone, Debug)]
pub struct LiveFacts<'a> {
    pub etag: Option<String>,
    pub digest: Digest,
    pub sidecar_digest: Digest,
    pub space: &'a Space,
}

/// How the live space stands to the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Freshness {
    /// As it was when the plan was made.
    Fresh,
    /// The etag moved and the content did not.
    Rebased,
    /// Somebody changed other places; the plan can be made anew on top of that.
    DriftedDisjoint { their: Vec<Change> },
    /// Somebody changed what the plan changes: pairs of ours and theirs. Without the base at hand
    /// there are no pairs to show.
    Conflict { overlaps: Vec<(Change, Change)> },
    /// The plan's target stands there already.
    AlreadyApplied,
}

/// Classifies by content; the etag alone decides nothing. `base` is the content that the plan
/// stands on, where it is at hand.
pub fn freshness(plan: &Plan, live: &LiveFacts<'_>, base: Option<&Space>) -> Freshness {
    let facts = &plan.base;
    let same_sidecar = facts.live_sidecar.as_ref() == Some(&live.sidecar_digest);
    if facts.live.as_ref() == Some(&live.digest) && same_sidecar {
        return if facts.etag == live.etag { Freshness::Fresh } else { Freshness::Rebased };
    }
    if live.digest == facts.target && sidecar_is_target(plan, live, base) {
        return Freshness::AlreadyApplied;
    }
    let Some(base) = base else { return Freshness::Conflict { overlaps: Vec::new() } };
    let their = diff(base, live.space);
    let ours = plan.changes.iter().map(|planned| &planned.change);
    let overlaps: Vec<(Change, Change)> = ours
        .flat_map(|ours| their.iter().filter(|their| clash(ours, their)).map(|their| (ours.clone(), their.clone())))
        .collect();
    if overlaps.is_empty() { Freshness::DriftedDisjoint { their } } else { Freshness::Conflict { overlaps } }
}

/// The same change made by somebody else is no clash.
fn clash(ours: &Change, their: &Change) -> bool {
    ours.address.overlaps(&their.address) && ours != their
}

/// A plan that leaves the fields beside the document alone expects them as they were.
fn sidecar_is_target(plan: &Plan, live: &LiveFacts<'_>, base: Option<&Space>) -> bool {
    let touches =
        plan.changes.iter().any(|planned| planned.change.address.segments().first().is_some_and(|s| s == "space"));
    if !touches {
        return plan.base.live_sidecar.as_ref().is_none_or(|sidecar| *sidecar == live.sidecar_digest);
    }
    let target = base.and_then(|base| apply_all(base, plan.changes.iter().map(|planned| &planned.change)).ok());
    target.is_some_and(|target| target.sidecar_digest() == live.sidecar_digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Base, ChangeEvidence, Evidence, PlanVerdict};
    use crate::planner::{PlanParts, Selection, SplitError, assemble, expiry, split};
    use serde_json::json;

    fn base() -> Space {
        let text =
            r#"{"version":2,"data_sources":{"tables":[{"identifier":"a","description":["A\n"]},{"identifier":"b"}]}}"#;
        Space::parse(text).expect("a space")
    }

    fn changes() -> Vec<Change> {
        vec![
            Change::add(Address::snippet("measures", "01"), json!({"id": "01", "sql": ["sum(x)"]})),
            Change::update(Address::table_field("a", "description"), json!(["A\n"]), json!(["AA\n"])),
        ]
    }

    fn plan() -> Plan {
        let target = apply_all(&base(), &changes()).expect("fits");
        let mut evidence = ChangeEvidence { status: "measured".into(), ..ChangeEvidence::default() };
        let with = |change: &Change, evidence: &ChangeEvidence| (change.clone(), String::new(), evidence.clone());
        let first = with(&changes()[0], &evidence);
        evidence.group = vec!["#0".into()];
        assemble(PlanParts {
            verdict: PlanVerdict::Improved,
            verdict_reason: String::new(),
            base: Base {
                host: "h".into(),
                space_id: Some("s".into()),
                title: String::new(),
                warehouse_id: String::new(),
                etag: Some("1".into()),
                live: Some(base().digest()),
                live_sidecar: Some(base().sidecar_digest()),
                definition_before: None,
                definition_after: None,
                target: target.digest(),
                config: base().digest(),
                benchmarks: base().digest(),
                as_of: None,
            },
            questions: vec![],
            changes: vec![first, with(&changes()[1], &evidence)],
            rejections: vec![],
            guards: vec![],
            evidence: Evidence { p_value: Some(0.123_456), ..Evidence::default() },
            created_at: "2026-01-01T00:00:00Z".into(),
            expires_at: expiry("2026-01-01T00:00:00Z", 7).expect("a time"),
            tool_version: String::new(),
        })
    }

    fn with(space: &Space, change: Change) -> Space {
        apply_all(space, &[change]).expect("fits")
    }

    fn classify(live: &Space, etag: &str) -> Freshness {
        let facts = LiveFacts {
            etag: Some(etag.into()),
            digest: live.digest(),
            sidecar_digest: live.sidecar_digest(),
            space: live,
        };
        freshness(&plan(), &facts, Some(&base()))
    }

    #[test]
    fn five_classes() {
        assert_eq!(classify(&base(), "1"), Freshness::Fresh);
        assert_eq!(classify(&base(), "2"), Freshness::Rebased);
        let target = apply_all(&base(), &changes()).expect("fits");
        assert_eq!(classify(&target, "2"), Freshness::AlreadyApplied);
        let elsewhere = Change::add(Address::table_field("b", "description"), json!(["B"]));
        assert!(
            matches!(classify(&with(&base(), elsewhere), "2"), Freshness::DriftedDisjoint { their } if their.len() == 1)
        );
        let title = Change::add(Address::sidecar("title"), json!("T"));
        assert!(matches!(classify(&with(&base(), title.clone()), "1"), Freshness::DriftedDisjoint { .. }));
        assert!(matches!(classify(&with(&target, title), "1"), Freshness::DriftedDisjoint { .. }));
        let same_place = Change::update(Address::table_field("a", "description"), json!(["A\n"]), json!(["Z"]));
        assert!(
            matches!(classify(&with(&base(), same_place), "2"), Freshness::Conflict { overlaps } if overlaps.len() == 1)
        );
        let gone = Change::remove(Address::table("a"), json!({"identifier": "a", "description": ["A\n"]}));
        assert!(matches!(classify(&with(&base(), gone), "2"), Freshness::Conflict { .. }));
    }

    #[test]
    fn plans_are_put_together_by_category_and_split_by_id() {
        let plan = plan();
        let ids: Vec<(&str, &Change)> = plan.changes.iter().map(|c| (c.id.as_str(), &c.change)).collect();
        assert_eq!(ids, [("c-01", &changes()[1]), ("c-02", &changes()[0])]);
        assert_eq!(plan.changes[0].evidence.group, ["c-02"]);
        assert_eq!((plan.expires_at.as_str(), plan.evidence.p_value), ("2026-01-08T00:00:00Z", Some(0.1235)));
        let only = |id: &str| split(&plan, &Selection::Only(vec![id.into()]), &base());
        assert!(matches!(only("c-01"), Err(SplitError::Parted(..))));
        assert!(matches!(only("c-09"), Err(SplitError::Unknown(..))));
        let part = only("c-02").expect("works alone");
        assert_eq!(part.changes[0].evidence.status, "not-measured");
        assert_eq!(part.verdict, PlanVerdict::NotEnoughEvidence);
        assert_eq!(part.base.target, with(&base(), changes()[0].clone()).digest());
    }
}
