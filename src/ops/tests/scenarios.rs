//! Other people and other machines: who wins, and what is said.

use super::fake::{Call, Fake, Fate, Hook, Moment};
use super::site::{ID, MEASURE, Site, instruction, now, plan, sample, space, with_measure};
use crate::guard::GuardConfig;
use crate::model::{GuardLevel, Plan, Space, Verified};
use crate::ops::{ApplyOutcome, Carried, OpsError, RollbackInput, note_verified, rebase_plan, rollback};
use crate::store::{LockRequest, StoreError};
use axum::http::Method;
use futures::FutureExt;
use serde_json::{Value, json};
use std::sync::Arc;

fn base() -> Space {
    space("Be brief.")
}

fn target() -> Space {
    with_measure(&space("Be brief and kind."))
}

async fn ground() -> (Fake, Site, Plan) {
    let fake = Fake::start().await;
    fake.put(ID, &base());
    let site = Site::standing(&fake, "ann", ID, &base());
    let plan = plan(&base(), &target(), "1", Some(ID));
    (fake, site, plan)
}

/// Runs an edit once, at a moment of the first request with this method.
fn meanwhile(fake: &Fake, method: Method, moment: Moment, edit: fn(&mut super::fake::Kept)) -> Hook {
    let (fake, done) = (fake.clone(), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    Arc::new(move |now, call: Call| {
        if call.method == method && now == moment && !done.swap(true, std::sync::atomic::Ordering::SeqCst) {
            fake.edit(ID, edit);
        }
        async { Fate::Go }.boxed()
    })
}

#[track_caller]
fn refused(result: Result<Carried, OpsError>) -> OpsError {
    match result {
        Ok(_) => panic!("it was applied"),
        Err(error) => error,
    }
}

#[track_caller]
fn done(result: Result<Carried, OpsError>) -> Box<crate::ops::Applied> {
    match result {
        Ok(Carried::Done(applied)) => applied,
        Ok(_) => panic!("nothing was done"),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn an_edit_of_the_same_place_is_a_conflict_told_three_ways() {
    let (fake, site, plan) = ground().await;
    fake.edit(ID, |kept| instruction(kept, "Be long.\u{1b}[31m\u{202e}"));
    let error = refused(site.apply(&plan).await);
    let OpsError::Moved(moved) = &error else { panic!("{error}") };
    assert_eq!((moved.class, moved.overlaps.len()), ("conflict", 1));
    let json = moved.json();
    assert!(json["overlaps"][0]["live"].to_string().contains("Be long."), "{json}");
    let told = error.to_string();
    for part in ["base:", "live:", "plan:", "Be brief.", "Be long.", "Be brief and kind.", "Nothing was written"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told:?}");
    assert_eq!(fake.attempts(), 0);
    site.check(&fake, ID);
}

#[tokio::test]
async fn an_edit_elsewhere_is_named_and_the_plan_can_be_moved_onto_it() {
    let (fake, site, plan) = ground().await;
    site.declare(&base());
    fake.edit(ID, |kept| sample(kept, "How many vans?"));
    let error = refused(site.apply(&plan).await);
    let OpsError::Moved(moved) = &error else { panic!("{error}") };
    assert_eq!((moved.class, moved.their.len()), ("drifted-disjoint", 1));
    assert!(error.to_string().contains("sample_questions"), "{error}");
    assert_eq!(fake.attempts(), 0);

    let live = site.workspace.client.get_space(ID).await.expect("reads");
    let state = site.state();
    let moved = rebase_plan(&plan, &live, state.as_ref(), Some(&base()), now()).expect("moves");
    assert_ne!(crate::format::plan_id(&moved), crate::format::plan_id(&plan), "it has to be approved anew");
    assert_eq!(done(site.apply(&moved).await).outcome, ApplyOutcome::Updated);
    let stands = fake.space(ID);
    assert!(stands.to_wire().contains("How many vans?") && stands.to_wire().contains(MEASURE));
    assert_eq!(site.declared().expect("declared").space.digest(), stands.digest(), "the definition has both");
    let nothing = rebase_plan(&moved, &live, site.state().as_ref(), None, now());
    assert!(nothing.is_err(), "a plan that fits is not moved");
}

#[tokio::test]
async fn what_somebody_did_already_is_not_done_again_by_a_moved_plan() {
    let (fake, site, plan) = ground().await;
    fake.edit(ID, |kept| instruction(kept, "Be brief and kind."));
    let live = site.workspace.client.get_space(ID).await.expect("reads");
    let moved = rebase_plan(&plan, &live, site.state().as_ref(), None, now()).expect("moves");
    assert_eq!((plan.changes.len(), moved.changes.len()), (2, 1));
    done(site.apply(&moved).await);
    assert_eq!(fake.space(ID).digest(), target().digest());
}

#[tokio::test]
async fn a_moved_etag_over_the_same_content_does_not_matter_and_is_told() {
    let (fake, site, plan) = ground().await;
    fake.lock().spaces.get_mut(ID).expect("there").etag = 9;
    done(site.apply(&plan).await);
    let told = site.told.lock().expect("no panic").join("\n");
    assert!(told.contains("rebased"), "{told}");
    assert_eq!(fake.writes(ID), 1);
}

#[tokio::test]
async fn an_edit_between_the_read_and_the_write_is_never_lost() {
    // The etag guards the document …
    for edit in [(|kept| sample(kept, "theirs")) as fn(&mut super::fake::Kept), |kept| instruction(kept, "theirs")] {
        let (fake, site, plan) = ground().await;
        fake.hook(Some(meanwhile(&fake, Method::PATCH, Moment::Before, edit)));
        let error = refused(site.apply(&plan).await);
        assert!(matches!(error, OpsError::Moved(_)), "{error}");
        assert_eq!((fake.writes(ID), fake.attempts()), (0, 1), "one try, then the end");
        assert!(fake.space(ID).to_wire().contains("theirs"));
        assert_eq!(site.journal().pending().expect("read"), None);
        site.check(&fake, ID);
    }
    // … and what it does not guard is not sent.
    let (fake, site, plan) = ground().await;
    fake.hook(Some(meanwhile(&fake, Method::PATCH, Moment::Before, |kept| kept.sidecar.title = "Theirs".to_owned())));
    let applied = done(site.apply(&plan).await);
    assert_eq!(fake.space(ID).sidecar.title, "Theirs");
    assert_eq!(applied.read_back.besides.len(), 1, "it is told");
    assert_eq!(applied.read_back.lost(), Vec::<String>::new());
    // An edit before the last look stops everything, whatever it is of.
    let (fake, site, plan) = ground().await;
    fake.hook(Some(meanwhile(&fake, Method::GET, Moment::After, |kept| kept.sidecar.title = "Theirs".to_owned())));
    refused(site.apply(&plan).await);
    assert_eq!(fake.attempts(), 0);
}

#[tokio::test]
async fn taken_back_while_the_answer_was_lost_is_for_a_person_to_say() {
    let (fake, site, plan) = ground().await;
    // After the lost answer, before the look: somebody reverts.
    let revert = fake.clone();
    fake.hook(Some(Arc::new(move |now, call: Call| {
        if call.method == Method::PATCH && now == Moment::After {
            revert.edit(ID, |kept| kept.document = serde_json::from_str(&base().to_wire()).expect("JSON"));
            return async { Fate::Status(504) }.boxed();
        }
        async { Fate::Go }.boxed()
    })));
    refused(site.apply(&plan).await);
    fake.hook(None);
    let error = refused(site.apply(&plan).await);
    assert!(error.to_string().contains("taken back by somebody"), "{error}");
    assert_eq!(fake.space(ID).digest(), base().digest());
    assert_eq!(fake.writes(ID), 1, "nothing is applied by itself");
    // Said again, it goes in.
    done(site.apply(&plan).await);
    assert_eq!(fake.space(ID).digest(), target().digest());
}

#[tokio::test]
async fn a_plan_that_was_taken_back_is_not_replayed() {
    let (fake, site, plan) = ground().await;
    done(site.apply(&plan).await);
    let live = site.workspace.client.get_space(ID).await.expect("reads");
    let state = site.state().expect("a state");
    let back = back(&state, &live, None, false).expect("a way back");
    done(site.apply(&back).await);
    assert_eq!(fake.space(ID).digest(), base().digest());
    let error = refused(site.apply(&plan).await);
    assert!(error.to_string().contains("applied as serial 2"), "{error}");
    // An old state put back does not make it forget.
    let old = std::fs::read(site.layout.root().join("backups/1.json")).expect("a backup");
    std::fs::write(site.layout.state(), old).expect("written");
    let error = refused(site.apply(&plan).await);
    assert!(matches!(error, OpsError::Store(StoreError::StateOld { .. })), "{error}");
    assert_eq!(fake.writes(ID), 2);
}

fn back(
    state: &crate::model::State,
    live: &crate::databricks::LiveSpace,
    definition: Option<&Space>,
    discard_edits: bool,
) -> Result<Plan, OpsError> {
    rollback(&RollbackInput {
        state,
        live,
        to: None,
        discard_edits,
        host: "fake",
        definition,
        suite: &crate::model::Suite::default(),
        config: base().digest(),
        now: now(),
    })
}

#[tokio::test]
async fn the_way_back_keeps_what_people_edited_since_or_says_that_it_cannot() {
    let (fake, site, plan) = ground().await;
    done(site.apply(&plan).await);
    fake.edit(ID, |kept| sample(kept, "theirs"));
    let state = site.state().expect("a state");
    let live = site.workspace.client.get_space(ID).await.expect("reads");
    let way = back(&state, &live, None, false).expect("edits elsewhere do not matter");
    assert!(way.verdict_reason.contains("stay"), "{}", way.verdict_reason);
    done(site.apply(&way).await);
    assert!(fake.space(ID).to_wire().contains("theirs") && !fake.space(ID).to_wire().contains(MEASURE));

    let (fake, site, plan) = ground().await;
    done(site.apply(&plan).await);
    fake.edit(ID, |kept| instruction(kept, "theirs"));
    let state = site.state().expect("a state");
    let live = site.workspace.client.get_space(ID).await.expect("reads");
    let error = back(&state, &live, None, false).expect_err("their words would go");
    assert!(error.to_string().contains("--discard-edits") && error.to_string().contains("theirs"), "{error}");
    let way = back(&state, &live, None, true).expect("said so");
    assert!(way.verdict_reason.contains("also undoes edits"), "{}", way.verdict_reason);
    done(site.apply(&way).await);
    assert_eq!(fake.space(ID).digest(), base().digest());
}

#[tokio::test]
async fn another_target_is_refused_with_both_names() {
    let (fake, site, plan) = ground().await;
    let mut elsewhere = plan.clone();
    elsewhere.base.host = "https://other".to_owned();
    let error = refused(site.apply(&elsewhere).await).to_string();
    assert!(error.contains("https://other") && error.contains("fake"), "{error}");
    fake.put("clone", &base());
    let mut cloned = plan.clone();
    cloned.base.space_id = Some("clone".to_owned());
    let error = refused(site.apply(&cloned).await).to_string();
    assert!(error.contains("clone") && error.contains(ID), "{error}");
    let mut expired = plan.clone();
    expired.expires_at = "2026-01-01T12:00:00Z".to_owned();
    assert!(refused(site.apply(&expired).await).to_string().contains("expired"));
    assert_eq!(fake.attempts(), 0);
}

#[tokio::test]
async fn a_vanished_space_is_made_again_only_on_its_own_word() {
    let (fake, site, plan) = ground().await;
    fake.lock().spaces.clear();
    let error = refused(site.apply(&plan).await).to_string();
    assert!(error.contains("conversations") && error.contains(&format!("--recreate {ID}")), "{error}");
    site.declare(&target());
    let again = super::site::plan(&target(), &target(), "", None);
    let error = refused(site.apply(&again).await).to_string();
    assert!(error.contains("conversations"), "{error}");
    assert!(site.apply_with(&again, Vec::new(), Some("another"), now()).await.is_err());
    assert_eq!(fake.attempts(), 0);
    let applied = done(site.apply_with(&again, Vec::new(), Some(ID), now()).await);
    assert_eq!(applied.outcome, ApplyOutcome::Created);
    assert_eq!(site.state().and_then(|state| state.space_id), Some("made1".to_owned()));
    // Gone between the look and the write.
    let (fake, site, plan) = ground().await;
    let gone = fake.clone();
    fake.hook(Some(Arc::new(move |now, call: Call| {
        if call.method == Method::PATCH && now == Moment::Before {
            gone.lock().spaces.clear();
        }
        async { Fate::Go }.boxed()
    })));
    let error = refused(site.apply(&plan).await).to_string();
    assert!(error.contains("went away") && error.contains("not made"), "{error}");
    assert!(fake.lock().spaces.is_empty());
}

#[tokio::test]
async fn guards_are_judged_again_with_today_s_policy() {
    let (fake, site, plan) = ground().await;
    let mut params = serde_json::Map::new();
    params.insert("max".to_owned(), json!(1));
    let strict = vec![GuardConfig { rule: "changes".to_owned(), level: Some(GuardLevel::Mandatory), params }];
    let error = refused(site.apply_with(&plan, strict.clone(), None, now()).await);
    assert!(matches!(error, OpsError::Blocked { .. }) && error.to_string().contains("changes"), "{error}");
    assert_eq!(fake.attempts(), 0);
    done(site.apply(&plan).await);
    // The way back is open whatever the guards think of it.
    let live = site.workspace.client.get_space(ID).await.expect("reads");
    let way = back(&site.state().expect("a state"), &live, None, false).expect("a way back");
    done(site.apply_with(&way, strict, None, now()).await);
}

#[tokio::test]
async fn a_stolen_lock_stops_its_holder_before_the_write() {
    let (fake, site, plan) = ground().await;
    let path = site.layout.lock();
    fake.hook(Some(Arc::new(move |now, call: Call| {
        // While the holder sleeps, its time runs out and another takes over.
        if call.number == 1 && now == Moment::After {
            let record = crate::store::list_locks(&path).expect("read").remove(0);
            crate::store::break_lock(&path, &record.id).expect("broken");
            let request = LockRequest {
                operation: "apply".to_owned(),
                plan_id: None,
                identity: crate::store::Identity { who: "bob".into(), host: "b".into(), pid: 1 },
                lease: jiff::SignedDuration::from_mins(1),
            };
            std::mem::forget(crate::store::Lock::acquire(&path, &request, jiff::Timestamp::now()).expect("free"));
        }
        async { Fate::Go }.boxed()
    })));
    let error = refused(site.apply(&plan).await);
    assert!(matches!(error, OpsError::Store(StoreError::LockLost { .. })), "{error}");
    assert_eq!(fake.attempts(), 0);
}

#[tokio::test]
async fn what_the_service_makes_of_it_is_told_by_change() {
    // It adds a default, and drops a whole list.
    for (rewrite, status) in [
        ((|document: &mut Value| document["config"]["theme"] = json!("light")) as fn(&mut Value), "migrated"),
        (
            |document: &mut Value| {
                document["instructions"].as_object_mut().expect("a map").remove("sql_snippets");
            },
            "lossy",
        ),
    ] {
        let (fake, site, mut plan) = ground().await;
        site.declare(&base());
        plan.base.definition_before = Some(base().digest());
        plan.base.definition_after = Some(target().digest());
        fake.rewrite(Some(rewrite));
        let applied = done(site.apply(&plan).await);
        assert_eq!(applied.read_back.as_str(), status);
        let lost = applied.read_back.lost();
        assert_eq!(lost.len(), usize::from(status == "lossy"), "{lost:?}");
        assert!(applied.read_back.changes.iter().any(|(_, status)| *status == "equal"), "the other change took");
        // Nothing is proposed again and again: what is declared is what stands there.
        assert_eq!(site.declared().expect("declared").space.digest(), fake.space(ID).digest());
        site.check(&fake, ID);
    }
}

#[tokio::test]
async fn a_pending_rollback_comes_first() {
    let (fake, site, plan) = ground().await;
    let applied = done(site.apply(&plan).await);
    note_verified(&site.layout, None, applied.serial, Verified::RollbackPending).await.expect("noted");
    let next = super::site::plan(&target(), &space("Other."), "2", Some(ID));
    let error = refused(site.apply(&next).await).to_string();
    assert!(error.contains("rollback --to 2"), "{error}");
    let live = site.workspace.client.get_space(ID).await.expect("reads");
    let state = site.state().expect("a state");
    done(site.apply(&back(&state, &live, None, false).expect("a way back")).await);
    let state = site.state().expect("a state");
    assert_eq!(state.applied[1].verified, Verified::Fail);
    assert_eq!(fake.space(ID).digest(), base().digest());
}

#[tokio::test]
async fn two_plans_over_one_base_do_not_undo_each_other() {
    let (fake, ann, first) = ground().await;
    let bob = Site::standing(&fake, "bob", ID, &base());
    let second = plan(&base(), &space("Be very brief."), "1", Some(ID));
    done(ann.apply(&first).await);
    let error = refused(bob.apply(&second).await);
    let OpsError::Moved(moved) = &error else { panic!("{error}") };
    assert_eq!(moved.class, "conflict");
    assert_eq!(fake.space(ID).digest(), target().digest());
    // The same plan from another checkout is there already.
    let outcome = done(bob.apply(&first).await).outcome;
    assert_eq!(outcome, ApplyOutcome::AlreadyApplied);
    assert_eq!(fake.writes(ID), 1);
}
