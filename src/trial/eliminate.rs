//! Backward elimination: nothing idle stays, and everything that stays shows what it does.

use super::lab::{Lab, Questions, Selection, with};
use std::collections::BTreeMap;

/// The outcome of an elimination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Eliminated {
    pub kept: Selection,
    /// Taken out one after the other; each without losing a fixed question.
    pub idle: Vec<usize>,
    /// For each kept candidate, the fixed questions that are wrong without it, as measured
    /// against the final set.
    pub fixes: BTreeMap<usize, Questions>,
}

/// Takes out what the fixed questions do not need.
///
/// `order` lists the selection's candidates, the most dispensable first; `must_hold` are the
/// questions that must stay right. Whole blocks are tried first, then halves of them: a block in
/// which nothing is needed costs one pass. What is left at the end is measured once more one by
/// one, because taking something out changes what the others are needed for.
pub async fn eliminate<L: Lab>(lab: &mut L, order: &[usize], must_hold: &Questions) -> Result<Eliminated, L::Error> {
    let mut result = Eliminated { kept: order.iter().copied().collect(), ..Eliminated::default() };
    drop_idle_blocks(lab, order, must_hold, &mut result).await?;
    loop {
        let Some(idle) = measure_each(lab, order, must_hold, &mut result).await? else { break };
        result.kept.remove(&idle);
        result.idle.push(idle);
    }
    Ok(result)
}

async fn drop_idle_blocks<L: Lab>(
    lab: &mut L,
    order: &[usize],
    must_hold: &Questions,
    result: &mut Eliminated,
) -> Result<(), L::Error> {
    let mut blocks: Vec<Vec<usize>> = vec![order.to_vec()];
    while let Some(block) = blocks.pop() {
        let without: Selection = result.kept.iter().copied().filter(|c| !block.contains(c)).collect();
        if holds(lab, &without, must_hold).await? {
            result.idle.extend(&block);
            result.kept = without;
        } else if block.len() > 1 {
            let (first, second) = block.split_at(block.len() / 2);
            // The most dispensable half is tried first, so it goes on top.
            blocks.push(second.to_vec());
            blocks.push(first.to_vec());
        }
    }
    Ok(())
}

async fn holds<L: Lab>(lab: &mut L, selection: &Selection, must_hold: &Questions) -> Result<bool, L::Error> {
    let answers = lab.ask(selection, must_hold).await?;
    Ok(must_hold.iter().all(|question| answers.get(question) == Some(&true)))
}

/// Measures every kept candidate against the final set; the first that turns out idle after all
/// is returned, and the measuring starts again without it.
async fn measure_each<L: Lab>(
    lab: &mut L,
    order: &[usize],
    must_hold: &Questions,
    result: &mut Eliminated,
) -> Result<Option<usize>, L::Error> {
    result.fixes.clear();
    for candidate in order.iter().copied().filter(|c| result.kept.contains(c)) {
        let mut without = result.kept.clone();
        without.remove(&candidate);
        let lost = with(&lab.ask(&without, must_hold).await?, false);
        if lost.is_empty() {
            return Ok(Some(candidate));
        }
        result.fixes.insert(candidate, lost);
    }
    Ok(None)
}
