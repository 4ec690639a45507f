//! The words of the file forms, each tied to its model type by two exhaustive conversions.

use crate::model::{
    Action, Category, GuardLevel, GuardStatus, Outcome, Phase, PlanVerdict, RejectionReason, Split, Verified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An enum that is written like this forever, and its model type.
macro_rules! mirror {
    ($name:ident of $model:ident, $style:literal: $($variant:ident),+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = $style)]
        pub(super) enum $name {
            $($variant),+
        }

        impl From<$model> for $name {
            fn from(value: $model) -> Self {
                match value {
                    $($model::$variant => Self::$variant),+
                }
            }
        }

        impl From<$name> for $model {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant),+
                }
            }
        }
    };
}

mirror!(VerdictForm of PlanVerdict, "kebab-case": Improved, NoChange, NotEnoughEvidence, Blocked);
mirror!(OutcomeForm of Outcome, "kebab-case": Correct, Incorrect, NoSql, BadSql, NeedsReview, NotRun, BadGold);
mirror!(SplitForm of Split, "kebab-case": Learn, Holdout, Out);
mirror!(ActionForm of Action, "kebab-case": Add, Update, Remove);
mirror!(CategoryForm of Category, "snake_case": Metadata, JoinSpecs, SqlSnippets, SampleQueries, Instructions, Other);
mirror!(GuardLevelForm of GuardLevel, "kebab-case": Off, Advisory, Mandatory, Hard);
mirror!(GuardStatusForm of GuardStatus, "kebab-case": Passed, Failed, Waived);
mirror!(VerifiedForm of Verified, "kebab-case": NotAsked, Pass, Fail, Inconclusive, RollbackPending);
mirror!(PhaseForm of Phase, "kebab-case": Check, Score, Learn, Generate, Prove, Measure, Apply);
mirror!(RejectionReasonForm of RejectionReason, "kebab-case":
    NotGrounded, Leak, Duplicate, Limit, HumanText, Conflict, NoEffect, Harm, Idle, NotTried, Policy);
