//! `expression`: a team's own rules.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};
use minijinja::{Environment, UndefinedBehavior, Value};
use std::collections::BTreeMap;

pub(super) struct Expression;

impl Guard for Expression {
    fn rule(&self) -> &'static str {
        "expression"
    }

    fn code(&self) -> &'static str {
        "GE0724"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Off
    }

    fn explain(&self) -> &'static str {
        "Each expression in `holds` is true of the plan. An expression (as in Jinja) sees `score.before`, `score.after` \
         (each with `learn` and `holdout`: `correct`, `total`), `changes` (`id`, `category`, `action`, `evidence`), \
         `questions` (`id`, `split`, `before`, `after`) and `evidence`, such as \
         `changes | selectattr('category', 'eq', 'instructions') | list | length <= 3`. What cannot be evaluated does not \
         hold."
    }

    fn params(&self) -> &'static [Param] {
        &[Param { name: "holds", default: ParamDefault::Names, help: "expressions that are true of a good plan" }]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let plan = serde_json::json!({
            "score": input.score,
            "changes": input.changes,
            "questions": input.questions,
            "evidence": input.evidence,
        });
        let plan = value(&plan);
        let rules = params.names("holds");
        let broken = rules.iter().filter_map(|rule| {
            let result = environment.compile_expression(rule).and_then(|expression| expression.eval(plan.clone()));
            match result {
                Ok(value) if value.is_true() => None,
                Ok(_) => Some(Violation::whole(format!("`{rule}` does not hold"))),
                Err(error) => Some(Violation::whole(format!("`{rule}` cannot be evaluated: {error}"))),
            }
        });
        Finding::none_allowed(broken.collect(), format!("{} expressions hold", rules.len()))
    }
}

fn value(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, float) => Value::from(float.unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        Json::Object(map) => {
            Value::from(map.iter().map(|(key, item)| (key.clone(), value(item))).collect::<BTreeMap<_, _>>())
        }
    }
}
