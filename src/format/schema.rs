//! JSON Schemas of the file forms.

use super::event::LineForm;
use super::plan::PlanForm;
use super::scorecard::ScorecardForm;
use super::state::StateForm;
use schemars::schema_for;
use serde_json::Value;

/// The files that have a schema here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaName {
    Plan,
    State,
    Scorecard,
    Event,
}

impl SchemaName {
    pub const ALL: [Self; 4] = [Self::Plan, Self::State, Self::Scorecard, Self::Event];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::State => "state",
            Self::Scorecard => "scorecard",
            Self::Event => "event",
        }
    }
}

/// The schema of a file form, in draft 2020-12.
pub fn schema(name: SchemaName) -> Value {
    match name {
        SchemaName::Plan => schema_for!(PlanForm),
        SchemaName::State => schema_for!(StateForm),
        SchemaName::Scorecard => schema_for!(ScorecardForm),
        SchemaName::Event => schema_for!(LineForm),
    }
    .to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_names_the_fields_of_its_file() {
        let plan = schema(SchemaName::Plan);
        assert!(plan.pointer("/properties/verdict_reason").is_some(), "{plan:#}");
        assert_eq!(plan["additionalProperties"], Value::Bool(false));
        for name in SchemaName::ALL {
            assert!(schema(name).get("title").is_some(), "{name:?}");
        }
    }
}
