//! Edits keep what they do not touch.

use super::*;
use crate::model::{Address, short_id};
use proptest::prelude::*;
use serde_json::json;

/// As people write them: comments before, after and beside, flow and block style, all quotes.
const FILE: &str = r#"# Owner: live-ops.  Ask before you rename.
title: Game KPI   # shown to people
warehouse_id: ${env:WAREHOUSE}
version: 2
data_sources:
  tables:
    # masters
    - identifier: studio.metrics.dim_game
      description: "One row per game"   # closed ones too
      column_configs:
        - {column_name: genre, synonyms: [장르, 'kind']}   # flow
        - column_name: title   # 제목

          synonyms:
            # Korean first
            - 제목
            - name   # English
    # facts

    - column_configs:
        - column_name: play_min
          description: 'Minutes; it''s a sum'
      identifier: studio.metrics.kpi_daily
instructions:
  text_instructions:
    - id: 5d7e0b3c2f914a68b1c09d4e7f3a8265
      content: |   # keep short
        Answer in the language of the question.

        ## Dates
        - Days run in KST.
  join_specs:
    - id: 7e41c8d95b6340f2a07f9e2d1b8c3a56
      left: {identifier: studio.metrics.kpi_daily, alias: kpi_daily}
      right: {identifier: studio.metrics.dim_game, alias: dim_game}
      sql:
        - '`kpi_daily`.`game_code` = `dim_game`.`game_code`'
        - '--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--'
# the end
"#;

/// Applies a function to the document and writes the named changes into `file`.
fn written(file: &str, addresses: &[Address], change: impl Fn(&mut Value)) -> Result<Written, WriteError> {
    let (space, _) = space_from_yaml(file, "space.yaml").expect("reads");
    let mut intended = space.clone();
    change(intended.document_mut());
    // What the values are does not matter here: only where a change stands.
    let changes: Vec<Change> = addresses.iter().map(|at| Change::add(at.clone(), json!(null))).collect();
    write_changes(file, &changes, &intended)
}

/// Checks that exactly these lines were replaced by those.
#[track_caller]
fn assert_lines(written: &Written, gone: &[&str], new: &[&str]) {
    assert_eq!(written.extent, Extent::Minimal, "{}", written.text);
    let diff = similar::TextDiff::from_lines(FILE, &written.text);
    let lines = |tag| -> Vec<String> {
        let of = diff.iter_all_changes().filter(|change| change.tag() == tag);
        of.map(|change| change.value().trim_end_matches('\n').to_owned()).collect()
    };
    assert_eq!(lines(similar::ChangeTag::Delete), gone);
    assert_eq!(lines(similar::ChangeTag::Insert), new);
}

const GAME: &str = "studio.metrics.dim_game";
const DAILY: &str = "studio.metrics.kpi_daily";

#[test]
fn a_text_changes_in_its_own_quotes_and_keeps_its_comment() {
    let at = Address::table_field(GAME, "description");
    let result =
        written(FILE, &[at], |doc| doc["data_sources"]["tables"][0]["description"] = json!(["One game \"a\" row"]));
    assert_lines(
        &result.expect("writes"),
        &["      description: \"One row per game\"   # closed ones too"],
        &["      description: \"One game \\\"a\\\" row\"   # closed ones too"],
    );
    let at = Address::column_field(DAILY, "play_min", "description");
    let result = written(FILE, &[at], |doc| {
        doc["data_sources"]["tables"][1]["column_configs"][0]["description"] = json!(["분; it's 'all'"]);
    });
    assert_lines(
        &result.expect("writes"),
        &["          description: 'Minutes; it''s a sum'"],
        &["          description: '분; it''s ''all'''"],
    );
}

#[test]
fn one_line_becomes_a_block_and_a_block_changes_inside() {
    let at = Address::table_field(GAME, "description");
    let result = written(FILE, &[at], |doc| doc["data_sources"]["tables"][0]["description"] = json!(["한\n", "둘"]));
    assert_lines(
        &result.expect("writes"),
        &["      description: \"One row per game\"   # closed ones too"],
        &["      description: |-   # closed ones too", "        한", "        둘"],
    );
    let at = Address::text_line("5d7e0b3c2f914a68b1c09d4e7f3a8265", "Dates", "- Weeks start on Monday.");
    let result = written(FILE, &[at], |doc| {
        let content = doc.pointer_mut("/instructions/text_instructions/0/content").and_then(Value::as_array_mut);
        content.expect("a list").push(json!("- Weeks start on Monday.\n"));
    });
    assert_lines(&result.expect("writes"), &[], &["        - Weeks start on Monday."]);
}

#[test]
fn synonyms_join_and_leave_in_both_styles() {
    let columns = "/data_sources/tables/0/column_configs";
    let added = written(
        FILE,
        &[Address::synonym(GAME, "genre", "a, b"), Address::synonym(GAME, "title", "game name")],
        |doc| {
            for (column, word) in [(0, "a, b"), (1, "game name")] {
                let list = doc.pointer_mut(&format!("{columns}/{column}/synonyms")).and_then(Value::as_array_mut);
                list.expect("a list").push(json!(word));
            }
        },
    );
    assert_lines(
        &added.expect("writes"),
        &["        - {column_name: genre, synonyms: [장르, 'kind']}   # flow"],
        &["        - {column_name: genre, synonyms: [장르, 'kind', 'a, b']}   # flow", "            - game name"],
    );
    let removed =
        written(FILE, &[Address::synonym(GAME, "genre", "장르"), Address::synonym(GAME, "title", "name")], |doc| {
            doc.pointer_mut(&format!("{columns}/0")).expect("there")["synonyms"] = json!(["kind"]);
            doc.pointer_mut(&format!("{columns}/1")).expect("there")["synonyms"] = json!(["제목"]);
        });
    assert_lines(
        &removed.expect("writes"),
        &["        - {column_name: genre, synonyms: [장르, 'kind']}   # flow", "            - name   # English"],
        &["        - {column_name: genre, synonyms: ['kind']}   # flow"],
    );
}

#[test]
fn new_keys_of_one_element_stand_in_the_order_of_exports() {
    let plain = "version: 2\ndata_sources:\n  tables:\n    - identifier: a.b.c\n";
    let at = [Address::table_field("a.b.c", "description"), Address::column_field("a.b.c", "d", "exclude")];
    let result = written(plain, &at, |doc| {
        let table = &mut doc["data_sources"]["tables"][0];
        table["column_configs"] = json!([{"column_name": "d", "exclude": true}]);
        table["description"] = json!(["All of them."]);
    });
    let added =
        "      description: All of them.\n      column_configs:\n        - column_name: d\n          exclude: true\n";
    assert_eq!(result.expect("writes").text, format!("{plain}{added}"));
}

#[test]
fn elements_come_in_order_and_go_without_their_neighbours() {
    let id = short_id(&["measure"]);
    let at = [Address::snippet("measures", &id), Address::table("studio.metrics.dim_zone")];
    let result = written(FILE, &at, |doc| {
        doc["instructions"]["sql_snippets"] =
            json!({"measures": [{"id": id, "sql": ["SUM(kpi_daily.x)"], "display_name": "총합"}]});
        let tables = doc["data_sources"]["tables"].as_array_mut().expect("a list");
        tables.push(json!({"identifier": "studio.metrics.dim_zone", "description": ["a\n", "b\n"]}));
    });
    let measure = format!("      - id: {id}");
    assert_lines(
        &result.expect("writes"),
        &[],
        &[
            "    - identifier: studio.metrics.dim_zone",
            "      description: |",
            "        a",
            "        b",
            "  sql_snippets:",
            "    measures:",
            &measure,
            "        sql: SUM(kpi_daily.x)",
            "        display_name: 총합",
        ],
    );
    let result = written(FILE, &[Address::table(GAME)], |doc| {
        doc["data_sources"]["tables"].as_array_mut().expect("a list").remove(0);
    });
    let result = result.expect("writes");
    assert!(result.text.contains("    # masters\n    # facts\n\n    - column_configs:"), "{}", result.text);
}

#[test]
fn a_first_key_goes_and_the_next_moves_up_to_the_dash() {
    let at = Address::table_field(DAILY, "column_configs");
    let result = written(FILE, &[at], |doc| {
        doc["data_sources"]["tables"][1].as_object_mut().expect("a table").shift_remove("column_configs");
    });
    let result = result.expect("writes");
    assert_eq!(result.extent, Extent::Minimal);
    assert!(result.text.contains("    - identifier: studio.metrics.kpi_daily\ninstructions:"), "{}", result.text);
}

#[test]
fn fields_beside_the_document_keep_their_variables() {
    let (space, _) = space_from_yaml(FILE, "space.yaml").expect("reads");
    let mut intended = space.clone();
    intended.sidecar.title = "게임: KPI".to_owned();
    intended.sidecar.warehouse_id = "filled-in".to_owned();
    let change = Change::update(Address::sidecar("title"), json!("Game KPI"), json!("게임: KPI"));
    let result = write_changes(FILE, &[change], &intended).expect("writes");
    assert_lines(&result, &["title: Game KPI   # shown to people"], &["title: '게임: KPI'   # shown to people"]);
}

#[test]
fn aliases_are_refused_and_line_ends_stay() {
    let aliased = "version: 2\ndata_sources:\n  tables:\n    - identifier: a.b.c\n      description: &d text\n    - identifier: a.b.d\n      description: *d\n";
    let at = [Address::table_field("a.b.c", "description")];
    let change = |doc: &mut Value| doc["data_sources"]["tables"][0]["description"] = json!(["x\n", "y\n"]);
    assert_eq!(written(aliased, &at, change), Err(WriteError::Alias(7)));
    let dos = aliased.replace("&d ", "").replace("*d", "d").replace('\n', "\r\n");
    let result = written(&dos, &at, change).expect("writes");
    assert_eq!(result.text, dos.replace("description: text", "description: |\r\n        x\r\n        y"));
}

#[test]
fn what_cannot_be_edited_is_written_anew_and_says_so() {
    let odd = "# head\nversion: 2\n? data_sources\n: tables:\n  - identifier: a.b.c\n    description: x  # lost\n";
    let at = [Address::table("a.b.c"), Address::table("a.b.d")];
    let result = written(odd, &at, |doc| doc["data_sources"] = json!({"metric_views": [{"identifier": "a.b.d"}]}));
    let result = result.expect("writes");
    assert_eq!(result.extent, Extent::File);
    assert!(result.text.starts_with("# head\nversion: 2\n"), "{}", result.text);
}

fn a_text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a", "매출", "\n", "\n\n", " ", "  x", ": ", " #", "'", "\"", "\\", "- ", "|", "true", "1", "\t", "\r", "{",
        "]", "*x",
    ]);
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_put_anywhere(text in a_text(), place in 0usize..4) {
        let lines = json!(crate::model::split_lines(&text));
        let (at, pointer) = match place {
            0 => (Address::table_field(GAME, "description"), "/data_sources/tables/0/description"),
            1 => (Address::column_field(GAME, "title", "description"), "/data_sources/tables/0/column_configs/1/description"),
            2 => (Address::column_field(GAME, "genre", "description"), "/data_sources/tables/0/column_configs/0/description"),
            _ => (
                Address::instruction("text_instructions", "5d7e0b3c2f914a68b1c09d4e7f3a8265").child("content"),
                "/instructions/text_instructions/0/content",
            ),
        };
        let result = written(FILE, &[at], |doc| {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            doc.pointer_mut(parent).expect("there")[key] = lines.clone();
        }).expect("writes");
        prop_assert_eq!(&result.extent, &Extent::Minimal, "{}", result.text);
        for comment in ["# Owner", "# shown to", "# masters", "# closed", "# flow", "# 제목", "# Korean", "# English", "# facts", "# keep", "# the end"] {
            prop_assert!(result.text.contains(comment), "{}", result.text);
        }
    }
}
