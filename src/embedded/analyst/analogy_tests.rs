//! Examples followed as forms: other measures, dimensions, numbers and languages.

use super::tests::{has, table};
use crate::model::{Catalog, Example, Parameter, Snippet, SnippetKind, SpaceTable, SpaceView};

/// Bike rentals, with an example that sets the last days beside those before.
fn rentals() -> (Catalog, SpaceView) {
    let columns = [
        ("ride_day", "DATE"),
        ("station", "STRING"),
        ("bike_kind", "STRING"),
        ("dock", "INT"),
        ("rides", "BIGINT"),
        ("broken", "BIGINT"),
        ("fee", "DECIMAL(10,2)"),
    ];
    let mut rides = table("ride_daily", &[], &columns);
    let comments = ["", "대여소", "자전거 종류", "", "", "고장 건수", ""];
    for (column, comment) in rides.columns.iter_mut().zip(comments) {
        column.comment = comment.into();
    }
    let measure = |id: &str, sql: &str, synonym: &str| Snippet {
        kind: SnippetKind::Measure,
        id: id.to_owned(),
        alias: id.to_owned(),
        sql: sql.to_owned(),
        display_name: id.to_owned(),
        synonyms: vec![synonym.to_owned()],
        comment: String::new(),
        instruction: String::new(),
    };
    let example = Example {
        id: "e1".into(),
        question: "대여소별 대여수 최근 28일 vs 직전 28일".into(),
        sql: "SELECT station, SUM(CASE WHEN r.ride_day >= DATE_SUB(CURRENT_DATE, :days) THEN r.rides ELSE 0 END) AS now, \
              SUM(CASE WHEN r.ride_day < DATE_SUB(CURRENT_DATE, :days) THEN rides ELSE 0 END) AS then \
              FROM main.shop.ride_daily r WHERE r.ride_day >= DATE_SUB(CURRENT_DATE, 2 * :days) GROUP BY r.station"
            .into(),
        parameters: vec![Parameter {
            name: "days".into(),
            type_hint: "INTEGER".into(),
            default: Some("28".into()),
            ..Parameter::default()
        }],
        ..Example::default()
    };
    let listed = SpaceTable { identifier: rides.full_name.clone(), ..SpaceTable::default() };
    let space = SpaceView {
        tables: vec![listed],
        snippets: vec![
            measure("rentals", "SUM(ride_daily.rides)", "대여수"),
            measure("takings", "SUM(ride_daily.fee)", "매출"),
        ],
        examples: vec![example],
        ..SpaceView::default()
    };
    (Catalog::new(vec![rides]), space)
}

#[test]
fn a_form_carries_measure_dimension_and_number() {
    let (catalog, space) = rentals();
    for (question, parts) in [
        (
            "자전거 종류별 매출, 최근 7일이랑 그 전 7일 비교해줘",
            ["ride_daily.bike_kind, SUM(CASE WHEN", "DATE_SUB(CURRENT_DATE, 7)", "2 * 7", "THEN ride_daily.fee"],
        ),
        (
            "last 10 days vs the 10 days before: takings by station",
            ["ride_daily.station, SUM(CASE WHEN", "DATE_SUB(CURRENT_DATE, 10)", "2 * 10", "THEN ride_daily.fee"],
        ),
        (
            "last 10 days vs the 10 days before: takings by dock",
            ["ride_daily.dock, SUM(CASE WHEN", "GROUP BY ride_daily.dock", "2 * 10", "THEN ride_daily.fee"],
        ),
        (
            "대여소별 고장 건수 최근 3일 vs 직전 3일",
            ["ride_daily.station, SUM(CASE WHEN", "DATE_SUB(CURRENT_DATE, 3)", "2 * 3", "THEN ride_daily.broken"],
        ),
    ] {
        for part in parts {
            assert!(has(&space, &catalog, question, part), "{question}: {part}");
        }
    }
}

#[test]
fn another_form_is_not_followed() {
    let (catalog, space) = rentals();
    for question in ["대여소별 매출 최근 7일", "takings by station in the last 10 days"] {
        assert!(!has(&space, &catalog, question, "CASE WHEN"), "{question}");
    }
}
