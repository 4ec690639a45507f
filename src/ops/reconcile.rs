//! Three sides of one space: what was applied, what is declared, what stands in the workspace.
//! Edits made in the workspace are adopted into the declared space, kept where they are, or
//! overwritten by it, element by element.

use super::moved::Moved;
use super::plan::beside_live;
use super::workspace::OpsError;
use crate::diff::{Clash, Fit, apply_all, fits, merge, value_at};
use crate::model::{Address, Change, Digest, Space, digest_json};
use crate::planner::ThreeWay;
use crate::store::{KeptEdit, Ledger};

/// What to do with an edit that was made in the workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Let a person say.
    #[default]
    Stop,
    /// Write it into the declared space.
    Adopt,
    /// Leave it in the workspace and out of the declared space.
    Keep,
    /// The declared space wins; the plan undoes the edit.
    Overwrite,
}

/// What to do with which edits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    pub default: Choice,
    /// For single places, with all that is below them.
    pub places: Vec<(Address, Choice)>,
}

impl Choices {
    /// The most exact word about a place.
    fn of(&self, address: &Address) -> Choice {
        let covers = |place: &Address| place.overlaps(address) && place.segments().len() <= address.segments().len();
        let about = self.places.iter().filter(|(place, _)| covers(place));
        about.max_by_key(|(place, _)| place.segments().len()).map_or(self.default, |(_, choice)| *choice)
    }
}

/// What was said of edits before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Earlier {
    pub kept: Vec<KeptEdit>,
    pub adopted: Vec<KeptEdit>,
}

impl Earlier {
    pub fn of(ledger: &Ledger) -> Result<Self, OpsError> {
        Ok(Self { kept: ledger.kept()?, adopted: ledger.adopted()? })
    }
}

/// What becomes of the edits of the workspace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reconciled {
    /// From the declared space to what it takes in.
    pub adopted: Vec<Change>,
    /// From the declared space to what stays in the workspace only.
    pub kept: Vec<Change>,
    /// Edits that the plan undoes.
    pub overwritten: Vec<Change>,
    /// Edits that nobody has said anything about.
    pub open: Vec<Change>,
    /// Of those, the places that were declared anew as well.
    pub both: Vec<ThreeWay>,
}

/// Sorts the edits made in the workspace since `stood` was read back by what was chosen for them.
/// What is kept by an earlier word stays kept as long as nobody edits it again.
pub fn reconcile(stood: &Space, definition: &Space, live: &Space, earlier: &Earlier, choices: &Choices) -> Reconciled {
    let declared = beside_live(definition, live);
    let mut found = Reconciled::default();
    for edit in earlier.kept.iter().filter(|edit| stands_still(edit, live)) {
        let change = towards(&declared, live, &edit.address);
        if change.before != change.after && choices.of(&edit.address) != Choice::Adopt {
            found.kept.push(change);
        }
    }
    // From what was adopted both sides go on as from what was applied.
    let taken_in: Vec<Change> = earlier
        .adopted
        .iter()
        .filter(|edit| stands_still(edit, live))
        .map(|edit| towards(stood, live, &edit.address))
        .collect();
    let with_adopted = apply_all(stood, &taken_in);
    let stood = with_adopted.as_ref().unwrap_or(stood);
    let merged = merge(stood, &declared, live);
    let alone = merged.theirs.into_iter().map(|theirs| (theirs, None));
    let clashing = merged.conflicts.into_iter().map(|Clash { ours, theirs }| (theirs, Some(ours)));
    for (theirs, ours) in alone.chain(clashing) {
        let address = match &ours {
            Some(ours) if ours.address.segments().len() < theirs.address.segments().len() => ours.address.clone(),
            _ => theirs.address.clone(),
        };
        if found.kept.iter().any(|kept| kept.address.overlaps(&address)) || agree(&declared, live, &address) {
            continue;
        }
        match choices.of(&address) {
            Choice::Adopt => push(&mut found.adopted, towards(&declared, live, &address)),
            Choice::Keep => push(&mut found.kept, towards(&declared, live, &address)),
            Choice::Overwrite => push(&mut found.overwritten, theirs),
            Choice::Stop => {
                if ours.is_some() {
                    found.both.push(three_ways(stood, &declared, live, &address));
                }
                push(&mut found.open, theirs);
            }
        }
    }
    found
}

impl Reconciled {
    /// Fails while there are edits that nobody has said anything about.
    pub(super) fn refuse_open(&self, live_id: &str) -> Result<(), OpsError> {
        if self.open.is_empty() {
            return Ok(());
        }
        let help = format!(
            "`genie-enhance drift` shows all edits of {live_id}: take them into the declared space with `plan --on-drift adopt`, leave them in the workspace only with \
             `--on-drift keep`, or undo them with `--on-drift overwrite`; `--drift ADDRESS=adopt|keep|overwrite` says it \
             for one place"
        );
        Err(Moved { class: "drift", overlaps: self.both.clone(), their: self.open.clone(), help }.into())
    }

    /// The declared content with what is kept in the workspace.
    pub(super) fn content(&self, definition: &Space, live: &Space) -> Result<Space, OpsError> {
        Ok(apply_all(&beside_live(definition, live), &self.kept)?)
    }
}

/// Digest of what stands at a place; none if there is nothing.
pub fn digest_at(space: &Space, address: &Address) -> Option<Digest> {
    value_at(space, address).map(|value| digest_json(&value))
}

fn stands_still(edit: &KeptEdit, live: &Space) -> bool {
    digest_at(&canonical(live), &edit.address) == edit.value
}

/// Values are compared, and kept, as they stand in the canonical form.
pub fn canonical(space: &Space) -> Space {
    let form = Space::from_document(space.canonical()).map(|form| form.with_sidecar(space.sidecar.clone()));
    form.unwrap_or_else(|_| space.clone())
}

fn towards(declared: &Space, live: &Space, address: &Address) -> Change {
    let (before, after) = (value_at(&canonical(declared), address), value_at(&canonical(live), address));
    Change { address: address.clone(), before, after }
}

fn agree(declared: &Space, live: &Space, address: &Address) -> bool {
    fits(declared, address, value_at(&canonical(live), address).as_ref()) != Fit::Not
}

/// One edit may clash with several declared ones.
fn push(list: &mut Vec<Change>, change: Change) {
    if !list.iter().any(|known| known.address.overlaps(&change.address)) {
        list.push(change);
    }
}

fn three_ways(stood: &Space, declared: &Space, live: &Space, address: &Address) -> ThreeWay {
    ThreeWay {
        address: address.to_string(),
        base: value_at(&canonical(stood), address),
        live: value_at(&canonical(live), address),
        plan: value_at(&canonical(declared), address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn space(a: &str, b: &str, c: &str) -> Space {
        let table = |name: &str, text: &str| json!({"identifier": name, "description": [text]});
        Space::from_document(json!({"version": 2, "data_sources":
            {"tables": [table("a", a), table("b", b), table("c", c)]}}))
        .expect("a space")
    }

    fn at(table: &str) -> Address {
        Address::table_field(table, "description")
    }

    #[test]
    fn each_element_goes_its_own_way() {
        let (stood, definition) = (space("1", "1", "1"), space("1", "1", "ours"));
        let live = space("theirs", "theirs", "theirs");
        let open = reconcile(&stood, &definition, &live, &Earlier::default(), &Choices::default());
        assert_eq!((open.open.len(), open.both.len()), (3, 1));
        assert!(open.refuse_open("s").is_err());
        let places = vec![(at("a"), Choice::Adopt), (Address::table("b"), Choice::Keep)];
        let choices = Choices { default: Choice::Overwrite, places };
        let found = reconcile(&stood, &definition, &live, &Earlier::default(), &choices);
        let places = |changes: &[Change]| changes.iter().map(|c| c.address.clone()).collect::<Vec<_>>();
        assert_eq!(places(&found.adopted), [at("a")]);
        assert_eq!(places(&found.kept), [at("b")]);
        assert_eq!(places(&found.overwritten), [at("c")]);
        let content = found.content(&definition, &live).expect("fits");
        assert_eq!(content.digest(), space("1", "theirs", "ours").digest());
    }

    #[test]
    fn what_is_kept_stays_kept_until_it_is_edited_again() {
        let definition = space("1", "1", "1");
        let live = space("1", "theirs", "1");
        let kept = KeptEdit {
            address: at("b"),
            value: digest_at(&canonical(&live), &at("b")),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let kept = Earlier { kept: vec![kept], ..Earlier::default() };
        // After the next apply the edit is part of what was read back.
        for stood in [&definition, &live] {
            let found = reconcile(stood, &definition, &live, &kept, &Choices::default());
            assert_eq!((found.kept.len(), found.open.len()), (1, 0));
            assert_eq!(found.content(&definition, &live).expect("fits").digest(), live.digest());
        }
        let again = space("1", "theirs, again", "1");
        let found = reconcile(&live, &definition, &again, &kept, &Choices::default());
        assert_eq!((found.kept.len(), found.open.len()), (0, 1));
    }

    #[test]
    fn a_definition_that_answers_an_adopted_edit_is_no_conflict() {
        let (stood, live) = (space("1", "1", "1"), space("theirs", "1", "1"));
        let answer = space("theirs, and ours", "1", "1");
        let open = reconcile(&stood, &answer, &live, &Earlier::default(), &Choices::default());
        assert_eq!((open.open.len(), open.both.len()), (1, 1));
        let value = digest_at(&canonical(&live), &at("a"));
        let adopted = vec![KeptEdit { address: at("a"), value, at: jiff::Timestamp::UNIX_EPOCH }];
        let adopted = Earlier { adopted, ..Earlier::default() };
        assert_eq!(reconcile(&stood, &answer, &live, &adopted, &Choices::default()), Reconciled::default());
        let again = space("theirs again", "1", "1");
        assert_eq!(reconcile(&stood, &answer, &again, &adopted, &Choices::default()).open.len(), 1);
    }

    #[test]
    fn the_same_edit_on_both_sides_is_none() {
        let (stood, both) = (space("1", "1", "1"), space("2", "1", "1"));
        assert_eq!(reconcile(&stood, &both, &both, &Earlier::default(), &Choices::default()), Reconciled::default());
    }
}
