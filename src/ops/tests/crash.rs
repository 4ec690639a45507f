//! Broken off at every request and at every step of every file: the next apply always knows what
//! to do.

use super::fake::{Call, Fake, Fate, Hook, Moment};
use super::site::{ID, Site, plan, space, with_measure};
use crate::model::{Plan, Space};
use crate::ops::{ApplyOutcome, Carried};
use crate::store::crash;
use futures::FutureExt;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

fn outcome(carried: Carried) -> Option<ApplyOutcome> {
    match carried {
        Carried::Done(applied) => Some(applied.outcome),
        Carried::Nothing { .. } => None,
        Carried::Declined => panic!("nobody declined"),
    }
}

/// A project over a space that an instruction is to be added to.
async fn ground() -> (Fake, Site, Plan, Space, Space) {
    let fake = Fake::start().await;
    let (base, target) = (space("Be brief."), with_measure(&space("Be brief.")));
    fake.put(ID, &base);
    let site = Site::standing(&fake, "ann", ID, &base);
    site.declare(&base);
    let mut plan = plan(&base, &target, "1", Some(ID));
    plan.base.definition_before = Some(base.digest());
    plan.base.definition_after = Some(target.digest());
    (fake, site, plan, base, target)
}

/// As [`ground`] without a definition, for what is done thousands of times.
async fn bare_ground() -> (Fake, Site, Plan, Space, Space) {
    let fake = Fake::start().await;
    let (base, target) = (space("Be brief."), with_measure(&space("Be brief.")));
    fake.put(ID, &base);
    let site = Site::standing(&fake, "ann", ID, &base);
    let plan = plan(&base, &target, "1", Some(ID));
    (fake, site, plan, base, target)
}

/// Applies again after whatever happened, and checks that it ends as if nothing had.
async fn recover(fake: &Fake, site: &Site, plan: &Plan, target: &Space, what: &str) {
    fake.hook(None);
    site.apply(plan).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(fake.space(ID).digest(), target.digest(), "{what}");
    assert_eq!(fake.writes(ID), 1, "{what}: written once");
    site.check(fake, ID);
    let state = site.state().expect("a state");
    assert_eq!(state.last().map(|last| last.after_digest.clone()), Some(target.digest()), "{what}");
    assert_eq!(state.applied.len(), 2, "{what}: on record once");
    assert_eq!(state.applied[1].before_digest, Some(space("Be brief.").digest()), "{what}: the way back is kept");
    assert_eq!(site.declared().expect("declared").space.digest(), target.digest(), "{what}: the definition follows");
    let attempts = fake.attempts();
    assert_eq!(outcome(site.apply(plan).await.expect("again")), None, "{what}: a third time there is nothing to do");
    assert_eq!(fake.attempts(), attempts, "{what}");
}

/// The n-th request meets this fate at this moment.
fn at(number: usize, moment: Moment, fate: Fate) -> Hook {
    Arc::new(move |now, call: Call| {
        let fate = if call.number == number && now == moment { fate } else { Fate::Go };
        async move { fate }.boxed()
    })
}

/// Requests of an apply that meets no trouble.
async fn requests() -> usize {
    let (fake, site, plan, ..) = ground().await;
    site.apply(&plan).await.expect("applies");
    fake.lock().log.len()
}

#[tokio::test]
async fn killed_at_any_request_before_or_after_it_is_carried_out() {
    let requests = requests().await;
    assert!(requests >= 4, "{requests}");
    for number in 0..requests {
        for moment in [Moment::Before, Moment::After] {
            let what = format!("killed at request {number}, {moment:?}");
            let (fake, site, plan, base, target) = ground().await;
            let (reached, wait) = oneshot::channel::<()>();
            let reached = Mutex::new(Some(reached));
            fake.hook(Some(Arc::new(move |now, call: Call| {
                let stop = call.number == number && now == moment;
                if stop && let Some(reached) = reached.lock().expect("no panic").take() {
                    reached.send(()).expect("somebody waits");
                }
                async move { if stop { std::future::pending().await } else { Fate::Go } }.boxed()
            })));
            tokio::select! {
                _ = site.apply(&plan) => panic!("{what}: it ended"),
                stopped = wait => stopped.expect("reached"),
            }
            let stands = fake.space(ID).digest();
            assert!([base.digest(), target.digest()].contains(&stands), "{what}: a mixture");
            recover(&fake, &site, &plan, &target, &what).await;
        }
    }
}

#[tokio::test]
async fn answers_lost_or_refused_at_any_request() {
    let requests = requests().await;
    for number in 0..requests {
        for moment in [Moment::Before, Moment::After] {
            // Refusals come before anything is done, or they would be lies.
            let refusals: &[u16] = if moment == Moment::Before { &[429, 403] } else { &[] };
            for status in [500, 502, 503, 504].iter().chain(refusals).copied() {
                let what = format!("{status} at request {number}, {moment:?}");
                let (fake, site, plan, base, target) = ground().await;
                fake.hook(Some(at(number, moment, Fate::Status(status))));
                let first = site.apply(&plan).await;
                let stands = fake.space(ID).digest();
                assert!([base.digest(), target.digest()].contains(&stands), "{what}: a mixture");
                // What it says of itself is true.
                if let Ok(carried) = first {
                    assert_eq!(outcome(carried), Some(ApplyOutcome::Updated), "{what}");
                    assert_eq!(stands, target.digest(), "{what}");
                }
                site.check(&fake, ID);
                recover(&fake, &site, &plan, &target, &what).await;
            }
        }
    }
}

#[tokio::test]
async fn a_write_that_is_lost_every_time_is_given_up_and_nothing_is_claimed() {
    let (fake, site, plan, base, _) = ground().await;
    fake.hook(Some(Arc::new(|now, call: Call| {
        let lost = call.method == axum::http::Method::PATCH && now == Moment::Before;
        async move { if lost { Fate::Status(504) } else { Fate::Go } }.boxed()
    })));
    let error = site.apply(&plan).await.err().expect("lost").to_string();
    assert!(error.contains("504"), "{error}");
    assert_eq!(fake.space(ID), base);
    assert_eq!(fake.attempts(), 2, "once, and once more after a look");
    assert!(site.journal().pending().expect("read").is_some());
}

#[tokio::test]
async fn broken_off_at_every_step_of_every_file() {
    let (_, site, plan, ..) = ground().await;
    crash::arm(None);
    site.apply(&plan).await.expect("applies");
    let steps = crash::arm(None);
    // Lock, intent, state, backup, outcome and definition, each before, between and after.
    assert!(steps >= 18, "{steps} steps");
    for step in 0..steps {
        let what = format!("broken off at step {step} of {steps}");
        let (fake, site, plan, base, target) = ground().await;
        crash::arm(Some(step));
        let broken = site.apply(&plan).await;
        crash::arm(None);
        let stands = fake.space(ID).digest();
        assert!([base.digest(), target.digest()].contains(&stands), "{what}: a mixture");
        let error = broken.err().unwrap_or_else(|| panic!("{what}: it ended well")).to_string();
        assert!(
            error.contains(&site.layout.root().display().to_string()) || error.contains("space.yaml"),
            "{what}: {error}"
        );
        if stands == target.digest() && site.state().is_some_and(|state| state.serial == 1) {
            assert!(error.contains("stands as planned"), "{what}: what the space holds is not told: {error}");
        }
        recover(&fake, &site, &plan, &target, &what).await;
    }
}

/// The journal of an apply that was killed right after its write, and of one that went well.
async fn journals() -> (Vec<u8>, Vec<u8>) {
    let (fake, site, plan, ..) = bare_ground().await;
    fake.hook(Some(Arc::new(|now, call: Call| {
        let lost = call.method == axum::http::Method::PATCH && now == Moment::After;
        async move { if lost { std::future::pending().await } else { Fate::Go } }.boxed()
    })));
    let applying = site.apply(&plan);
    tokio::pin!(applying);
    loop {
        tokio::select! {
            _ = &mut applying => panic!("it ended"),
            () = tokio::task::yield_now() => if fake.writes(ID) == 1 { break },
        }
    }
    let cut_short = std::fs::read(site.journal().path()).expect("a journal");
    let (_, site, plan, ..) = bare_ground().await;
    site.apply(&plan).await.expect("applies");
    let whole = std::fs::read(site.journal().path()).expect("a journal");
    assert!(whole.starts_with(&cut_short) && whole.len() > cut_short.len());
    (cut_short, whole)
}

/// An apply was killed before or after its write, and its journal was cut at each of its bytes in
/// turn; `damage` follows the cut.
async fn cut_at_every_byte(written: bool, damage: &[u8]) {
    let (journal, _) = journals().await;
    let (fake, _, plan, base, target) = bare_ground().await;
    for cut in 0..=journal.len() {
        let what = format!("cut at {cut}");
        let fake = fake.emptied();
        fake.put(ID, &base);
        if written {
            fake.edit(ID, |kept| kept.document = target_document(&target));
        }
        let site = Site::standing(&fake, "ann", ID, &base);
        std::fs::write(site.journal().path(), [&journal[..cut], damage].concat()).expect("written");
        let first = site.apply(&plan).await;
        assert_eq!(first.is_err(), !damage.is_empty(), "{what}: only what is damaged stops it");
        if let Err(error) = first {
            assert!(error.to_string().contains(".corrupt"), "{what}: {error}");
            assert!(site.layout.root().join("journal.jsonl.corrupt").exists(), "{what}");
            site.apply(&plan).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        assert_eq!(fake.space(ID).digest(), target.digest(), "{what}");
        assert_eq!(fake.attempts(), usize::from(!written), "{what}");
        assert_eq!(site.state().expect("a state").applied.len(), 2, "{what}");
        site.check(&fake, ID);
    }
}

/// A line that is none.
const DAMAGE: &[u8] = b"\n{}\n";

#[tokio::test]
async fn a_journal_cut_at_any_byte_before_the_write_is_decided() {
    cut_at_every_byte(false, b"").await;
}

#[tokio::test]
async fn a_journal_cut_at_any_byte_after_the_write_is_decided() {
    cut_at_every_byte(true, b"").await;
}

#[tokio::test]
async fn a_journal_damaged_at_any_byte_before_the_write_is_set_aside() {
    cut_at_every_byte(false, DAMAGE).await;
}

#[tokio::test]
async fn a_journal_damaged_at_any_byte_after_the_write_is_set_aside() {
    cut_at_every_byte(true, DAMAGE).await;
}

#[tokio::test]
async fn the_end_of_a_journal_cut_at_any_byte_changes_nothing_that_is_on_record() {
    let (intent, journal) = journals().await;
    let (fake, site, plan, _, target) = bare_ground().await;
    site.apply(&plan).await.expect("applies");
    let state = site.state();
    for cut in intent.len()..=journal.len() {
        let what = format!("cut at {cut}");
        std::fs::write(site.journal().path(), &journal[..cut]).expect("written");
        assert_eq!(outcome(site.apply(&plan).await.expect("goes on")), None, "{what}");
        assert_eq!(fake.attempts(), 1, "{what}");
        assert_eq!(fake.space(ID).digest(), target.digest(), "{what}");
        assert_eq!(site.state(), state, "{what}");
        assert_eq!(site.journal().pending().expect("reads"), None, "{what}");
        site.check(&fake, ID);
    }
}

fn target_document(target: &Space) -> serde_json::Value {
    serde_json::from_str(&target.to_wire()).expect("JSON")
}

#[tokio::test]
async fn the_first_apply_makes_one_space_whatever_happens() {
    let target = space("Be brief.");
    let requests = {
        let fake = Fake::start().await;
        let site = Site::of(&fake, "ann");
        site.declare(&target);
        site.apply(&plan(&target, &target, "", None)).await.expect("applies");
        fake.lock().log.len()
    };
    for number in 0..requests {
        for moment in [Moment::Before, Moment::After] {
            for status in [500, 504] {
                let what = format!("{status} at request {number}, {moment:?}");
                let fake = Fake::start().await;
                // Somebody's space with that title and another content is not ours.
                fake.put("other", &space("Be long."));
                let site = Site::of(&fake, "ann");
                let mut declared = target.clone();
                // The folder is left to the service.
                declared.sidecar.parent_path = String::new();
                site.declare(&declared);
                let plan = plan(&declared, &declared, "", None);
                fake.hook(Some(at(number, moment, Fate::Status(status))));
                let _ = site.apply(&plan).await;
                fake.hook(None);
                site.apply(&plan).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                let ours = fake.lock().spaces.values().filter(|kept| kept.space().digest() == target.digest()).count();
                assert_eq!(ours, 1, "{what}");
                let id = site.state().and_then(|state| state.space_id).expect("an id");
                site.check(&fake, &id);
                // A checkout that knows nothing finds it as well.
                let elsewhere = Site::of(&fake, "bob");
                elsewhere.declare(&declared);
                elsewhere.apply(&plan).await.expect("found");
                assert_eq!(elsewhere.state().and_then(|state| state.space_id), Some(id), "{what}");
                assert_eq!(fake.lock().spaces.len(), 2, "{what}");
            }
        }
    }
}
