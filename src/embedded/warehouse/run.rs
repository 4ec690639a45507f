//! One statement, from its text to its result.

use super::commands::{Place, answer};
use super::engine::{Engine, missing_name, output};
use super::failure::SqlFailure;
use super::faults::{read_only, translate};
use super::information::information_schema;
use super::kept::Kept;
use super::labels::{Label, name_items};
use super::load::{WarehouseError, catalog_of, load_folder, three_parts};
use super::rewrite::{Scope, rewrite, substitute_alias};
use super::wire::{cell, column};
use super::{DeclaredJoin, StatementOptions};
use crate::model::{Catalog, Column, ResultSet};
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;
use sqlparser::ast::{ObjectName, Query, SetExpr, Statement as SqlStatement};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many names of earlier items a SELECT list may use, before it is a mistake.
const MAX_SUBSTITUTIONS: usize = 64;

/// How many rows are kept when the caller names no limit.
const MAX_ROWS: usize = 1_000_000;

/// How many bytes of cells are kept when the caller names no limit.
const MAX_BYTES: usize = 256 << 20;

/// A statement as it was sent.
pub(super) struct Statement {
    pub sql: String,
    pub options: StatementOptions,
}

/// What queries share.
pub(super) struct Core {
    engine: Engine,
    pub(super) catalog: Catalog,
    /// Original spellings of column names by their lower-case form.
    spelling: HashMap<String, String>,
    /// Microseconds of the frozen moment, if time stands still.
    frozen: Option<i64>,
}

impl Core {
    pub(super) fn open(
        folder: &Path,
        as_of: Option<jiff::civil::Date>,
        kept: Option<PathBuf>,
    ) -> Result<(Self, Vec<DeclaredJoin>), WarehouseError> {
        let loaded = load_folder(folder)?;
        let catalog = catalog_of(&loaded.tables);
        let declared = loaded.schema.as_of_date.as_deref().map(str::parse::<jiff::civil::Date>).transpose();
        let declared = declared.map_err(|error| WarehouseError::Schema {
            path: folder.join("schema.json").display().to_string(),
            message: format!("`as_of_date` is no date: {error}"),
        })?;
        let spelling = catalog.tables().flat_map(|table| &table.columns);
        let spelling = spelling.map(|column| (column.name.to_lowercase(), column.name.clone())).collect();
        let failed = |error: datafusion::common::DataFusionError| WarehouseError::Engine(error.to_string());
        let mut tables: Vec<([String; 3], Arc<dyn TableProvider>)> = information_schema(&catalog).map_err(failed)?;
        for table in loaded.tables {
            tables.push((table.name, table.table));
        }
        let engine = Engine::new(tables, kept.map(Kept::new)).map_err(failed)?;
        let frozen = as_of.or(declared).map(noon);
        Ok((Self { engine, catalog, spelling, frozen }, loaded.schema.joins))
    }

    pub(super) async fn run(&self, statement: Statement) -> Result<ResultSet, SqlFailure> {
        let options = &statement.options;
        let place = Place {
            catalog: options.catalog.as_deref().unwrap_or("main"),
            schema: options.schema.as_deref().unwrap_or("default"),
        };
        if let Some(done) = self.engine.kept.as_ref().and_then(|kept| kept.change(&statement.sql, options)) {
            return done;
        }
        if let Some(answer) = answer(&statement.sql, &self.catalog, &place) {
            return answer;
        }
        let (plan, labels) = self.plan(&statement, &place)?;
        let fail = |error| self.failure(&error);
        let fields = output(plan.schema());
        let columns = self.columns(&fields, &labels);
        let plan = self.engine.physical_plan(plan).await.map_err(fail)?;
        let mut stream = self.engine.stream(plan).map_err(fail)?;
        let row_limit = options.row_limit.unwrap_or(MAX_ROWS).min(MAX_ROWS);
        let byte_limit = options.byte_limit.unwrap_or(MAX_BYTES).min(MAX_BYTES);
        let mut result = ResultSet { columns, rows: Vec::new(), truncated: false };
        let mut bytes = 0;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(fail)?;
            for row in 0..batch.num_rows() {
                let cells = batch.columns().iter().map(|array| cell(array, row)).collect::<Result<Vec<_>, _>>()?;
                bytes += cells.iter().map(|cell| cell.as_wire().map_or(4, |text| text.len())).sum::<usize>();
                if result.rows.len() >= row_limit || bytes > byte_limit {
                    result.truncated = true;
                    return Ok(result);
                }
                result.rows.push(cells);
            }
        }
        Ok(result)
    }

    /// Parses, rewrites and plans. Names of earlier SELECT items that no table has are put in
    /// until the plan stands.
    fn plan(&self, statement: &Statement, place: &Place) -> Result<(LogicalPlan, Vec<Label>), SqlFailure> {
        let mut query = parse(&statement.sql)?;
        let labels = output_labels(&mut query);
        let parameters = statement.options.parameters.iter();
        let parameters = parameters
            .map(|given| (given.name.to_lowercase(), (given.value.clone(), given.sql_type.clone())))
            .collect();
        let columns = |name: &ObjectName| self.table_columns(name, place);
        let scope = Scope {
            now: self.frozen.unwrap_or_else(now),
            catalog: place.catalog,
            schema: place.schema,
            parameters: &parameters,
            columns: &columns,
        };
        rewrite(&mut query, &scope)?;
        for _ in 0..MAX_SUBSTITUTIONS {
            match self.engine.logical_plan(query.clone(), place.catalog, place.schema) {
                Ok(plan) => return Ok((plan, labels)),
                Err(error) => match missing_name(&error) {
                    Some(name) if substitute_alias(&mut query, &name) => {}
                    _ => return Err(self.failure(&error)),
                },
            }
        }
        Err(SqlFailure::unsupported("A SELECT list with so many references to its own names"))
    }

    fn table_columns(&self, name: &ObjectName, place: &Place) -> Option<Vec<String>> {
        let parts: Vec<String> =
            name.0.iter().filter_map(|part| part.as_ident()).map(|part| part.value.to_lowercase()).collect();
        let full = match parts.as_slice() {
            [table] => [place.catalog.to_lowercase(), place.schema.to_lowercase(), table.clone()],
            [schema, table] => [place.catalog.to_lowercase(), schema.clone(), table.clone()],
            _ => three_parts(&parts.join(".")),
        };
        self.engine.columns(&full)
    }

    fn failure(&self, error: &datafusion::common::DataFusionError) -> SqlFailure {
        translate(error, &|name| self.spelling.get(name).cloned().unwrap_or_else(|| name.to_owned()))
    }

    /// Labels for the plan's columns: the query's own words, and for a star the tables' spelling.
    fn columns(&self, fields: &[(String, DataType)], labels: &[Label]) -> Vec<Column> {
        let mut names = Vec::with_capacity(fields.len());
        for (at, label) in labels.iter().enumerate() {
            match label {
                Label::Column { shown, .. } => names.push(shown.clone()),
                Label::Star => {
                    // The star ends where as many fields are left as items, or where the next
                    // named item stands if another star follows.
                    let rest = &labels[at + 1..];
                    let most = fields.len().saturating_sub(names.len() + rest.len());
                    let many = rest.contains(&Label::Star);
                    let next = rest.first().filter(|_| many);
                    for (taken, (name, _)) in fields.iter().skip(names.len()).take(most + 1).enumerate() {
                        let ends = match next {
                            Some(Label::Column { inner, .. }) => inner == name,
                            _ => false,
                        };
                        if (taken > 0 && ends) || taken >= most.max(1) {
                            break;
                        }
                        names.push(self.spelling.get(name).cloned().unwrap_or_else(|| name.clone()));
                    }
                }
            }
        }
        let spelled = |at: usize, name: &String| names.get(at).unwrap_or(name).clone();
        fields.iter().enumerate().map(|(at, (name, data_type))| column(spelled(at, name), data_type)).collect()
    }
}

fn noon(date: jiff::civil::Date) -> i64 {
    let days = super::calendar::to_days(date.year().into(), date.month() as u32, date.day() as u32);
    i64::from(days) * super::value::DAY + super::value::DAY / 2
}

fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// The one query of a text, names in backticks made plain words of any spelling.
fn parse(sql: &str) -> Result<Query, SqlFailure> {
    let mut tokens = crate::sql::tokens(sql, true)?;
    tokens.iter_mut().for_each(plain_word);
    let mut statements = crate::sql::parser_over(tokens).parse_statements().map_err(crate::sql::SqlError::from)?;
    if statements.len() != 1 {
        return Err(SqlFailure::syntax(format!("one statement is expected, found {}", statements.len())));
    }
    match statements.remove(0) {
        SqlStatement::Query(query) => Ok(*query),
        other => {
            let words: Vec<String> = other.to_string().split_whitespace().take(2).map(str::to_owned).collect();
            Err(read_only(&format!("`{}`", words.join(" "))))
        }
    }
}

/// Quoted names are as insensitive to case as others, so the quotes can go once the words are
/// apart. `5L`, `5S` and `5Y` are numbers.
fn plain_word(token: &mut TokenWithSpan) {
    let Token::Word(word) = &mut token.token else { return };
    if word.quote_style.take().is_some() {
        word.keyword = sqlparser::keywords::Keyword::NoKeyword;
        return;
    }
    let digits = word.value.trim_end_matches(['L', 'l', 'S', 's', 'Y', 'y']);
    if !digits.is_empty() && digits.len() + 1 == word.value.len() && digits.bytes().all(|b| b.is_ascii_digit()) {
        token.token = Token::Number(digits.to_owned(), word.value.ends_with(['L', 'l']));
    }
}

/// The labels of the outermost SELECT list; of a set operation, the first one's.
fn output_labels(query: &mut Query) -> Vec<Label> {
    let mut body = query.body.as_mut();
    loop {
        match body {
            SetExpr::Select(select) => return name_items(select),
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(query) => body = query.body.as_mut(),
            _ => return Vec::new(),
        }
    }
}
