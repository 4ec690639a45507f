//! The six tables: one declaration gives the row types, the columns and what they mean. Columns
//! are only ever added, at the end, and every one may be NULL: rows of older releases stay
//! readable, and older releases pass over what they do not know.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A row as every back end takes and gives it: the cells that are not NULL, by column.
pub type Row = Map<String, Value>;

/// What a column holds, and how it stands in a [`Row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Whole,
    Real,
    Truth,
    /// RFC 3339 in a row; microseconds since 1970 in a file.
    Moment,
}

impl Kind {
    /// The name in Delta's schema.
    pub fn delta(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Whole => "long",
            Self::Real => "double",
            Self::Truth => "boolean",
            Self::Moment => "timestamp",
        }
    }

    /// The name in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text => "STRING",
            Self::Whole => "BIGINT",
            Self::Real => "DOUBLE",
            Self::Truth => "BOOLEAN",
            Self::Moment => "TIMESTAMP",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub means: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub means: &'static str,
    pub columns: &'static [Column],
}

/// A row type of one of the tables.
pub trait Record: Serialize + DeserializeOwned {
    const TABLE: Table;

    fn row(&self) -> Row {
        // Plain values only, so this cannot fail; NULL is an absent cell.
        let cells = match serde_json::to_value(self) {
            Ok(Value::Object(cells)) => cells,
            _ => Row::new(),
        };
        cells.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    /// Reads a row; cells that are absent or of another kind than they were are empty.
    fn of(row: &Row) -> Self {
        let fitting = |column: &Column| Some((column.name.to_owned(), fit(column.kind, row.get(column.name)?)?));
        let cells: Row = Self::TABLE.columns.iter().filter_map(fitting).collect();
        // Every field has a default and every cell fits, so this cannot fail.
        serde_json::from_value(Value::Object(cells)).unwrap_or_else(|_| Self::empty())
    }

    fn empty() -> Self;
}

fn fit(kind: Kind, value: &Value) -> Option<Value> {
    let fits = match kind {
        Kind::Text | Kind::Moment => value.is_string(),
        Kind::Whole => value.is_i64() || value.is_u64(),
        Kind::Real => value.is_number(),
        Kind::Truth => value.is_boolean(),
    };
    fits.then(|| value.clone())
}

/// What kind of column a field's type makes.
trait Cell {
    const KIND: Kind;
}

impl Cell for String {
    const KIND: Kind = Kind::Text;
}
impl Cell for i64 {
    const KIND: Kind = Kind::Whole;
}
impl Cell for f64 {
    const KIND: Kind = Kind::Real;
}
impl Cell for bool {
    const KIND: Kind = Kind::Truth;
}
impl<T: Cell> Cell for Option<T> {
    const KIND: Kind = T::KIND;
}

/// A moment, RFC 3339; empty: unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub String);

impl Cell for Moment {
    const KIND: Kind = Kind::Moment;
}

macro_rules! tables {
    ($($name:literal $row:ident $means:literal { $($column:ident: $kind:ty, $what:literal;)* })*) => {
        $(
            #[doc = $means]
            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
            #[serde(default)]
            pub struct $row { $(#[doc = $what] pub $column: $kind,)* }

            impl Record for $row {
                const TABLE: Table = Table {
                    name: $name,
                    means: $means,
                    columns: &[$(Column { name: stringify!($column), kind: <$kind as Cell>::KIND, means: $what },)*],
                };

                fn empty() -> Self {
                    Self::default()
                }
            }
        )*

        /// All tables. The first one, whose rows are written last, says that a run is whole.
        pub const TABLES: &[Table] = &[$($row::TABLE,)*];
    };
}

tables! {
    "runs" RunRow "One row for each run of plan, score, apply or rollback." {
        run_id: String, "Unique over all machines.";
        folder: String, "The name of its folder under runs/, where the run was made.";
        command: String, "plan, score, apply or rollback.";
        started_at: Option<Moment>, "When it began.";
        ended_at: Option<Moment>, "When it ended.";
        status: String, "The name of the exit code.";
        exit_code: Option<i64>, "The exit code.";
        message: String, "Why it failed, if it did.";
        actor: String, "Who ran it: a person or a CI job.";
        tool_version: String, "The release that wrote the row.";
        project: String, "The project file, as it was given.";
        host: String, "The workspace.";
        space_id: String, "The live space, where there is one.";
        space_title: String, "The title of the space.";
        plan_id: String, "The plan that was made, applied or undone.";
        verdict: String, "The plan's verdict; of a look for drift, what it saw.";
        verdict_reason: String, "Why, with figures.";
        target: Option<f64>, "The declared target, 0 to 1.";
        correct_before: Option<i64>, "Right answers of the base.";
        total_before: Option<i64>, "Questions that counted in it.";
        correct_after: Option<i64>, "Right answers with the plan; of a score run, its right answers.";
        total_after: Option<i64>, "Questions that counted in it.";
        changes: Option<i64>, "Changes of the plan.";
        rejected: Option<i64>, "Candidates that were turned down.";
        serial: Option<i64>, "The state's serial after an apply.";
        read_back: String, "equal, migrated or lossy, after an apply.";
    }
    "rounds" RoundRow "One row for each round of a plan run." {
        run_id: String, "The run.";
        round: Option<i64>, "From 1.";
        rounds: Option<i64>, "The most that could be played.";
        correct: Option<i64>, "Right answers on the learn set after the round.";
        total: Option<i64>, "Questions of the learn set that counted.";
        trials: Option<i64>, "Trials on the shadow in this round.";
        ended_at: Option<Moment>, "When it ended.";
    }
    "questions" QuestionRow "One row for each question of a plan or score run." {
        run_id: String, "The run.";
        plan_id: String, "The plan, if one was made.";
        question_id: String, "The question.";
        question: String, "Its text.";
        split: String, "learn, holdout or out; empty in a score run.";
        before: String, "Its outcome on the base; empty in a score run.";
        after: String, "Its outcome with the plan, or in the score run.";
        reason_before: String, "Why, as a stable code.";
        reason_after: String, "Why, as a stable code.";
        sql_before: String, "The answered SQL on the base.";
        sql_after: String, "The answered SQL afterwards.";
        seconds: Option<f64>, "From asking to answer in the last measurement; NULL if cached.";
    }
    "changes" ChangeRow "One row for each change of a plan, when it was made and when it was applied." {
        run_id: String, "The run.";
        plan_id: String, "The plan.";
        change_id: String, "c-01, c-02 … in the plan's order.";
        category: String, "metadata, join_specs, sql_snippets, sample_queries, instructions or other.";
        action: String, "add, update or remove.";
        address: String, "The place in the space.";
        reason: String, "Why, in one sentence.";
        support: Option<i64>, "Question families behind it.";
        fixes: Option<i64>, "Questions that are wrong again without it.";
        breaks: Option<i64>, "Questions that are right without it.";
        evidence: String, "measured, declared or not-measured.";
        before_json: String, "What stood there, as JSON; empty if nothing did.";
        after_json: String, "What is to stand there, as JSON; empty if nothing is.";
        status: String, "planned; of an apply: equal, migrated, lossy or not-applied.";
    }
    "guards" GuardRow "One row for each guard of a plan." {
        run_id: String, "The run.";
        plan_id: String, "The plan.";
        rule: String, "The guard.";
        level: String, "advisory, mandatory or hard.";
        status: String, "passed, failed or waived.";
        message: String, "What it says.";
    }
    "costs" CostRow "One row for each run: what it used up." {
        run_id: String, "The run.";
        questions_asked: Option<i64>, "Questions that were asked.";
        questions_cached: Option<i64>, "Answers that came from the cache.";
        trials: Option<i64>, "Trials on the shadow.";
        waited_seconds: Option<f64>, "Seconds of waiting for quota, retries and the breaker.";
        seconds: Option<f64>, "Seconds from start to end.";
        questions_sent: Option<i64>, "Questions sent to Genie, retries included.";
        statements: Option<i64>, "Statements run on the SQL warehouse.";
        sql_seconds: Option<f64>, "Their time, one after the other; a warehouse charges for at most this.";
        dbu: Option<f64>, "What these seconds cost at most, in DBU; 0 where no price is declared.";
        tokens: Option<i64>, "Tokens of the language model, read and written.";
        usd: Option<f64>, "US dollars for the model and the warehouse, as far as prices are declared.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_the_columns_of_its_table_and_comes_back() {
        let row = QuestionRow { run_id: "r".into(), after: "correct".into(), seconds: Some(2.0), ..Default::default() };
        let cells = row.row();
        let known: Vec<&str> = QuestionRow::TABLE.columns.iter().map(|column| column.name).collect();
        assert!(cells.keys().all(|name| known.contains(&name.as_str())), "{cells:?}");
        assert_eq!(QuestionRow::of(&cells), row);
        assert_eq!(RunRow::TABLE.columns[3].kind, Kind::Moment);
    }

    #[test]
    fn cells_that_do_not_fit_are_empty() {
        let cells = Row::from_iter([("run_id".to_owned(), Value::from(1)), ("seconds".to_owned(), Value::from(3))]);
        let row = CostRow::of(&cells);
        assert_eq!((row.run_id.as_str(), row.seconds), ("", Some(3.0)));
    }

    #[test]
    fn names_are_unique_and_every_column_is_explained() {
        for table in TABLES {
            for (at, column) in table.columns.iter().enumerate() {
                assert!(column.means.ends_with('.'), "{}.{}", table.name, column.name);
                assert!(table.columns[..at].iter().all(|other| other.name != column.name), "{}", column.name);
            }
        }
    }
}
