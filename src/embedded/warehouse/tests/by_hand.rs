//! Constructs one by one.

use super::*;

#[tokio::test]
async fn opens_and_answers() {
    let (_folder, warehouse) = small().await;
    let cases: &[(&str, &[&str])] = &[
        ("SELECT 1", &["1"]),
        ("SELECT 7 / 2, 7 DIV 2, 7 % 2, -7 % 3, 2 * 3.5, 1.5 + 1", &["3.5 | 3 | 1 | -1 | 7.0 | 2.5"]),
        ("SELECT count(*), count(*) FROM items", &["3 | 3"]),
        ("SELECT name FROM items ORDER BY name", &["NULL", "apple", "pear"]),
        ("SELECT id FROM default.items WHERE sold >= '2024-02-01'", &["2"]),
        ("SELECT current_date, current_date(), date_add(current_date(), 1)", &["2025-08-27 | 2025-08-27 | 2025-08-28"]),
    ];
    check(&warehouse, cases).await;
}

async fn check(warehouse: &Warehouse, cases: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        match run(warehouse, sql).await {
            Ok(result) if shown(&result) == *expected => {}
            Ok(result) => wrong.push(format!("{sql}\n   got {:?}\n  want {expected:?}", shown(&result))),
            Err(message) => wrong.push(format!("{sql}\n   {message}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test]
async fn spark_functions() {
    let (_folder, warehouse) = small().await;
    let cases: &[(&str, &[&str])] = &[
        (
            "SELECT upper('ab'), length('가나'), substring('hello', -3, 2), left('abc', 2), lpad('7', 3, '0')",
            &["AB | 2 | ll | ab | 007"],
        ),
        (
            "SELECT concat('a', NULL), concat_ws('-', 'a', NULL, 'b'), 'a' || 1, trim('  x '), ltrim('x', 'xxa')",
            &["NULL | a-b | a1 | x | a"],
        ),
        (
            "SELECT split('a1b2c', '[0-9]')[1], split_part('a.b.c', '.', -1), substring_index('a.b.c', '.', 2)",
            &["b | c | a.b"],
        ),
        (
            "SELECT regexp_replace('a1b22', '[0-9]+', '#'), regexp_extract('k=12', '(\\\\w)=(\\\\d+)', 2), 'abc' RLIKE '^a'",
            &["a#b# | 12 | true"],
        ),
        (
            "SELECT instr('hello', 'l'), locate('l', 'hello', 4), position('l' IN 'hello'), charindex('o', 'hello')",
            &["3 | 4 | 3 | 5"],
        ),
        (
            "SELECT initcap('heLLo woRLD'), reverse('abc'), repeat('a', 3), translate('abc', 'ab', 'x'), ascii('A')",
            &["Hello World | cba | aaa | xc | 65"],
        ),
        (
            "SELECT date_format(DATE'2025-08-27', 'MMM d, yyyy'), date_format(DATE'2025-08-27', 'EEEE'), date_format(current_timestamp(), 'yyyy-MM-dd HH:mm')",
            &["Aug 27, 2025 | Wednesday | 2025-08-27 12:00"],
        ),
        (
            "SELECT to_date('27/08/2025', 'dd/MM/yyyy'), to_timestamp('2025-08-27 01:02:03'), year('2024-05-06'), dayofweek(DATE'2025-08-27')",
            &["2025-08-27 | 2025-08-27T01:02:03.000Z | 2024 | 4"],
        ),
        (
            "SELECT datediff(DATE'2025-08-27', DATE'2025-08-01'), datediff(MONTH, DATE'2025-01-31', DATE'2025-03-30'), dateadd(MONTH, 1, DATE'2025-01-31')",
            &["26 | 1 | 2025-02-28T00:00:00.000Z"],
        ),
        (
            "SELECT add_months(DATE'2024-01-31', 1), months_between(DATE'2024-03-31', DATE'2024-02-29'), last_day(DATE'2024-02-01'), next_day(DATE'2025-08-27', 'Mon')",
            &["2024-02-29 | 1.0 | 2024-02-29 | 2025-09-01"],
        ),
        (
            "SELECT date_trunc('MONTH', sold), trunc(sold, 'YEAR'), date_trunc('week', sold) FROM items WHERE id = 1",
            &["2024-01-01T00:00:00.000Z | 2024-01-01 | 2024-01-29T00:00:00.000Z"],
        ),
        (
            "SELECT DATE'2025-08-27' - INTERVAL 7 DAYS, DATE'2025-08-27' + INTERVAL '1' MONTH, DATE'2025-08-27' - 7, DATE'2025-08-27' + INTERVAL 1 HOUR",
            &["2025-08-20 | 2025-09-27 | 2025-08-20 | 2025-08-27T01:00:00.000Z"],
        ),
        (
            "SELECT extract(YEAR FROM at), extract(SECOND FROM at), hour(at), quarter(at), weekofyear(at), EXTRACT(DOW FROM at) FROM items WHERE id = 1",
            &["2024 | 30.000000 | 10 | 1 | 5 | 4"],
        ),
        (
            "SELECT round(2.5), round(-2.55, 1), round(1234.5, -2), round(2.345e0, 2), bround(2.5), ceil(1.2), floor(-1.2)",
            &["3 | -2.6 | 1200 | 2.35 | 2 | 2 | -2"],
        ),
        (
            "SELECT abs(-3), sign(-2), sqrt(16), power(2, 3), ln(0), log10(100), mod(7, 3), pmod(-7, 3), greatest(1, 3, 2)",
            &["3 | -1.0 | 4.0 | 8.0 | NULL | 2.0 | 1 | 2 | 3"],
        ),
        (
            "SELECT coalesce(NULL, 1), nvl(NULL, 'x'), nvl2(NULL, 1, 2), nullif(1, 1), if(1 > 2, 'a', 'b'), iff(true, 1, 0), decode(2, 1, 'a', 2, 'b')",
            &["1 | x | 2 | NULL | b | 1 | b"],
        ),
        (
            "SELECT try_divide(1, 0), try_divide(10, 4), try_cast('x' AS INT), '12'::int + 1, CAST(1.7 AS INT), CAST('2024-02-30' AS STRING), int('5')",
            &["NULL | 2.5 | NULL | 13 | 1 | 2024-02-30 | 5"],
        ),
        (
            "SELECT format_number(1234567.891, 2), conv('ff', 16, 10), hex(255), sha2('a', 256) LIKE 'ca97%'",
            &["1,234,567.89 | 255 | FF | true"],
        ),
        (
            "SELECT get_json_object('{\"a\": {\"b\": [1, 2]}}', '$.a.b[1]'), to_char(1234.5, '9,999.99'), typeof(1), typeof(1.5)",
            &["2 | 1,234.50 | int | decimal(2,1)"],
        ),
        (
            "SELECT size(array(1, 2)), array_contains(array(1, 2), 2), array_join(sort_array(array('b', 'a')), ','), element_at(array(1, 2), -1), array(1, 2)[0]",
            &["2 | true | a,b | 2 | 1"],
        ),
        (
            "SELECT from_unixtime(0), unix_timestamp(TIMESTAMP'1970-01-02 00:00:00'), timestampdiff(HOUR, TIMESTAMP'2025-01-01 00:00:00', TIMESTAMP'2025-01-01 05:30:00'), make_date(2024, 2, 29)",
            &["1970-01-01 00:00:00 | 86400 | 5 | 2024-02-29"],
        ),
        (
            "SELECT isnull(NULL), 1 <=> NULL, NULL <=> NULL, NOT true, !false, 5 BETWEEN 1 AND 5, 'b' IN ('a', 'b'), 3 NOT IN (1, 2)",
            &["true | false | true | false | true | true | true | true"],
        ),
        (
            "SELECT 'abc' LIKE 'A%', 'abc' ILIKE 'A%', 'abc' LIKE ANY ('x%', 'a%'), contains('abc', 'b'), startswith('abc', 'a')",
            &["false | true | true | true | true"],
        ),
        (
            "SELECT 'abc' LIKE ALL ('a%', '%c'), 'abc' NOT LIKE ALL ('x%', '%c'), 'abc' NOT LIKE ANY ('x%', '%c'), 5L + 1S",
            &["true | false | true | 6"],
        ),
        ("SELECT named_struct('a', 1, 'b', 2).b", &["2"]),
        (
            "SELECT transform(array(1, 2), x -> x + 1), filter(array(1, 2, 3), x -> x > 1), array_distinct(array(1, 1, 2))",
            &["[2,3] | [2,3] | [1,2]"],
        ),
    ];
    check(&warehouse, cases).await;
}

#[tokio::test]
async fn queries() {
    let (_folder, warehouse) = small().await;
    let cases: &[(&str, &[&str])] = &[
        (
            "SELECT region, sum(revenue) FROM sandbox.poc.kpi GROUP BY region WITH ROLLUP ORDER BY region",
            &["NULL | 450", "일본 | 50", "한국 | 400"],
        ),
        (
            "SELECT region, user_type, revenue FROM sandbox.poc.kpi QUALIFY row_number() OVER (PARTITION BY region ORDER BY revenue DESC) = 1 ORDER BY revenue",
            &["일본 | New | 50", "한국 | Exist | 300"],
        ),
        (
            "SELECT * FROM (SELECT region, user_type, revenue FROM sandbox.poc.kpi) PIVOT (sum(revenue) FOR user_type IN ('New' AS n, 'Exist' AS e)) ORDER BY n",
            &["일본 | 50 | 0", "한국 | 100 | 300"],
        ),
        (
            "SELECT id, x FROM items LATERAL VIEW explode(array(10, 20)) v AS x WHERE id = 1 ORDER BY x",
            &["1 | 10", "1 | 20"],
        ),
        (
            "SELECT explode(sequence(DATE'2024-01-01', DATE'2024-03-01', INTERVAL 1 MONTH)) AS d",
            &["2024-01-01", "2024-02-01", "2024-03-01"],
        ),
        ("SELECT revenue * 2 AS twice, twice + 1 AS more FROM sandbox.poc.kpi WHERE revenue = 50", &["100 | 101"]),
        (
            "SELECT sum(revenue) AS r, sum(users) AS u, try_divide(r, u) AS arpu FROM sandbox.poc.kpi",
            &["450 | 35 | 12.857142857142858"],
        ),
        (
            "SELECT `region` AS `지역`, sum(users) AS `이용자 수` FROM `sandbox`.`poc`.`kpi` WHERE region = '한국' GROUP BY ALL",
            &["한국 | 30"],
        ),
        (
            "SELECT percentile_approx(revenue, 0.5), percentile(revenue, 0.5), median(revenue), percentile_cont(0.5) WITHIN GROUP (ORDER BY revenue) FROM sandbox.poc.kpi",
            &["50 | 75.0 | 75.0 | 75.0"],
        ),
        (
            "SELECT region, revenue, rank() OVER (ORDER BY revenue DESC) AS r, lag(revenue, 1, 0) OVER (ORDER BY revenue) AS p, avg(revenue) OVER (ORDER BY revenue ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS m FROM sandbox.poc.kpi ORDER BY r",
            &[
                "한국 | 300 | 1 | 100 | 200.0",
                "한국 | 100 | 2 | 50 | 75.0",
                "일본 | 50 | 3 | 0 | 25.0",
                "일본 | 0 | 4 | 0 | 0.0",
            ],
        ),
        ("SELECT avg(price), sum(price), avg(price) / 3 FROM items", &["1.875000 | 3.75 | 0.62500000"]),
        (
            "SELECT count_if(price > 2), max_by(name, price), min_by(name, price), mode(name), collect_list(name), any_value(id) FROM items",
            &["1 | pear | apple | apple | [\"apple\",\"pear\"] | 1"],
        ),
        (
            "SELECT string_agg(name, ',') WITHIN GROUP (ORDER BY name DESC), count(DISTINCT name, id) FROM items",
            &["pear,apple | 2"],
        ),
        ("SELECT id FROM items WHERE price <> 0 AND 1 / (price - 1.5) > 1 AND price <> 1.5 ORDER BY 1", &["2"]),
        (
            "SELECT id, CASE WHEN id = 1 THEN 0 ELSE 10 / (id - 1) END FROM items ORDER BY id",
            &["1 | 0.0", "2 | 10.0", "3 | 5.0"],
        ),
        ("SELECT a.id FROM items a LEFT ANTI JOIN items b ON a.id = b.id + 1", &["1"]),
        ("SELECT id FROM items WHERE id = '2' OR name = 'apple' ORDER BY id DESC", &["2", "1"]),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n",
            &["1", "2", "3"],
        ),
        ("SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(x, y) ORDER BY x DESC", &["2 | b", "1 | a"]),
        ("SELECT id FROM items MINUS SELECT 1 ORDER BY id", &["2", "3"]),
        ("SELECT * EXCEPT (name, price, sold, at, flag) FROM items ORDER BY id LIMIT 1 OFFSET 1", &["2"]),
        ("SELECT table_name FROM main.information_schema.tables", &["Items"]),
        ("SELECT count(*) FILTER (WHERE id > 1), sum(CASE WHEN flag THEN 1 ELSE 0 END) FROM items", &["2 | 1"]),
        ("SELECT id FROM range(3)", &["0", "1", "2"]),
        (
            "SELECT name FROM items WHERE (SELECT max(id) FROM items) = id + 1 AND EXISTS (SELECT 1 FROM sandbox.poc.kpi k WHERE k.users > items.id)",
            &["pear"],
        ),
        (
            "SELECT date_trunc('month', sold) AS month, count(*) FROM items WHERE sold IS NOT NULL GROUP BY month ORDER BY month",
            &["2024-01-01T00:00:00.000Z | 1", "2024-02-01T00:00:00.000Z | 1"],
        ),
        ("SELECT a.x FROM (SELECT 1 AS x UNION SELECT 2) a JOIN (SELECT 2 AS y) b ON a.x = b.y", &["2"]),
        (
            "SELECT sold, count(*) OVER (ORDER BY sold RANGE BETWEEN INTERVAL 1 MONTH PRECEDING AND CURRENT ROW) FROM items WHERE sold IS NOT NULL ORDER BY sold",
            &["2024-01-31 | 1", "2024-02-29 | 2"],
        ),
        (
            "SELECT id FROM items WHERE (name, id) IN (SELECT name, id FROM items WHERE price > 2) OR (name, id) IN (SELECT 'apple', 9)",
            &["2"],
        ),
        ("SELECT id FROM items WHERE id = (SELECT id FROM items ORDER BY price DESC NULLS LAST LIMIT 1)", &["2"]),
        ("SHOW TABLES", &["default | Items | false"]),
        (
            "DESCRIBE items",
            &[
                "id | int | key",
                "Name | string | NULL",
                "Price | decimal(10,2) | NULL",
                "Sold | date | NULL",
                "At | timestamp | NULL",
                "Flag | boolean | NULL",
            ],
        ),
    ];
    check(&warehouse, cases).await;
}

#[tokio::test]
async fn failures_have_databricks_words() {
    let (_folder, warehouse) = small().await;
    for (sql, begins) in [
        ("SELECT * FROM nowhere", "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nowhere`"),
        (
            "SELECT nam FROM items",
            "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `nam`",
        ),
        ("SELECT nonsense(1)", "[UNRESOLVED_ROUTINE]"),
        ("SELECT upper()", "[WRONG_NUM_ARGS"),
        ("SELEC 1", "[PARSE_SYNTAX_ERROR]"),
        ("SELECT FROM WHERE", "[PARSE_SYNTAX_ERROR]"),
        ("SELECT 1 / 0", "[DIVIDE_BY_ZERO]"),
        ("SELECT id % 0 FROM items", "[REMAINDER_BY_ZERO]"),
        (
            "SELECT CAST('x' AS INT)",
            "[CAST_INVALID_INPUT] The value 'x' of the type \"STRING\" cannot be cast to \"INT\"",
        ),
        ("SELECT CAST(name AS INT) FROM items", "[CAST_INVALID_INPUT]"),
        ("SELECT 2147483647 + 1", "[ARITHMETIC_OVERFLOW]"),
        ("SELECT name, count(*) FROM items", "[MISSING_AGGREGATION]"),
        ("SELECT (SELECT id FROM items)", "[SCALAR_SUBQUERY_TOO_MANY_ROWS]"),
        ("SELECT id FROM items a JOIN items b ON a.id = b.id", "[AMBIGUOUS_REFERENCE]"),
        ("DROP TABLE items", "[INSUFFICIENT_PERMISSIONS]"),
        ("INSERT INTO items VALUES (1)", "[INSUFFICIENT_PERMISSIONS]"),
        ("SELECT id FROM items WHERE count(*) > 1", "[INVALID_WHERE_CONDITION]"),
        ("SELECT sum(count(*)) FROM items", "[NESTED_AGGREGATE_FUNCTION]"),
        ("SELECT id FROM items ORDER BY 9", "[ORDER_BY_POS_OUT_OF_RANGE] ORDER BY position 9 is not in select list"),
        ("SELECT id FROM items WHERE name", "[DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN] Filter expression \"name\""),
        ("SELECT 1 FROM a.b.c.d", "[TABLE_OR_VIEW_NOT_FOUND] The table or view `a`.`b`.`c`.`d`"),
        ("SELECT row_number() FROM items", "[WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE]"),
        ("SELECT :x", "[UNBOUND_SQL_PARAMETER]"),
        ("SELECT date_format(at, 'YYYY') FROM items", "[INVALID_DATETIME_PATTERN"),
    ] {
        let message = run(&warehouse, sql).await.expect_err(sql);
        assert!(message.starts_with(begins), "{sql}: {message}");
    }
}

#[tokio::test]
async fn labels_are_sparks() {
    let (_folder, warehouse) = small().await;
    let labels = |result: ResultSet| result.columns.into_iter().map(|column| column.name).collect::<Vec<_>>();
    let result =
        run(&warehouse, "SELECT NAME, i.price AS Cost, id + 1, upper(name), i.* FROM items i").await.expect("runs");
    assert_eq!(
        labels(result),
        ["NAME", "Cost", "(id + 1)", "upper(name)", "id", "Name", "Price", "Sold", "At", "Flag"]
    );
    let result = run(&warehouse, "SELECT count(*), sum(Id), count(DISTINCT name) FROM items").await.expect("runs");
    assert_eq!(labels(result), ["count(1)", "sum(Id)", "count(DISTINCT name)"]);
}

#[tokio::test]
async fn parameters_limits_and_profiles() {
    let (_folder, warehouse) = small().await;
    let parameter = |name: &str, value: &str, sql_type: &str| super::super::Parameter {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        sql_type: sql_type.to_owned(),
    };
    let options = StatementOptions {
        parameters: vec![parameter("least", "2", "INT"), parameter("day", "2024-02-01", "DATE")],
        row_limit: Some(1),
        ..StatementOptions::default()
    };
    let sql = "SELECT id FROM items WHERE id >= :least OR sold < :day ORDER BY id";
    let result = warehouse.execute(sql, &options).await.expect("runs");
    assert_eq!((shown(&result), result.truncated), (vec!["1".to_owned()], true));
    let profile = warehouse.profile("main.default.Items", "name").await.expect("profiles");
    assert_eq!((profile.rows, profile.nulls, profile.distinct), (3, 1, 2));
    assert_eq!(profile.values, ["apple", "pear"]);
    let here =
        StatementOptions { catalog: Some("sandbox".into()), schema: Some("poc".into()), ..StatementOptions::default() };
    assert_eq!(shown(&warehouse.execute("SELECT count(*) FROM kpi", &here).await.expect("runs")), ["4"]);
    assert_eq!(warehouse.declared_joins().len(), 1);
    let items = warehouse.catalog().table("main.default.items").expect("is there");
    assert_eq!(
        (items.full_name.as_str(), items.primary_key.as_slice()),
        ("main.default.Items", &["id".to_owned()][..])
    );
}

#[tokio::test]
async fn hostile_statements_end() {
    let (_folder, warehouse) = small().await;
    let deep = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    let long = format!("SELECT 1{}", " + 1".repeat(100_000));
    let huge = format!("SELECT '{}'", "a".repeat(10 << 20));
    for sql in [deep, long, huge] {
        assert!(run(&warehouse, &sql).await.is_err());
    }
    let chain = format!("SELECT 1{}", " + 1".repeat(200));
    assert_eq!(shown(&run(&warehouse, &chain).await.expect("runs")), ["201"]);
    let cross = "SELECT count(*) FROM range(100000) a, range(100000) b, range(1000) c WHERE a.id + b.id + c.id = -1";
    let limit = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(limit, run(&warehouse, cross)).await.is_err());
    let next = tokio::time::timeout(std::time::Duration::from_secs(20), run(&warehouse, "SELECT 1")).await;
    assert_eq!(shown(&next.expect("in time").expect("runs")), ["1"]);
}
