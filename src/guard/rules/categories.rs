//! `categories`: kinds of changes that are wanted here.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation};

pub(super) struct Categories;

impl Guard for Categories {
    fn rule(&self) -> &'static str {
        "categories"
    }

    fn code(&self) -> &'static str {
        "GE0708"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Off
    }

    fn explain(&self) -> &'static str {
        "Every change belongs to a category in `allow` (all, if there is none) and to none in `deny`: metadata, \
         join_specs, sql_snippets, sample_queries, instructions, other."
    }

    fn params(&self) -> &'static [Param] {
        &[
            Param { name: "allow", default: ParamDefault::Names, help: "categories that may change" },
            Param { name: "deny", default: ParamDefault::Names, help: "categories that may not" },
        ]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let (allow, deny) = (params.names("allow"), params.names("deny"));
        let wanted = |category: &str| (allow.is_empty() || allow.contains(&category)) && !deny.contains(&category);
        // The category is read off the address: what a plan says about itself is not proof.
        let stray = input.changes.iter().filter(|planned| !wanted(planned.change.category().as_str()));
        let told = |planned: &crate::model::PlannedChange| {
            Violation::new(&planned.id, format!("{} is of the category {}", planned.id, planned.change.category()))
        };
        Finding::none_allowed(stray.map(told).collect(), "all changes are of wanted categories")
    }
}
