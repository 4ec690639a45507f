//! The engine's errors → failures in Databricks' words.

use super::failure::{SqlFailure, quoted};
use crate::sql::SqlError;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, SchemaError};

impl From<SqlError> for SqlFailure {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Syntax(text) => Self::syntax(text),
            SqlError::TooLarge(text) => Self::new("STATEMENT_TOO_LARGE", "54000", format!("{text}.")),
            SqlError::NotOneStatement(count) => Self::syntax(format!("one statement is expected, found {count}")),
            SqlError::NotAQuery(what) => read_only(&what),
        }
    }
}

/// A statement that would change something.
pub(crate) fn read_only(what: &str) -> SqlFailure {
    let mut failure = SqlFailure::new(
        "INSUFFICIENT_PERMISSIONS",
        "42501",
        format!("Insufficient privileges: the embedded warehouse is read-only, {what} is not a query."),
    );
    failure.error_code = "BAD_REQUEST".to_owned();
    failure
}

/// Tells an engine error; `spell` gives a lower-case name its spelling.
pub(crate) fn translate(error: &DataFusionError, spell: &dyn Fn(&str) -> String) -> SqlFailure {
    let root = root_of(error);
    if let Some(failure) = own(root) {
        return failure;
    }
    match root {
        DataFusionError::SchemaError(inner, _) => schema_failure(inner, spell),
        DataFusionError::ResourcesExhausted(text) => SqlFailure::exhausted(format!("Out of memory: {text}.")),
        DataFusionError::ArrowError(inner, _) => arrow_failure(inner),
        DataFusionError::NotImplemented(text) => SqlFailure::unsupported(format!("`{text}`")),
        DataFusionError::Plan(text) => plan_failure(text),
        DataFusionError::Execution(text) => execution_failure(text),
        other => plan_failure(&other.strip_backtrace()),
    }
}

fn root_of(error: &DataFusionError) -> &DataFusionError {
    match error.find_root() {
        DataFusionError::Collection(errors) => errors.first().map_or(error, root_of),
        root => root,
    }
}

/// A failure of this program inside an engine error.
fn own(error: &DataFusionError) -> Option<SqlFailure> {
    match error {
        DataFusionError::External(inner) => inner.downcast_ref::<SqlFailure>().cloned(),
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            ArrowError::ExternalError(inner) => match inner.downcast_ref::<SqlFailure>() {
                Some(failure) => Some(failure.clone()),
                None => inner.downcast_ref::<DataFusionError>().and_then(|inner| own(inner.find_root())),
            },
            _ => None,
        },
        _ => None,
    }
}

fn schema_failure(error: &SchemaError, spell: &dyn Fn(&str) -> String) -> SqlFailure {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let name = field.flat_name().replace('"', "");
            let wanted = field.name.to_lowercase();
            let mut near: Vec<(usize, String)> = valid_fields
                .iter()
                .filter(|other| !other.name.starts_with("__"))
                .map(|other| {
                    let shown = match &other.relation {
                        Some(table) if !table.table().starts_with("derived_") => {
                            format!("{}.{}", table.table(), spell(&other.name))
                        }
                        _ => spell(&other.name),
                    };
                    (strsim::levenshtein(&wanted, &other.name), shown)
                })
                .collect();
            near.sort();
            near.dedup();
            let near: Vec<String> = near.into_iter().take(5).map(|(_, name)| name).collect();
            SqlFailure::column_not_found(&name, &near)
        }
        SchemaError::AmbiguousReference { field } => SqlFailure::new(
            "AMBIGUOUS_REFERENCE",
            "42704",
            format!("Reference {} is ambiguous, it could name columns of several tables.", quoted(&field.name)),
        ),
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            SqlFailure::new(
                "COLUMN_ALREADY_EXISTS",
                "42711",
                format!(
                    "The column {} already exists. Choose another name or rename the existing column.",
                    quoted(name)
                ),
            )
        }
    }
}

fn arrow_failure(error: &ArrowError) -> SqlFailure {
    match error {
        ArrowError::DivideByZero => SqlFailure::divide_by_zero(),
        ArrowError::ArithmeticOverflow(_) => SqlFailure::overflow("long"),
        ArrowError::CastError(text) | ArrowError::ParseError(text) => cast_failure(text),
        other => execution_failure(&other.to_string()),
    }
}

fn cast_failure(text: &str) -> SqlFailure {
    let value = text.split('\'').nth(1).unwrap_or(text);
    let to = match text.rsplit(' ').next().unwrap_or_default() {
        "Int32" => "INT",
        "Int64" | "type" => "BIGINT",
        "Float64" => "DOUBLE",
        "Date32" => "DATE",
        "Boolean" => "BOOLEAN",
        other if other.starts_with("Timestamp") => "TIMESTAMP",
        other => other,
    };
    SqlFailure::invalid_cast(value, "STRING", to)
}

fn plan_failure(text: &str) -> SqlFailure {
    let lower = text.to_lowercase();
    if lower.contains("must appear in the group by") || lower.contains("could not be resolved from available columns") {
        let column = text.split('"').nth(1).or_else(|| text.split('\'').nth(1)).unwrap_or("the column");
        return SqlFailure::new(
            "MISSING_AGGREGATION",
            "42803",
            format!(
                "The non-aggregating expression \"{column}\" is based on columns which are not participating in the \
                 GROUP BY clause. Add the columns or the expression to the GROUP BY, aggregate the expression, or use \
                 \"any_value({column})\" if you do not care which of the values within a group is returned. ({text})"
            ),
        );
    }
    if lower.contains("union") && (lower.contains("same number of columns") || lower.contains("number of columns")) {
        return SqlFailure::new(
            "NUM_COLUMNS_MISMATCH",
            "42826",
            format!("Set operations can only be performed on inputs with the same number of columns. {text}"),
        );
    }
    if let Some(failure) = misplaced(text, &lower) {
        return failure;
    }
    if lower.contains("cannot coerce") || lower.contains("type") {
        return SqlFailure::mismatch(format!("Cannot resolve the expression due to data type mismatch: {text}."));
    }
    SqlFailure::new("INVALID_QUERY", "42000", format!("{text}."))
}

/// Something stands where it may not.
fn misplaced(text: &str, lower: &str) -> Option<SqlFailure> {
    let quoted_part = |mark: char| text.split(mark).nth(1).unwrap_or_default();
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    Some(if lower.contains("aggregate functions are not allowed in the where") {
        SqlFailure::new(
            "INVALID_WHERE_CONDITION",
            "42903",
            "The WHERE condition contains invalid expressions: an aggregate function. Rewrite the query to avoid window \
             functions, aggregate functions, and generator functions in the WHERE clause.",
        )
    } else if lower.contains("cannot be nested") {
        SqlFailure::new(
            "NESTED_AGGREGATE_FUNCTION",
            "42607",
            "It is not allowed to use an aggregate function in the argument of another aggregate function. Please use \
             the inner aggregate function in a sub-query.",
        )
    } else if lower.contains("column out of bounds") {
        let (clause, class) = match lower.contains("order by") {
            true => ("ORDER BY", "ORDER_BY_POS_OUT_OF_RANGE"),
            false => ("GROUP BY", "GROUP_BY_POS_OUT_OF_RANGE"),
        };
        let (at, most) = (numbers.first().unwrap_or(&"0"), numbers.last().unwrap_or(&"0"));
        let words = format!("{clause} position {at} is not in select list (valid range is [1, {most}]).");
        SqlFailure::new(class, "42805", words)
    } else if lower.contains("non-boolean predicate") {
        let column = quoted_part('\'').rsplit('.').next().unwrap_or_default().to_owned();
        let words = format!("Filter expression \"{column}\" is not a boolean.");
        SqlFailure::new("DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN", "42K09", words)
    } else if lower.contains("unsupported compound identifier") {
        SqlFailure::table_not_found(quoted_part('\''))
    } else if lower.contains("no functions registered") {
        // The engine looks for a row function where a window function stands without OVER.
        SqlFailure::new("WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", "42601", "A window function requires an OVER clause.")
    } else {
        return None;
    })
}

fn execution_failure(text: &str) -> SqlFailure {
    let lower = text.to_lowercase();
    if lower.contains("more than one row") || lower.contains("at most one row") {
        return SqlFailure::new(
            "SCALAR_SUBQUERY_TOO_MANY_ROWS",
            "21000",
            "More than one row returned by a subquery used as an expression.",
        );
    }
    if lower.contains("divide by zero") {
        return SqlFailure::divide_by_zero();
    }
    if lower.contains("overflow") {
        return SqlFailure::overflow("long");
    }
    if lower.contains("cannot cast") {
        return cast_failure(text);
    }
    SqlFailure::new("EXECUTION_FAILED", "22000", format!("{text}."))
}
