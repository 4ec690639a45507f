//! SQL failures in Databricks' words.

use datafusion::common::DataFusionError;

/// Why a statement failed, as the Statement Execution API tells it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlFailure {
    /// The API's `error_code`: `BAD_REQUEST`, `RESOURCE_EXHAUSTED`, `INTERNAL_ERROR` …
    pub error_code: String,
    /// The five characters of the SQL standard; empty where there are none.
    pub sql_state: String,
    /// Begins with the error class: `[TABLE_OR_VIEW_NOT_FOUND] …`.
    pub message: String,
}

impl SqlFailure {
    /// A fault of the statement.
    pub(crate) fn new(class: &str, sql_state: &str, text: impl std::fmt::Display) -> Self {
        Self {
            error_code: "BAD_REQUEST".to_owned(),
            sql_state: sql_state.to_owned(),
            message: format!("[{class}] {text} SQLSTATE: {sql_state}"),
        }
    }

    pub(crate) fn syntax(text: impl std::fmt::Display) -> Self {
        Self::new("PARSE_SYNTAX_ERROR", "42601", format!("Syntax error: {text}."))
    }

    pub(crate) fn table_not_found(name: &str) -> Self {
        Self::new(
            "TABLE_OR_VIEW_NOT_FOUND",
            "42P01",
            format!(
                "The table or view {} cannot be found. Verify the spelling and correctness of the schema and catalog.",
                quoted(name)
            ),
        )
    }

    pub(crate) fn column_not_found(name: &str, near: &[String]) -> Self {
        if near.is_empty() {
            return Self::new(
                "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
                "42703",
                format!("A column, variable, or function parameter with name {} cannot be resolved.", quoted(name)),
            );
        }
        let near: Vec<String> = near.iter().map(|name| quoted(name)).collect();
        Self::new(
            "UNRESOLVED_COLUMN.WITH_SUGGESTION",
            "42703",
            format!(
                "A column, variable, or function parameter with name {} cannot be resolved. Did you mean one of the \
                 following? [{}].",
                quoted(name),
                near.join(", ")
            ),
        )
    }

    pub(crate) fn routine_not_found(name: &str) -> Self {
        Self::new(
            "UNRESOLVED_ROUTINE",
            "42883",
            format!(
                "Cannot resolve routine {} on search path [`system`.`builtin`, `system`.`session`, `main`.`default`].",
                quoted(name)
            ),
        )
    }

    pub(crate) fn wrong_argument_count(name: &str, wanted: &str, found: usize) -> Self {
        Self::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            "42605",
            format!("The {} requires {wanted} parameters but the actual number is {found}.", quoted(name)),
        )
    }

    pub(crate) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::new("UNSUPPORTED_FEATURE", "0A000", format!("{what} is not available in the embedded workspace."))
    }

    pub(crate) fn mismatch(text: impl std::fmt::Display) -> Self {
        Self::new("DATATYPE_MISMATCH", "42K09", text)
    }

    pub(crate) fn divide_by_zero() -> Self {
        Self::new(
            "DIVIDE_BY_ZERO",
            "22012",
            "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead.",
        )
    }

    pub(crate) fn remainder_by_zero() -> Self {
        Self::new(
            "REMAINDER_BY_ZERO",
            "22012",
            "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and return NULL instead.",
        )
    }

    pub(crate) fn overflow(what: &str) -> Self {
        Self::new("ARITHMETIC_OVERFLOW", "22003", format!("{what} overflow."))
    }

    pub(crate) fn out_of_range(value: &str, precision: u8, scale: i8) -> Self {
        Self::new(
            "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
            "22003",
            format!("The {value} cannot be represented as Decimal({precision}, {scale})."),
        )
    }

    pub(crate) fn invalid_cast(value: &str, from: &str, to: &str) -> Self {
        Self::new(
            "CAST_INVALID_INPUT",
            "22018",
            format!(
                "The value '{value}' of the type \"{from}\" cannot be cast to \"{to}\" because it is malformed. Correct \
                 the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed input and \
                 return NULL instead."
            ),
        )
    }

    pub(crate) fn cast_overflow(value: &str, from: &str, to: &str) -> Self {
        Self::new(
            "CAST_OVERFLOW",
            "22003",
            format!("The value {value} of the type \"{from}\" cannot be cast to \"{to}\" due to an overflow."),
        )
    }

    pub(crate) fn argument(function: &str, text: impl std::fmt::Display) -> Self {
        Self::new("INVALID_PARAMETER_VALUE", "22023", format!("In {}: {text}", quoted(function)))
    }

    pub(crate) fn exhausted(text: impl std::fmt::Display) -> Self {
        Self {
            error_code: "RESOURCE_EXHAUSTED".to_owned(),
            sql_state: "53000".to_owned(),
            message: format!("[RESOURCE_EXHAUSTED] {text} SQLSTATE: 53000"),
        }
    }

    pub(crate) fn internal(text: impl std::fmt::Display) -> Self {
        Self {
            error_code: "INTERNAL_ERROR".to_owned(),
            sql_state: "XX000".to_owned(),
            message: format!("[INTERNAL_ERROR] {text} SQLSTATE: XX000"),
        }
    }
}

impl From<SqlFailure> for DataFusionError {
    fn from(failure: SqlFailure) -> Self {
        Self::External(Box::new(failure))
    }
}

/// A dotted name in backticks, part by part.
pub(crate) fn quoted(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(|part| format!("`{}`", part.replace('`', ""))).collect();
    parts.join(".")
}
