//! From the declared project to the options of each step.

use super::rules::ProofRules;
use crate::config::{self, Holdout, HoldoutWord, Project, SplitBy};
use crate::fix;
use crate::guard::{GuardConfig, Waiver};
use crate::learn;
use crate::model::{Split, Suite};
use crate::sql::plain_form;
use crate::stats::{self, DecisionRules, Member};
use crate::trial::Limits;
use std::collections::BTreeMap;

/// Every question's set. Without the baseline, so that the split of a suite never changes while
/// its questions do not.
pub fn split(suite: &Suite, project: &Project) -> BTreeMap<String, Split> {
    if project.split.holdout == Holdout::Word(HoldoutWord::None) {
        return suite.questions.iter().map(|question| (question.id.clone(), Split::Learn)).collect();
    }
    let by_family = project.split.by == SplitBy::Family;
    let members: Vec<Member> = suite
        .questions
        .iter()
        .filter(|question| question.skip.is_none())
        .map(|question| Member {
            id: question.id.clone(),
            family: if by_family { question.family.clone() } else { String::new() },
            sql: if by_family { plain_form(&question.sql) } else { String::new() },
            category: question.category.clone(),
            baseline: None,
        })
        .collect();
    let share = match project.split.holdout {
        Holdout::Share(share) => Some(share),
        Holdout::Word(_) => None,
    };
    stats::split(&members, suite.digest().as_str(), share).of
}

pub fn proof_rules(project: &Project) -> ProofRules {
    let proof = &project.proof;
    ProofRules {
        decision: DecisionRules {
            min_margin: proof.margin as usize,
            max_p: proof.max_p,
            max_lost_share: proof.max_lost,
            interval_level: proof.level,
            confirming_repeats: proof.repeats as usize,
            looks: proof.looks as usize,
        },
        steady_repeats: proof.steady_repeats as usize,
        limits: Limits {
            culprits: proof.culprits as usize,
            sample: proof.sample as usize,
            masked: proof.masked as usize,
            repairs: proof.repairs as usize,
        },
        space: proof.space.clone(),
    }
}

pub fn learn_options(project: &Project) -> learn::Options {
    learn::Options { min_support: project.learning.min_support as usize }
}

pub fn fix_options(project: &Project) -> fix::Options {
    fix::Options {
        categories: project.learning.categories.list().into_iter().collect(),
        min_support: project.learning.min_support as usize,
        generated: Default::default(),
    }
}

pub fn guard_configs(project: &Project) -> Vec<GuardConfig> {
    let config = |guard: &config::Guard| GuardConfig {
        rule: guard.rule.clone(),
        level: Some(guard.level),
        params: guard.params.clone(),
    };
    project.guards.iter().map(config).collect()
}

pub fn waivers(project: &Project) -> Vec<Waiver> {
    let waiver = |waiver: &config::Waiver| Waiver {
        rule: waiver.rule.clone(),
        scope: waiver.scope.clone().unwrap_or_default(),
        reason: waiver.reason.clone(),
        owner: waiver.owner.clone(),
        expires: waiver.expires.clone(),
    };
    project.waivers.iter().map(waiver).collect()
}
