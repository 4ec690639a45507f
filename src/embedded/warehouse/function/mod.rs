//! The functions of the warehouse: Spark's own over values, and a table of all that may be
//! called.

pub(crate) mod args;
pub(crate) mod arithmetic;
mod casting;
mod dates;
mod json;
mod lists;
mod math;
mod numbers;
mod pattern;
mod regexes;
pub(crate) mod row;
mod strings;
pub(crate) mod table;

pub(crate) use row::RowFunction;

/// Every row function of this program.
pub(crate) fn row_functions() -> Vec<RowFunction> {
    let groups = [
        arithmetic::functions(),
        casting::functions(),
        dates::functions(),
        json::functions(),
        lists::functions(),
        math::functions(),
        numbers::functions(),
        regexes::functions(),
        strings::functions(),
    ];
    groups.into_iter().flatten().collect()
}
