//! Every function that may be called, and what becomes of the call.
//!
//! What is not here does not exist: the call fails with `UNRESOLVED_ROUTINE`.

use super::row_functions;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a call turns into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A function of this name: a row function, or one of the engine.
    Call(&'static str),
    /// An expression in which `$1`, `$2` … stand for the arguments.
    Template(&'static str),
    /// An aggregate of this name.
    Aggregate(&'static str),
    /// A window function of the engine whose result is INT, not the engine's unsigned number.
    Counting(&'static str),
    /// Rewritten by code, by name.
    Special,
    /// Known to Databricks, impossible here.
    Unavailable,
}

/// A function's arity and meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub arity: (usize, usize),
    pub meaning: Meaning,
}

/// Finds a function by its name in lower case.
pub(crate) fn find(name: &str) -> Option<Entry> {
    ENTRIES.get(name).copied()
}

static ENTRIES: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| {
    let mut entries: HashMap<&'static str, Entry> = row_functions()
        .iter()
        .filter(|function| !function.name.starts_with("spark_"))
        .map(|function| (function.name, Entry { arity: function.arity, meaning: Meaning::Call(function.name) }))
        .collect();
    for (alias, name) in ALIASES.iter().copied() {
        if let Some(entry) = entries.get(name).copied() {
            entries.insert(alias, entry);
        }
    }
    let calls = TEMPLATES.iter().map(|(n, arity, template)| (n, arity, Meaning::Template(template)));
    let engine = ENGINE.iter().map(|(n, arity, call)| (n, arity, Meaning::Call(call)));
    let aggregates = AGGREGATES.iter().map(|(n, arity, call)| (n, arity, Meaning::Aggregate(call)));
    let special = SPECIAL.iter().map(|(n, arity)| (n, arity, Meaning::Special));
    for (name, arity, meaning) in calls.chain(engine).chain(aggregates).chain(special) {
        entries.insert(name, Entry { arity: *arity, meaning });
    }
    for name in COUNTING.iter().copied() {
        entries.insert(name, Entry { arity: (0, 1), meaning: Meaning::Counting(name) });
    }
    for name in UNAVAILABLE.iter().copied() {
        entries.insert(name, Entry { arity: (0, MANY), meaning: Meaning::Unavailable });
    }
    entries
});

const MANY: usize = usize::MAX;

type Arity = (usize, usize);

/// Other names of row functions.
const ALIASES: &[(&str, &str)] = &[
    ("ucase", "upper"),
    ("lcase", "lower"),
    ("char_length", "length"),
    ("character_length", "length"),
    ("len", "length"),
    ("chr", "char"),
    ("substr", "substring"),
    ("mid", "substring"),
    ("regexp", "regexp_like"),
    ("rlike", "regexp_like"),
    ("charindex", "locate"),
    ("position", "locate"),
    ("dayofmonth", "day"),
    ("week", "weekofyear"),
    ("ceiling", "ceil"),
    ("pow", "power"),
    ("sign", "signum"),
    ("cardinality", "size"),
    ("array_size", "size"),
    ("getbit", "bit_get"),
];

/// Calls written as other expressions.
pub(crate) const TEMPLATES: &[(&str, Arity, &str)] = &[
    ("instr", (2, 2), "locate($2, $1)"),
    ("current_timezone", (0, 0), "'Etc/UTC'"),
    ("current_user", (0, 0), "'local@embedded'"),
    ("session_user", (0, 0), "'local@embedded'"),
    ("user", (0, 0), "'local@embedded'"),
    ("version", (0, 0), "'embedded'"),
    ("nvl", (2, 2), "coalesce($1, $2)"),
    ("ifnull", (2, 2), "coalesce($1, $2)"),
    ("nvl2", (3, 3), "CASE WHEN $1 IS NOT NULL THEN $2 ELSE $3 END"),
    ("if", (3, 3), "CASE WHEN $1 THEN $2 ELSE $3 END"),
    ("iff", (3, 3), "CASE WHEN $1 THEN $2 ELSE $3 END"),
    ("nullifzero", (1, 1), "nullif($1, 0)"),
    ("zeroifnull", (1, 1), "coalesce($1, 0)"),
    ("isnull", (1, 1), "($1 IS NULL)"),
    ("isnotnull", (1, 1), "($1 IS NOT NULL)"),
    ("equal_null", (2, 2), "($1 <=> $2)"),
    ("nanvl", (2, 2), "CASE WHEN isnan($1) THEN $2 ELSE $1 END"),
    ("assert_true", (1, 1), "CASE WHEN $1 THEN NULL ELSE raise_error('assertion failed') END"),
    ("positive", (1, 1), "$1"),
    ("like", (2, 2), "($1 LIKE $2)"),
    ("ilike", (2, 2), "($1 ILIKE $2)"),
    ("div", (2, 2), "($1 DIV $2)"),
    ("string", (1, 1), "CAST($1 AS STRING)"),
    ("int", (1, 1), "CAST($1 AS INT)"),
    ("bigint", (1, 1), "CAST($1 AS BIGINT)"),
    ("smallint", (1, 1), "CAST($1 AS SMALLINT)"),
    ("tinyint", (1, 1), "CAST($1 AS TINYINT)"),
    ("double", (1, 1), "CAST($1 AS DOUBLE)"),
    ("float", (1, 1), "CAST($1 AS FLOAT)"),
    ("decimal", (1, 1), "CAST($1 AS DECIMAL(10,0))"),
    ("boolean", (1, 1), "CAST($1 AS BOOLEAN)"),
    ("date", (1, 1), "CAST($1 AS DATE)"),
    ("timestamp", (1, 1), "CAST($1 AS TIMESTAMP)"),
    ("binary", (1, 1), "CAST($1 AS BINARY)"),
    ("to_varchar", (2, 2), "to_char($1, $2)"),
    ("try_avg", (1, 1), "avg($1)"),
    ("try_sum", (1, 1), "sum($1)"),
    ("mean", (1, 1), "avg($1)"),
    ("some", (1, 1), "bool_or($1)"),
    ("any", (1, 1), "bool_or($1)"),
    ("every", (1, 1), "bool_and($1)"),
    ("std", (1, 1), "stddev($1)"),
    ("measure", (1, 1), "sum($1)"),
    ("approx_count_distinct", (1, 2), "count(DISTINCT $1)"),
    ("current_metastore", (0, 0), "'embedded'"),
    ("to_timestamp_ntz", (1, 2), "to_timestamp($*)"),
    ("to_timestamp_ltz", (1, 2), "to_timestamp($*)"),
    ("rand", (0, 1), "spark_random()"),
    ("random", (0, 1), "spark_random()"),
    ("map_contains_key", (2, 2), "array_contains(map_keys($1), $2)"),
];

/// Functions of the engine that agree with Spark's.
const ENGINE: &[(&str, Arity, &str)] = &[
    ("coalesce", (1, MANY), "coalesce"),
    ("nullif", (2, 2), "nullif"),
    ("greatest", (2, MANY), "greatest"),
    ("least", (2, MANY), "least"),
    ("typeof", (1, 1), "spark_typeof"),
    ("sha1", (1, 1), "sha1"),
    ("sha", (1, 1), "sha1"),
    ("crc32", (1, 1), "crc32"),
    ("xxhash64", (1, MANY), "xxhash64"),
    ("format_string", (1, MANY), "format_string"),
    ("printf", (1, MANY), "format_string"),
    ("array", (0, MANY), "make_array"),
    ("array_append", (2, 2), "array_append"),
    ("map", (0, MANY), "map"),
    ("map_keys", (1, 1), "map_keys"),
    ("map_values", (1, 1), "map_values"),
    ("map_entries", (1, 1), "map_entries"),
    ("map_from_arrays", (2, 2), "map_from_arrays"),
    ("map_from_entries", (1, 1), "map_from_entries"),
    ("str_to_map", (1, 3), "str_to_map"),
    ("struct", (1, MANY), "struct"),
    ("named_struct", (2, MANY), "named_struct"),
    ("transform", (2, 2), "array_transform"),
    ("filter", (2, 2), "array_filter"),
    ("exists", (2, 2), "array_any_match"),
    ("any_match", (2, 2), "array_any_match"),
    ("uuid", (0, 0), "uuid"),
    ("parse_url", (2, 3), "parse_url"),
    ("url_encode", (1, 1), "url_encode"),
    ("url_decode", (1, 1), "url_decode"),
    ("luhn_check", (1, 1), "luhn_check"),
    ("lag", (1, 3), "lag"),
    ("lead", (1, 3), "lead"),
    ("percent_rank", (0, 0), "percent_rank"),
    ("cume_dist", (0, 0), "cume_dist"),
];

/// Aggregates, and the engine's or this program's name of each.
const AGGREGATES: &[(&str, Arity, &str)] = &[
    ("count", (1, MANY), "count"),
    ("sum", (1, 1), "sum"),
    ("avg", (1, 1), "avg"),
    ("min", (1, 1), "min"),
    ("max", (1, 1), "max"),
    ("stddev", (1, 1), "stddev"),
    ("stddev_samp", (1, 1), "stddev"),
    ("stddev_pop", (1, 1), "stddev_pop"),
    ("variance", (1, 1), "var_samp"),
    ("var_samp", (1, 1), "var_samp"),
    ("var_pop", (1, 1), "var_pop"),
    ("corr", (2, 2), "corr"),
    ("covar_pop", (2, 2), "covar_pop"),
    ("covar_samp", (2, 2), "covar_samp"),
    ("regr_slope", (2, 2), "regr_slope"),
    ("regr_intercept", (2, 2), "regr_intercept"),
    ("regr_count", (2, 2), "regr_count"),
    ("regr_r2", (2, 2), "regr_r2"),
    ("regr_avgx", (2, 2), "regr_avgx"),
    ("regr_avgy", (2, 2), "regr_avgy"),
    ("regr_sxx", (2, 2), "regr_sxx"),
    ("regr_syy", (2, 2), "regr_syy"),
    ("regr_sxy", (2, 2), "regr_sxy"),
    ("bool_and", (1, 1), "bool_and"),
    ("bool_or", (1, 1), "bool_or"),
    ("bit_and", (1, 1), "bit_and"),
    ("bit_or", (1, 1), "bit_or"),
    ("bit_xor", (1, 1), "bit_xor"),
    ("array_agg", (1, 1), "collect_list"),
    ("collect_list", (1, 1), "collect_list"),
    ("collect_set", (1, 1), "collect_set"),
    ("string_agg", (1, 2), "string_agg"),
    ("listagg", (1, 2), "string_agg"),
    ("first", (1, 2), "first_value"),
    ("first_value", (1, 2), "first_value"),
    ("last", (1, 2), "last_value"),
    ("last_value", (1, 2), "last_value"),
    ("any_value", (1, 2), "first_value"),
    ("nth_value", (2, 3), "nth_value"),
    ("median", (1, 1), "spark_median"),
    ("mode", (1, 2), "spark_mode"),
    ("max_by", (2, 2), "spark_max_by"),
    ("min_by", (2, 2), "spark_min_by"),
    ("skewness", (1, 1), "spark_skewness"),
    ("kurtosis", (1, 1), "spark_kurtosis"),
    ("product", (1, 1), "spark_product"),
    ("grouping", (1, 1), "grouping"),
];

/// Calls whose rewriting needs a look at the arguments.
const SPECIAL: &[(&str, Arity)] = &[
    ("current_timestamp", (0, 0)),
    ("current_date", (0, 0)),
    ("curdate", (0, 0)),
    ("now", (0, 0)),
    ("getdate", (0, 0)),
    ("localtimestamp", (0, 0)),
    ("explode", (1, 1)),
    ("explode_outer", (1, 1)),
    ("date_add", (2, 3)),
    ("dateadd", (2, 3)),
    ("timestampadd", (3, 3)),
    ("date_sub", (2, 2)),
    ("datediff", (2, 3)),
    ("date_diff", (2, 3)),
    ("timestampdiff", (3, 3)),
    ("extract", (2, 2)),
    ("date_part", (2, 2)),
    ("datepart", (2, 2)),
    ("btrim", (1, 2)),
    ("ltrim", (1, 2)),
    ("rtrim", (1, 2)),
    ("trim", (1, 2)),
    ("to_char", (2, 2)),
    ("decode", (2, MANY)),
    ("count_if", (1, 1)),
    ("percentile", (2, 3)),
    ("percentile_cont", (1, 1)),
    ("percentile_disc", (1, 1)),
    ("percentile_approx", (2, 3)),
    ("approx_percentile", (2, 3)),
    ("grouping_id", (0, MANY)),
    ("unix_timestamp", (0, 2)),
    ("current_catalog", (0, 0)),
    ("current_schema", (0, 0)),
    ("current_database", (0, 0)),
];

const COUNTING: &[&str] = &["row_number", "rank", "dense_rank", "ntile"];

const UNAVAILABLE: &[&str] = &[
    "md5",
    "ai_query",
    "ai_gen",
    "ai_classify",
    "ai_extract",
    "ai_summarize",
    "ai_translate",
    "ai_forecast",
    "ai_mask",
    "ai_similarity",
    "ai_analyze_sentiment",
    "ai_fix_grammar",
    "ai_parse_document",
    "vector_search",
    "http_request",
    "read_files",
    "remote_query",
    "secret",
    "from_json",
    "from_csv",
    "schema_of_json",
    "parse_json",
    "java_method",
];
