//! Fixes: candidates in five categories, made of learnt patterns and the gaps of failing answers,
//! grounded without any I/O.
//!
//! A gap selects the patterns that would close it; what the space says already generates
//! nothing. Structure comes before prose: see [`Category::FIXES`](crate::model::Category::FIXES).

mod cause;
mod clusters;
mod corrections;
mod examples;
mod facts;
mod gaps;
mod grounding;
mod input;
mod instructions;
mod joins;
mod limits;
mod meant;
mod metadata;
mod names;
mod periods;
mod probe;
mod prompts;
mod removals;
mod renames;
mod replies;
mod shown;
mod snippets;
mod table_words;
mod template;
#[cfg(test)]
mod tests;

pub use cause::Cause;
pub use gaps::gaps;
pub use input::{Failure, FixInput, Options};
pub use probe::{probe_sql, value_probes};
pub use prompts::{Prompt, PromptKind, render};
pub use replies::{Reply, parse, schema};
pub use template::{broken_template, check_template};

use crate::learn::{Body, Facet, LearntPattern, guesses};
use crate::model::{Candidate, Category, Change, Rejection};
use input::{Context, Draft};

/// Candidates for the failures, and what was thought of and turned down. Sorted by category
/// (smallest lever first), then by the number of questions aimed at, then by support.
pub fn propose(input: &FixInput) -> (Vec<Candidate>, Vec<Rejection>) {
    let context = Context::of(input);
    // What is sure makes candidates first; guesses fill in what it leaves open.
    let guesses = guesses(input.learn_set, input.catalog, &context.view, input.patterns);
    let (open, later) = guesses.into_iter().partition::<Vec<_>, _>(|guess| is_open(guess, input.patterns));
    let patterns: Vec<LearntPattern> = input.patterns.iter().cloned().chain(open).collect();
    let mut drafts = Vec::new();
    for category in Category::FIXES.into_iter().filter(|category| input.options.categories.contains(category)) {
        drafts.extend(match category {
            Category::Metadata => {
                let mut drafts = metadata::propose(&context, &patterns);
                drafts.extend(table_words::propose(&context, input.learn_set));
                drafts
            }
            Category::JoinSpecs => joins::propose(&context, &patterns),
            Category::SqlSnippets => {
                let mut drafts = snippets::propose(&context, &patterns);
                drafts.extend(renames::propose(&context, patterns.iter().chain(&later)));
                drafts
            }
            Category::SampleQueries => examples::propose(&context, &patterns),
            Category::Instructions => instructions::propose(&context, &patterns),
            Category::Other => Vec::new(),
        });
    }
    drafts.retain(|draft| !draft.targets.is_empty());
    // What another draft puts right is not taken away.
    let is_touched = |removal: &Draft| {
        let touches = |change: &Change| removal.changes.iter().any(|gone| gone.address.overlaps(&change.address));
        drafts.iter().any(|draft| draft.changes.iter().any(touches))
    };
    let removals = removals::propose(&context).into_iter().filter(|d| input.options.categories.contains(&d.category));
    let removals: Vec<Draft> = removals.filter(|removal| !is_touched(removal)).collect();
    drafts.extend(removals);
    let wanted = drafts.into_iter().filter(|draft| !draft.targets.is_empty());
    let mut candidates: Vec<Candidate> = wanted.map(Draft::finish).collect();
    best_supported(&mut candidates);
    candidates.sort_by(|a, b| {
        let key = |c: &Candidate| (c.category, std::cmp::Reverse((c.targets.len(), c.support)), c.id.clone());
        key(a).cmp(&key(b))
    });
    ground(&context, candidates)
}

/// True for a guess about something that no pattern has a word for. Guessed words for what has a
/// name already wait until that name is in the space, to be tried as further names of it.
fn is_open(guess: &LearntPattern, known: &[LearntPattern]) -> bool {
    let Body::Vocabulary(word) = &guess.body else { return true };
    if matches!(word.facet, Facet::Column(_)) {
        return true;
    }
    !known.iter().any(|learnt| match &learnt.body {
        Body::Vocabulary(other) => other.facet == word.facet,
        Body::Calculation(other) => !other.terms.is_empty() && word.fragment.as_ref() == Some(&other.fragment),
        Body::Filter(rule) => !rule.terms.is_empty() && word.fragment.as_ref() == Some(&rule.fragment),
        _ => false,
    })
}

/// Candidates of one round at most: each costs trials.
const MAX_CANDIDATES: usize = 80;

/// Keeps the candidates with the most behind them.
fn best_supported(candidates: &mut Vec<Candidate>) {
    candidates.sort_by(|a, b| {
        let key = |c: &Candidate| (std::cmp::Reverse((c.support, c.targets.len())), c.category, c.id.clone());
        key(a).cmp(&key(b))
    });
    candidates.dedup_by(|a, b| a.id == b.id);
    candidates.truncate(MAX_CANDIDATES);
}

/// Candidates of several sources beside each other: those that come later give way.
pub fn together(input: &FixInput, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Rejection>) {
    ground(&Context::of(input), candidates)
}

/// Sorts out what cannot stand: unknown names, duplicates, conflicts, too little behind it, and
/// what would pass a limit once the better candidates are in.
fn ground(context: &Context, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Rejection>) {
    let mut kept: Vec<Candidate> = Vec::new();
    let mut meant = Vec::new();
    let mut rejections = Vec::new();
    let mut budget = limits::Budget::of(&context.view);
    for candidate in candidates {
        let verdict = grounding::check(context, &candidate)
            .and_then(|()| grounding::check_against(&kept, &candidate))
            .and_then(|()| {
                let means = meant::meanings(context, &candidate);
                grounding::check_meaning(&kept, &meant, &means).map(|()| means)
            })
            .and_then(|means| budget.take(&candidate).map(|()| means));
        match verdict {
            Ok(means) => {
                kept.push(candidate);
                meant.push(means);
            }
            Err((reason, detail)) => rejections.push(Rejection { candidate, reason, detail }),
        }
    }
    (kept, rejections)
}
