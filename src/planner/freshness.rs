//! Whether a plan still fits the live space.

use crate::diff::{Fit, diff, fits, holds, value_at};
use crate::model::{Change, Digest, Plan, Space};
use serde_json::Value;

/// What was just read from the workspace.
#[derive(Clone, Debug)]
pub struct LiveFacts<'a> {
    pub etag: Option<String>,
    pub digest: Digest,
    pub sidecar_digest: Digest,
    pub space: &'a Space,
}

impl<'a> LiveFacts<'a> {
    pub fn of(etag: Option<&str>, space: &'a Space) -> Self {
        let etag = etag.map(str::to_owned);
        Self { etag, digest: space.digest(), sidecar_digest: space.sidecar_digest(), space }
    }
}

/// One place as it stood, as it stands and as it is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreeWay {
    pub address: String,
    pub base: Option<Value>,
    pub live: Option<Value>,
    pub plan: Option<Value>,
}

/// How the live space stands to the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Freshness {
    /// As it was when the plan was made.
    Fresh,
    /// The etag moved and the content did not.
    Rebased,
    /// Somebody changed other places; the plan can be made anew on top of that. Without the base
    /// at hand it cannot be told which.
    DriftedDisjoint { their: Vec<Change> },
    /// Somebody changed what the plan changes; `their` are the other edits.
    Conflict { overlaps: Vec<ThreeWay>, their: Vec<Change> },
    /// The plan's target stands there already.
    AlreadyApplied,
}

/// Classifies by content; the etag alone decides nothing. `base` is the content that the plan
/// stands on, where it is at hand: the plan's changes carry what they need, so that only the names
/// of edits elsewhere depend on it.
pub fn freshness(plan: &Plan, live: &LiveFacts<'_>, base: Option<&Space>) -> Freshness {
    let facts = &plan.base;
    if live.digest == facts.target && sidecar_is_target(plan, live) {
        return Freshness::AlreadyApplied;
    }
    if facts.live.as_ref() == Some(&live.digest) && facts.live_sidecar.as_ref() == Some(&live.sidecar_digest) {
        return if facts.etag == live.etag { Freshness::Fresh } else { Freshness::Rebased };
    }
    let their = base.map(|base| diff(base, live.space)).unwrap_or_default();
    let ours = plan.changes.iter().map(|planned| &planned.change);
    let (meeting, their): (Vec<Change>, Vec<Change>) =
        their.into_iter().partition(|their| ours.clone().any(|ours| ours.address.overlaps(&their.address)));
    let overlaps: Vec<ThreeWay> = ours
        .clone()
        .filter(|change| clashes(change, ours.clone(), live.space, &meeting))
        .map(|ours| {
            let found = value_at(live.space, &ours.address);
            ThreeWay {
                address: ours.address.to_string(),
                base: ours.before.clone(),
                live: found,
                plan: ours.after.clone(),
            }
        })
        .collect();
    match overlaps.is_empty() {
        true => Freshness::DriftedDisjoint { their },
        false => Freshness::Conflict { overlaps, their },
    }
}

/// True if the change no longer finds what it was made for. The same change made by somebody else
/// is no clash.
fn clashes<'a>(ours: &Change, all: impl IntoIterator<Item = &'a Change>, live: &Space, meeting: &[Change]) -> bool {
    if holds(live, ours, all) != Fit::Not {
        return false;
    }
    if fits(live, &ours.address, ours.before.as_ref()) == Fit::Not {
        return true;
    }
    // What it stands in may be gone, or have come: a column's text without its table.
    meeting.iter().any(|their| {
        let encloses = their.address.segments().len() < ours.address.segments().len();
        encloses && their.address.overlaps(&ours.address)
    }) || table_is_gone(ours, live)
}

/// A change inside a table of the space whose table is not in the space any more.
fn table_is_gone(ours: &Change, live: &Space) -> bool {
    let segments = ours.address.segments();
    let inside = segments.first().is_some_and(|first| first == "data_sources") && segments.len() > 3;
    inside && value_at(live, &crate::model::Address::from_segments(&segments[..3])).is_none()
}

/// A plan that leaves the fields beside the document alone expects them as they were; one that
/// changes some expects those.
fn sidecar_is_target(plan: &Plan, live: &LiveFacts<'_>) -> bool {
    let beside = |change: &&Change| change.address.segments().first().is_some_and(|first| first == "space");
    let mut touched = plan.changes.iter().map(|planned| &planned.change).filter(beside).peekable();
    if touched.peek().is_none() {
        return plan.base.live_sidecar.as_ref().is_none_or(|sidecar| *sidecar == live.sidecar_digest);
    }
    touched.all(|change| fits(live.space, &change.address, change.after.as_ref()) != Fit::Not)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::apply_all;
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
        let facts = LiveFacts::of(Some(etag), live);
        let known = freshness(&plan(), &facts, Some(&base()));
        // Without the base the class is the same; only the names of edits elsewhere are missing.
        let unknown = freshness(&plan(), &facts, None);
        assert_eq!(std::mem::discriminant(&known), std::mem::discriminant(&unknown));
        known
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
            matches!(classify(&with(&base(), same_place), "2"), Freshness::Conflict { overlaps, .. } if overlaps.len() == 1
                && overlaps[0].live == Some(json!(["Z"])) && overlaps[0].plan == Some(json!(["AA\n"])))
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
