//! Two appliers of one plan and an editor in the workspace, in a thousand orders: every request of
//! each waits for its turn, before it is carried out and before it is answered.

use super::fake::{Call, Fake, Fate, Hook, Moment};
use super::site::{Site, instruction, plan, sample, space, with_measure};
use crate::model::Space;
use crate::ops::{ApplyOutcome, Carried, OpsError};
use axum::http::Method;
use futures::FutureExt;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// What the conductor hears of.
enum Heard {
    /// An actor waits for its turn.
    Waits {
        moment: Moment,
        call: Call,
        turn: oneshot::Sender<Fate>,
    },
    Ended,
}

fn conducted(heard: mpsc::UnboundedSender<Heard>) -> Hook {
    Arc::new(move |moment, call| {
        let (turn, wait) = oneshot::channel();
        heard.send(Heard::Waits { moment, call, turn }).expect("somebody conducts");
        async move { wait.await.unwrap_or(Fate::Go) }.boxed()
    })
}

/// What the editor does, each in one step.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Sample,
    Title,
    Instruction,
}

fn edit(fake: &Fake, id: &str, what: Edit) {
    fake.edit(id, |kept| match what {
        Edit::Sample => sample(kept, "theirs?"),
        Edit::Title => kept.sidecar.title = "Theirs".to_owned(),
        Edit::Instruction => instruction(kept, "Theirs."),
    });
}

fn holds(space: &Space, what: Edit) -> bool {
    match what {
        Edit::Sample => space.to_wire().contains("theirs?"),
        Edit::Title => space.sidecar.title == "Theirs",
        Edit::Instruction => space.to_wire().contains("Theirs."),
    }
}

/// One order of events, drawn from the seed.
async fn schedule(fake: &Fake, seed: u64) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let id = format!("space{seed}");
    let (base, target) = (space("Be brief."), with_measure(&space("Be kind.")));
    fake.put(&id, &base);
    let plan = plan(&base, &target, "1", Some(&id));
    let sites = ["ann", "bob"].map(|actor| Site::standing(fake, actor, &id, &base));
    let (send, mut hears) = mpsc::unbounded_channel();
    fake.hook(Some(conducted(send.clone())));
    let run = async |site: &Site| {
        let ended = site.apply(&plan).await;
        send.send(Heard::Ended).expect("somebody conducts");
        ended
    };
    let mut edits: Vec<Edit> =
        [Edit::Sample, Edit::Title, Edit::Instruction].into_iter().filter(|_| chance.f64() < 0.4).collect();
    let mut made = Vec::new();
    let conduct = async {
        let (mut running, mut waiting) = (2, Vec::new());
        let (mut lose, mut lost) = (chance.f64() < 0.4, false);
        loop {
            while waiting.len() < running {
                match hears.recv().await.expect("actors are there") {
                    Heard::Ended => running -= 1,
                    waits => waiting.push(waits),
                }
            }
            if !edits.is_empty() && chance.f64() < 0.15 {
                let what = edits.swap_remove(chance.usize(..edits.len()));
                edit(fake, &id, what);
                made.push(what);
                continue;
            }
            if running == 0 {
                return lost;
            }
            let Heard::Waits { moment, call, turn } = waiting.swap_remove(chance.usize(..waiting.len())) else {
                continue;
            };
            let loses = lose && call.method == Method::PATCH && moment == Moment::After && chance.bool();
            (lose, lost) = (lose && !loses, lost || loses);
            // An actor that is gone does not wait any more.
            let _ = turn.send(if loses { Fate::Status(504) } else { Fate::Go });
        }
    };
    let (one, other, lost) = tokio::join!(run(&sites[0]), run(&sites[1]), conduct);
    fake.hook(None);
    check(fake, seed, &id, &sites, [one, other], &made, lost);
    // Once more, undisturbed: what stands there is not written again.
    let (writes, content) = (fake.writes(&id), fake.space(&id));
    for site in &sites {
        let again = site.apply(&plan).await;
        if writes == 1 {
            assert_eq!(fake.writes(&id), 1, "seed {seed}: written twice");
            assert_eq!(fake.space(&id), content, "seed {seed}");
        }
        if content.digest() == target.digest() && content.sidecar == base.sidecar {
            assert!(again.is_ok(), "seed {seed}: {:?}", again.err().map(|error| error.to_string()));
        }
        site.check(fake, &id);
    }
    for what in made {
        assert!(holds(&fake.space(&id), what), "seed {seed}: {what:?} was lost afterwards");
    }
}

fn check(
    fake: &Fake,
    seed: u64,
    id: &str,
    sites: &[Site; 2],
    ended: [Result<Carried, OpsError>; 2],
    made: &[Edit],
    lost: bool,
) {
    let content = fake.space(id);
    assert!(fake.writes(id) <= 1, "seed {seed}: {} writes", fake.writes(id));
    for what in made {
        assert!(holds(&content, *what), "seed {seed}: {what:?} was lost");
    }
    // Nothing but what somebody wrote: with the edits taken out it is the base or the target.
    let mut plain = content.clone();
    for what in made {
        match what {
            Edit::Sample => {
                plain.document_mut()["config"]["sample_questions"][0]["question"] = serde_json::json!(["How many?"]);
            }
            Edit::Title => plain.sidecar.title = "Fleet".to_owned(),
            Edit::Instruction => {
                let text = if fake.writes(id) == 1 { "Be kind." } else { "Be brief." };
                plain.document_mut()["instructions"]["text_instructions"][0]["content"] = serde_json::json!([text]);
            }
        }
    }
    let ours = if fake.writes(id) == 1 { with_measure(&space("Be kind.")) } else { space("Be brief.") };
    assert_eq!(plain.digest(), ours.digest(), "seed {seed}: a mixture");
    let mut writers = 0;
    for (site, ended) in sites.iter().zip(ended) {
        match ended {
            Ok(Carried::Done(applied)) => {
                writers += usize::from(applied.outcome == ApplyOutcome::Updated);
                assert_eq!(fake.writes(id), 1, "seed {seed}: somebody claims what nobody wrote");
            }
            Ok(Carried::Nothing { .. }) => assert_eq!(fake.writes(id), 1, "seed {seed}"),
            Ok(Carried::Declined) => panic!("seed {seed}: nobody declined"),
            Err(OpsError::Moved(_) | OpsError::Stale { .. } | OpsError::Client(_)) => {}
            Err(other) => panic!("seed {seed}: {other}"),
        }
        site.check(fake, id);
    }
    // Whose write it was cannot be known where the answer was lost, be it a yes or a no.
    assert!(writers <= 1 || lost, "seed {seed}: {writers} claim the write");
}

#[tokio::test]
async fn a_thousand_orders_of_two_appliers_and_an_editor() {
    let fake = Fake::start().await;
    for seed in 0..1_000 {
        schedule(&fake, seed).await;
    }
    let written = fake.lock().log.iter().filter(|entry| entry.executed && entry.method == Method::PATCH).count();
    assert!((300..1_000).contains(&written), "{written} of 1000 were written: the orders are no test");
}
