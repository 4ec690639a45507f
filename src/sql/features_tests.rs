//! Features on a small hand-made catalog.

use super::*;
use crate::model::{Catalog, CatalogColumn, CatalogTable};

pub(crate) fn table(name: &str, columns: &[(&str, &str)]) -> CatalogTable {
    let columns = columns
        .iter()
        .map(|(name, kind)| CatalogColumn {
            name: (*name).into(),
            type_text: (*kind).into(),
            ..CatalogColumn::default()
        })
        .collect();
    CatalogTable { full_name: name.into(), columns, ..CatalogTable::default() }
}

fn shop() -> Catalog {
    Catalog::new([
        table(
            "main.shop.orders",
            &[
                ("order_id", "BIGINT"),
                ("customer_id", "BIGINT"),
                ("status", "STRING"),
                ("amount", "DOUBLE"),
                ("ordered_on", "DATE"),
            ],
        ),
        table("main.shop.customers", &[("id", "BIGINT"), ("country", "STRING"), ("name", "STRING")]),
    ])
}

fn features(sql: &str) -> Features {
    let catalog = shop();
    Features::of(sql, &Names::new(&catalog)).expect("parses")
}

#[test]
fn aliases_are_resolved_and_operands_ordered() {
    let found = features(
        "SELECT c.country, ROUND(SUM(o.amount), 2) AS revenue FROM orders o LEFT JOIN shop.customers c \
         ON c.id = o.customer_id WHERE 'open' = o.status AND 10 < amount GROUP BY 1 ORDER BY revenue DESC LIMIT 5",
    );
    let predicates: Vec<&str> = found.predicates.iter().map(|p| p.fragment.sql.as_str()).collect();
    assert_eq!(predicates, ["main.shop.orders.status = 'open'", "main.shop.orders.amount > 10"]);
    let join = found.joins.first().expect("a join");
    assert_eq!((join.left.as_str(), join.right.as_str()), ("main.shop.customers", "main.shop.orders"));
    assert_eq!(join.pairs, [("id".to_owned(), "customer_id".to_owned())]);
    assert_eq!(join.kind, JoinKind::Left);
    let revenue = found.calculations().next().expect("a calculation");
    assert_eq!((revenue.name.as_str(), revenue.digits), ("revenue", Some(2)));
    assert_eq!(revenue.core.sql, "SUM(main.shop.orders.amount)");
    assert_eq!(found.group_keys[0].sql, "main.shop.customers.country");
    assert_eq!(found.order[0].fragment.key, "SUM(main.shop.orders.amount)");
    assert!(found.order[0].descending);
    assert_eq!(found.limit, Some(5));
    assert!(found.unknown_columns.is_empty(), "{:?}", found.unknown_columns);
}

#[test]
fn equal_ratios_have_one_key() {
    let key = |sql: &str| features(&format!("SELECT {sql} AS r FROM orders")).outputs[0].core.key.clone();
    let one = key("CAST(try_divide(SUM(amount), COUNT(order_id)) AS DECIMAL(38, 4))");
    assert_eq!(one, key("SUM(amount) / NULLIF(COUNT(order_id), 0)"));
    assert_eq!(one, key("ROUND(SUM(orders.amount) * 1.0 / COUNT(order_id), 1)"));
    assert_eq!(key("SUM(amount) * 100.0 / COUNT(order_id)"), key("100 * (SUM(amount) / COUNT(order_id))"));
    assert_ne!(one, key("SUM(amount) / COUNT(DISTINCT order_id)"));
}

#[test]
fn inner_queries_are_seen_through() {
    let found = features(
        "WITH o AS (SELECT customer_id AS cid, date_trunc('month', ordered_on) AS m, SUM(amount) AS total \
         FROM orders WHERE status <> 'void' GROUP BY ALL) \
         SELECT c.country, o.m, AVG(o.total) FROM o JOIN customers c ON o.cid = c.id GROUP BY c.country, o.m",
    );
    let join = found.joins.first().expect("a join through the CTE");
    assert_eq!(join.pairs, [("id".to_owned(), "customer_id".to_owned())]);
    let grain = found.grains.iter().next().expect("a grain");
    assert_eq!((grain.column.column.as_str(), grain.unit.as_str()), ("ordered_on", "MONTH"));
    let sums: Vec<&str> = found.calculations().map(|c| c.core.sql.as_str()).collect();
    assert_eq!(sums, ["SUM(main.shop.orders.amount)"], "an aggregate of an aggregate stands for nothing outside");
    assert!(!found.is_flat);
}

#[test]
fn windows_are_read_however_they_are_written() {
    for (sql, operator, shape, n) in [
        ("ordered_on >= CURRENT_DATE - INTERVAL 7 DAYS", ">=", "CURRENT_DATE - INTERVAL {n} DAYS", Some(7)),
        ("ordered_on > date_sub(current_date(), 7)", ">", "CURRENT_DATE - INTERVAL {n} DAYS", Some(7)),
        ("current_date - interval '3' month < ordered_on", ">", "CURRENT_DATE - INTERVAL {n} MONTHS", Some(3)),
        ("ordered_on >= add_months(current_date(), -3)", ">=", "CURRENT_DATE - INTERVAL {n} MONTHS", Some(3)),
        ("ordered_on >= dateadd(DAY, -7, current_date())", ">=", "CURRENT_DATE - INTERVAL {n} DAYS", Some(7)),
        (
            "ordered_on >= date_trunc('month', current_date()) - INTERVAL 1 MONTH",
            ">=",
            "DATE_TRUNC('MONTH', CURRENT_DATE) - INTERVAL {n} MONTHS",
            Some(1),
        ),
        ("ordered_on = current_date()", "=", "CURRENT_DATE", None),
    ] {
        let found = features(&format!("SELECT 1 FROM orders WHERE {sql}"));
        let window = found.windows().next().unwrap_or_else(|| panic!("{sql}"));
        assert_eq!((window.operator.as_str(), window.shape.as_str(), window.n), (operator, shape, n), "{sql}");
    }
}

#[test]
fn values_come_from_filters_and_cases() {
    let found = features(
        "SELECT SUM(CASE WHEN status = 'open' THEN amount END) FROM orders WHERE status IN ('open', 'held') \
         AND customer_id IN (SELECT id FROM customers WHERE country = 'KR')",
    );
    let values: Vec<String> = found.values.iter().map(|v| format!("{}={}", v.column.column, v.value)).collect();
    assert_eq!(values, ["country=KR", "status=held", "status=open"]);
    assert_eq!(found.tables.len(), 2);
}

#[test]
fn equal_queries_and_equal_structures_are_told() {
    let one = features("select Country, count(*) from main.shop.customers where country = 'KR' group by 1");
    let two = features("SELECT country, COUNT(*) FROM `main`.`shop`.`customers` WHERE 'KR' = country GROUP BY 1");
    assert_eq!(one.normal, two.normal);
    let other = features("SELECT country, COUNT(*) FROM main.shop.customers WHERE country = 'DE' GROUP BY 1");
    assert_ne!(one.normal, other.normal);
    assert_eq!(one.masked, other.masked);
    let shape = features("SELECT status, COUNT(*) FROM main.shop.orders WHERE status = 'x' GROUP BY 1");
    assert_eq!(one.skeleton, shape.skeleton);
}

#[test]
fn nothing_panics_on_odd_input() {
    let catalog = shop();
    let names = Names::new(&catalog);
    for sql in [
        "",
        "SELECT",
        "SELECT * FROM nowhere WHERE x = 1",
        "SELECT nope FROM orders",
        "SELECT a.b.c.d.e FROM orders a",
        "SELECT 1 UNION ALL SELECT 2 ORDER BY 9",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r GROUP BY ALL ORDER BY 7",
        "SELECT '한국어' AS `이름` FROM orders o JOIN orders p USING (order_id) LIMIT ALL",
        "VALUES (1, 2)",
        "SELECT * FROM (VALUES (1)) v(a), LATERAL explode(array(1)) AS t",
    ] {
        let _ = Features::of(sql, &names);
    }
    let unknown = features("SELECT nope FROM orders");
    assert!(unknown.unknown_columns.contains("nope"));
}
