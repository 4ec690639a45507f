//! Sample queries: parameterised examples made of templates.

use super::input::{Context, Draft};
use crate::learn::{Body, LearntPattern, Template};
use crate::model::{Address, Category, Change, short_id, split_lines};
use crate::sql::{Features, Names};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) fn propose(context: &Context, patterns: &[LearntPattern]) -> Vec<Draft> {
    patterns.iter().filter_map(|learnt| example(context, learnt)).collect()
}

fn example(context: &Context, learnt: &LearntPattern) -> Option<Draft> {
    let Body::Template(template) = &learnt.body else { return None };
    let shape = Features::of(&template.sql, &context.names).ok()?;
    if context.view.examples.iter().any(|have| covers(&have.sql, &shape, &context.names)) {
        return None;
    }
    // The example is for questions of its own family, and for those that need all it joins and
    // computes.
    let targets = context.targets(|gap| {
        let same = gap.gold.masked == shape.masked || learnt_masks(template, &gap.gold.masked);
        same || needs(&gap.gold, &shape)
    });
    // A form is for the questions that have it.
    let members = context.cases.iter().map(|case| &case.id).filter(|id| learnt.pattern.questions.contains(*id));
    let targets: BTreeSet<String> = targets.into_iter().chain(members.cloned()).collect();
    let targets = targets.into_iter().collect();
    let parameters: Vec<serde_json::Value> = template
        .slots
        .iter()
        .map(|slot| {
            let mut parameter =
                json!({"name": slot.name, "type_hint": slot.type_hint, "description": [slot.description]});
            if !slot.default.is_empty() {
                parameter["default_value"] = json!({"values": [slot.default]});
            }
            parameter
        })
        .collect();
    let id = short_id(&["example", &template.question, &template.sql]);
    let mut element = json!({
        "id": id,
        "question": [filled(template)],
        "sql": split_lines(&template.sql),
    });
    if !parameters.is_empty() {
        element["parameters"] = json!(parameters);
    }
    element["usage_guidance"] = json!([template.guidance]);
    let change = Change::add(Address::instruction("example_question_sqls", &id), element);
    Some(Draft::from_pattern(Category::SampleQueries, vec![change], learnt, targets))
}

/// The question with its slots' defaults.
fn filled(template: &Template) -> String {
    let fill = |text: String, slot: &crate::learn::Slot| text.replace(&format!("{{{}}}", slot.name), &slot.spoken);
    template.slots.iter().fold(template.question.clone(), fill)
}

fn learnt_masks(template: &Template, masked: &str) -> bool {
    template.masks.contains(masked)
}

fn covers(sql: &str, shape: &Features, names: &Names) -> bool {
    Features::of(sql, names).is_ok_and(|have| have.masked == shape.masked)
}

/// True if a query computes something the example computes, over the same tables.
fn needs(gold: &Features, shape: &Features) -> bool {
    let keys = |features: &Features| -> BTreeSet<String> {
        features.calculations().map(|output| output.core.key.clone()).collect()
    };
    gold.tables == shape.tables && !keys(gold).is_disjoint(&keys(shape))
}
