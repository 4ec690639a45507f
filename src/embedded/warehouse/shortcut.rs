//! `x <> 0 AND a / x > 1` must not divide where x is 0: the engine may evaluate both sides of AND
//! and OR for all rows, so sides that can fail are put behind the others.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{BinaryExpr, Case};
use datafusion::logical_expr::{Expr, LogicalPlan, Operator, lit};

/// Functions that can fail on some rows.
const FALLIBLE: [&str; 5] = ["spark_divide", "spark_modulo", "spark_div", "spark_cast", "mod"];

/// Guards every expression of an optimised plan.
pub(crate) fn short_circuit(plan: LogicalPlan) -> Result<LogicalPlan> {
    let guarded = plan.transform_up_with_subqueries(|plan| {
        plan.map_expressions(|expr| if fallible(&expr) { expr.transform_up(guard) } else { Ok(Transformed::no(expr)) })
    })?;
    Ok(guarded.data)
}

fn guard(expr: Expr) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else { return Ok(Transformed::no(expr)) };
    let decided = match op {
        Operator::And => false,
        Operator::Or => true,
        _ => return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }))),
    };
    if !fallible(&right) {
        return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
    }
    let condition = if decided { Expr::IsTrue(left.clone()) } else { Expr::IsFalse(left.clone()) };
    let both = Expr::BinaryExpr(BinaryExpr { left, op, right });
    let case = Case::new(None, vec![(Box::new(condition), Box::new(lit(decided)))], Some(Box::new(both)));
    Ok(Transformed::yes(Expr::Case(case)))
}

fn fallible(expr: &Expr) -> bool {
    let mut found = false;
    // The closure cannot fail, and neither can the walk.
    let _ = expr.apply(|part| {
        if matches!(part, Expr::ScalarFunction(call) if FALLIBLE.contains(&call.name())) {
            found = true;
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found
}
