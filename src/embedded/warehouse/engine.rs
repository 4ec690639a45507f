//! The query engine: its settings, its functions, and the way from a syntax tree to rows.

use super::aggregate::aggregates;
use super::failure::SqlFailure;
use super::function::row_functions;
use super::kept::Kept;
use super::operators::SparkOperators;
use super::rules::{self, Rules};
use super::shortcut::short_circuit;
use datafusion::catalog::TableProvider;
use datafusion::common::{DFSchema, DataFusionError, Result, TableReference};
use datafusion::config::ConfigOptions;
use datafusion::datasource::{cte_worktable::CteWorkTable, provider_as_source};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, LogicalPlan, ScalarUDF, TableSource, WindowUDF};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::SessionConfig;
use datafusion::sql::planner::{NullOrdering, ParserOptions, SqlToRel};
use sqlparser::ast::{Query, Statement};
use std::collections::HashMap;
use std::sync::Arc;

/// What all queries together may hold in memory, in bytes.
const MEMORY: usize = 1 << 30;

/// Functions of the engine under another name.
const RENAMED: [(&str, &str); 2] = [("spark_random", "random"), ("unnest_array", "unnest")];

/// A session that lives as long as the warehouse.
pub(crate) struct Engine {
    state: SessionState,
    rules: Rules,
    functions: HashMap<String, Arc<ScalarUDF>>,
    aggregates: HashMap<String, Arc<AggregateUDF>>,
    planners: Vec<Arc<dyn ExprPlanner>>,
    /// By catalog, schema and name in lower case.
    tables: HashMap<[String; 3], Arc<dyn TableSource>>,
    /// Tables that statements made.
    pub(super) kept: Option<Kept>,
}

impl Engine {
    pub(crate) fn new(tables: Vec<([String; 3], Arc<dyn TableProvider>)>, kept: Option<Kept>) -> Result<Self> {
        // Nothing goes to the disk: a runaway join would fill it before anybody looks.
        let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY)))
            .with_disk_manager_builder(no_disk)
            .build_arc()?;
        let state = SessionStateBuilder::new()
            .with_config(settings())
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rules(rules::physical())
            .build();
        let mut functions: HashMap<String, Arc<ScalarUDF>> = state.scalar_functions().clone();
        for function in datafusion_spark::all_default_scalar_functions() {
            functions.insert(function.name().to_owned(), function);
        }
        for (name, engine) in RENAMED {
            if let Some(function) = functions.get(engine).cloned() {
                functions.insert(name.to_owned(), function);
            }
        }
        for function in row_functions() {
            functions.insert(function.name.to_owned(), Arc::new(function.into_udf()));
        }
        let mut all: HashMap<String, Arc<AggregateUDF>> = state.aggregate_functions().clone();
        for function in datafusion_spark::all_default_aggregate_functions() {
            all.insert(function.name().to_owned(), function);
        }
        for function in aggregates() {
            all.insert(function.name().to_owned(), Arc::new(function));
        }
        let mut planners: Vec<Arc<dyn ExprPlanner>> = vec![Arc::new(SparkOperators::new(&functions))];
        planners.extend(state.expr_planners().iter().cloned());
        let lower = |name: [String; 3]| name.map(|part| part.to_lowercase());
        let tables = tables.into_iter().map(|(name, table)| (lower(name), provider_as_source(table))).collect();
        Ok(Self { state, rules: Rules::new(), functions, aggregates: all, planners, tables, kept })
    }

    fn source(&self, name: &[String; 3]) -> Option<Arc<dyn TableSource>> {
        self.tables.get(name).cloned().or_else(|| self.kept.as_ref()?.source(name))
    }

    /// The column names of a table, lower case.
    pub(crate) fn columns(&self, name: &[String; 3]) -> Option<Vec<String>> {
        let table = self.source(name)?;
        Some(table.schema().fields().iter().map(|field| field.name().clone()).collect())
    }

    /// Plans a rewritten query.
    pub(crate) fn logical_plan(&self, query: Query, catalog: &str, schema: &str) -> Result<LogicalPlan> {
        let context = Context { engine: self, catalog: catalog.to_lowercase(), schema: schema.to_lowercase() };
        let options = ParserOptions::new()
            .with_parse_float_as_decimal(true)
            .with_map_string_types_to_utf8view(false)
            .with_default_null_ordering(NullOrdering::NullsMin);
        SqlToRel::new_with_options(&context, options).sql_statement_to_plan(Statement::Query(Box::new(query)))
    }

    /// Optimises a plan and makes it ready to run.
    pub(crate) async fn physical_plan(&self, plan: LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = self.state.analyzer().execute_and_check(plan, self.state.config_options(), |_, _| {})?;
        let plan = self.rules.of(&plan)?.optimize(plan, &self.state, |_, _| {})?;
        let plan = short_circuit(plan)?;
        self.state.query_planner().create_physical_plan(&plan, &self.state).await
    }

    /// Starts a plan; rows come as the stream is polled.
    pub(crate) fn stream(&self, plan: Arc<dyn ExecutionPlan>) -> Result<SendableRecordBatchStream> {
        execute_stream(plan, self.state.task_ctx())
    }
}

fn settings() -> SessionConfig {
    let mut config = SessionConfig::new().with_target_partitions(1).with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.default_null_ordering = "nulls_min".to_owned();
    options.execution.time_zone = Some("UTC".to_owned());
    options.execution.collect_statistics = false;
    options.optimizer.max_passes = 1;
    config
}

/// Names → tables and functions, for one statement.
struct Context<'a> {
    engine: &'a Engine,
    catalog: String,
    schema: String,
}

impl ContextProvider for Context<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let parts = [
            name.catalog().unwrap_or(&self.catalog).to_lowercase(),
            name.schema().unwrap_or(&self.schema).to_lowercase(),
            name.table().to_lowercase(),
        ];
        let found = self.engine.source(&parts);
        found.ok_or_else(|| SqlFailure::table_not_found(&name.to_string()).into())
    }

    fn create_cte_work_table(
        &self,
        name: &str,
        schema: datafusion::arrow::datatypes::SchemaRef,
    ) -> Result<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.engine.planners
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.engine.functions.get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.engine.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.engine.aggregates.get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.engine.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _: &[String]) -> Option<datafusion::arrow::datatypes::DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.engine.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The names of a plan's columns with their types.
pub(crate) fn output(schema: &DFSchema) -> Vec<(String, datafusion::arrow::datatypes::DataType)> {
    schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
}

/// The name a failure says cannot be found, if it stands alone.
pub(crate) fn missing_name(error: &DataFusionError) -> Option<String> {
    use datafusion::common::SchemaError;
    match error.find_root() {
        DataFusionError::SchemaError(inner, _) => match inner.as_ref() {
            SchemaError::FieldNotFound { field, .. } if field.relation.is_none() => Some(field.name.clone()),
            _ => None,
        },
        _ => None,
    }
}
