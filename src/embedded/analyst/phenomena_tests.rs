//! One small test for each way in which people ask, on made-up tables.

use super::tests::{has, sql, table};
use crate::model::{Catalog, CatalogTable, Example, ForeignKey, SpaceTable, SpaceView};

fn space_of(tables: Vec<CatalogTable>) -> (Catalog, SpaceView) {
    let listed =
        tables.iter().map(|t| SpaceTable { identifier: t.full_name.clone(), ..SpaceTable::default() }).collect();
    (Catalog::new(tables), SpaceView { tables: listed, ..SpaceView::default() })
}

fn refers(table: &mut CatalogTable, own: &str, parent: &str, key: &str) {
    table.foreign_keys.push(ForeignKey {
        columns: vec![own.to_owned()],
        parent_table: format!("main.shop.{parent}"),
        parent_columns: vec![key.to_owned()],
    });
}

fn clinic() -> (Catalog, SpaceView) {
    let doctor = [("doctor_id", "INT"), ("name", "STRING"), ("specialty", "STRING"), ("city", "STRING")];
    let patient = [
        ("patient_id", "INT"),
        ("first_name", "STRING"),
        ("last_name", "STRING"),
        ("gender", "STRING"),
        ("age", "INT"),
        ("city", "STRING"),
    ];
    let visit = [
        ("visit_id", "INT"),
        ("patient", "INT"),
        ("doctor_id", "INT"),
        ("visit_date", "DATE"),
        ("fee", "DECIMAL(10,2)"),
        ("status", "STRING"),
    ];
    let mut visits = table("visit", &["visit_id"], &visit);
    refers(&mut visits, "patient", "patient", "patient_id");
    refers(&mut visits, "doctor_id", "doctor", "doctor_id");
    space_of(vec![table("doctor", &["doctor_id"], &doctor), table("patient", &["patient_id"], &patient), visits])
}

fn railway() -> (Catalog, SpaceView) {
    let station = [("code", "STRING"), ("station_name", "STRING"), ("town", "STRING")];
    let mut route =
        table("route", &["route_no"], &[("route_no", "INT"), ("from_station", "STRING"), ("to_station", "STRING")]);
    refers(&mut route, "from_station", "station", "code");
    refers(&mut route, "to_station", "station", "code");
    space_of(vec![table("station", &["code"], &station), route])
}

fn reviews_ko() -> (Catalog, SpaceView) {
    let member = [("member_id", "BIGINT"), ("nick", "STRING"), ("grade", "STRING"), ("years", "INT")];
    let review = [("review_id", "BIGINT"), ("member_id", "BIGINT"), ("length", "BIGINT"), ("written_on", "DATE")];
    let mut members = table("member", &["member_id"], &member);
    let mut reviews = table("review", &["review_id"], &review);
    refers(&mut reviews, "member_id", "member", "member_id");
    members.comment = "회원".into();
    reviews.comment = "후기".into();
    for (column, comment) in members.columns.iter_mut().zip(["", "별명", "등급", "나이"]) {
        column.comment = comment.into();
    }
    for (column, comment) in reviews.columns.iter_mut().zip(["", "", "글자 수", "작성일"]) {
        column.comment = comment.into();
    }
    space_of(vec![members, reviews])
}

/// Every question with parts that its query has; a part after `!` that it has not.
fn check((catalog, space): &(Catalog, SpaceView), asked: &[(&str, &[&str])]) {
    for (question, parts) in asked {
        for part in *parts {
            match part.strip_prefix('!') {
                Some(not) => {
                    let found = sql(space, catalog, question).unwrap_or_default();
                    assert!(!found.is_empty() && !found.contains(not), "{question}: {found} has {not}");
                }
                None => assert!(has(space, catalog, question, part), "{question}"),
            }
        }
    }
}

#[test]
fn a_reference_called_like_its_table_is_the_row_it_refers_to() {
    check(
        &clinic(),
        &[
            ("Which patient has the most visits?", &["patient.first_name", "ORDER BY COUNT(*) DESC LIMIT 1"]),
            ("Which patients have never had a visit?", &["NOT EXISTS", "visit.patient = patient.patient_id"]),
        ],
    );
}

#[test]
fn the_reading_that_uses_the_whole_question_wins() {
    check(
        &clinic(),
        &[
            ("Which city has the most patients?", &["GROUP BY patient.city", "ORDER BY COUNT(*) DESC LIMIT 1"]),
            ("Which doctor has the most visits?", &["doctor.name", "GROUP BY", "LIMIT 1"]),
            ("Which patients are between 20 and 30 years old?", &["patient.age BETWEEN 20 AND 30"]),
        ],
    );
}

#[test]
fn values_are_looked_for_where_they_may_stand() {
    check(
        &clinic(),
        &[
            ("How many patients are from Rome?", &["LOWER(patient.city) = 'rome'", "!doctor"]),
            ("How many female patients are there?", &["LOWER(patient.gender) IN ('female', 'f'"]),
            ("How many cancelled visits are there?", &["LOWER(visit.status) = 'cancelled'"]),
            ("How many visits are cancelled?", &["LOWER(visit.status) = 'cancelled'"]),
            ("How many visits were there in May 2025 (status 'done')?", &["LOWER(visit.status) = 'done'"]),
            ("How many registered patients are there?", &["!WHERE"]),
        ],
    );
}

#[test]
fn dictionaries_say_where_a_value_stands() {
    let (catalog, mut space) = clinic();
    space.tables[0].columns = vec![crate::model::SpaceColumn {
        name: "specialty".into(),
        description: "Possible values: Surgery, Oncology".into(),
        ..Default::default()
    }];
    assert!(has(&space, &catalog, "How many doctors are there for surgery?", "doctor.specialty = 'Surgery'"));
}

#[test]
fn roles_tell_two_references_apart() {
    check(
        &railway(),
        &[
            ("How many routes leave from 'ABC'?", &["LOWER(route.from_station) = 'abc'", "!to_station"]),
            ("How many routes arrive in Milan?", &["route.to_station = station.code", "!from_station"]),
        ],
    );
}

#[test]
fn shares_extremes_and_totals_so_far() {
    check(
        &clinic(),
        &[
            ("What percentage of visits are cancelled?", &["COUNT(CASE WHEN LOWER(visit.status) = 'cancelled'"]),
            ("What is the share of visits by status?", &["GROUP BY visit.status", "OVER ()"]),
            (
                "What is the difference between the highest and the lowest fee of visits?",
                &["MAX(visit.fee) - MIN(visit.fee)"],
            ),
            ("Show the monthly cumulative fee of visits", &["SUM(SUM(visit.fee)) OVER (ORDER BY DATE_TRUNC('MONTH'"]),
        ],
    );
}

#[test]
fn terms_of_the_question_are_explained_beside_it() {
    check(
        &clinic(),
        &[
            ("What is the VF in 2025? (VF = total fee of visits)", &["SUM(visit.fee)", "DATE '2025-01-01'"]),
            ("Which doctors are in Rome? (Match strings with wildcards using ILIKE)", &["LIKE '%rome%'"]),
        ],
    );
}

#[test]
fn korean_says_it_behind_the_name() {
    check(
        &reviews_ko(),
        &[
            ("후기가 없는 회원의 별명은?", &["member.nick", "NOT EXISTS"]),
            ("후기를 가장 많이 작성한 회원 3명을 알려줘", &["GROUP BY member.member_id", "DESC LIMIT 3"]),
            ("등급별 회원 비율을 알려줘", &["GROUP BY member.grade", "OVER ()"]),
            ("전체 회원 수는?", &["COUNT(*)", "!SUM"]),
            ("골드 회원은 몇 명인가요?", &["LOWER(member.grade) = '골드'"]),
        ],
    );
}

#[test]
fn korean_names_the_column_behind_its_value() {
    let posts = [
        ("posted_on", "DATE", "메시지 작성일"),
        ("server_id", "STRING", "서버 ID"),
        ("channel_name", "STRING", "채널 이름"),
        ("posts", "BIGINT", "메시지 수"),
        ("likes", "BIGINT", "반응 수"),
    ];
    let mut table = table("chat", &[], &[]);
    table.columns = posts
        .iter()
        .map(|(name, kind, comment)| crate::model::CatalogColumn {
            name: (*name).into(),
            type_text: (*kind).into(),
            comment: (*comment).into(),
            ..Default::default()
        })
        .collect();
    check(
        &space_of(vec![table]),
        &[
            (
                "general 채널의 반응 수는 총 몇 개인가요?",
                &["SUM(chat.likes)", "LOWER(chat.channel_name) = 'general'", "!COUNT"],
            ),
            (
                "general 채널에서 가장 메시지가 많은 서버 3개는?",
                &["LOWER(chat.channel_name) = 'general'", "chat.posts DESC LIMIT 3", "!posted_on"],
            ),
        ],
    );
}

#[test]
fn examples_are_carried_over_to_other_values_and_columns() {
    let (catalog, mut space) = clinic();
    space.examples.push(Example {
        question: "Show the total fee of visits for each status in the last 30 days".into(),
        sql: "SELECT v.status, SUM(v.fee) AS total FROM main.shop.visit v WHERE v.visit_date >= CURRENT_DATE - INTERVAL 30 DAYS GROUP BY v.status".into(),
        ..Example::default()
    });
    let question = "Show the total fee of visits for each status in the last 90 days";
    assert!(has(&space, &catalog, question, "INTERVAL 90 DAYS GROUP BY v.status"));
    let question = "Show the total fee of visits for each doctor in the last 30 days";
    assert!(!has(&space, &catalog, question, "GROUP BY v.status"), "a table is no column of the example");
    space.examples[0].sql = space.examples[0].sql.replace("v.status", "v.no_such_thing");
    let question = "Show the total number of doctors for each city in the last 30 days";
    assert!(!has(&space, &catalog, question, "no_such_thing"));
}
