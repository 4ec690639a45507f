//! The YAML form of a space and its rules.

use super::*;
use crate::model::{Severity, Sidecar, Space};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Writes and reads a document; both must be the same, and the text stable.
#[track_caller]
fn round_trip(document: &Value) -> String {
    let space = Space::from_document(document.clone()).expect("a space");
    let yaml = space_to_yaml(&space);
    let (back, _) = space_from_yaml(&yaml, "space.yaml").unwrap_or_else(|findings| panic!("{findings:#?}\n{yaml}"));
    assert_eq!(back.document(), document, "{yaml}");
    assert_eq!(space_to_yaml(&back), yaml);
    yaml
}

#[test]
fn real_spaces_come_back_field_by_field() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/spaces");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    for file in files.filter_map(Result::ok) {
        let text = std::fs::read_to_string(file.path()).expect("can read");
        round_trip(&serde_json::from_str(&text).expect("JSON"));
    }
}

#[test]
fn everything_odd_is_kept() {
    round_trip(&json!({
        "version": 2,
        "title": "hides behind the sidecar", "document": {"x": 1},
        "config": {"sample_questions": [], "theme": null},
        "data_sources": {"tables": [{
            "identifier": "a.b.c", "description": "one string", "exclude": false, "note": "",
            "column_configs": [{"column_name": "c", "description": ["no", "standard", "split"], "synonyms": "word",
                "new": {"deep": [1.0, 2e3, 18446744073709551615u64, [], {}, null, [["x"]]]}}],
        }]},
        "instructions": {
            "text_instructions": [{"id": "1", "content": ["a\r\n", "b \u{a0}\n", "\n", "  끝"]}],
            "join_specs": [{"id": "2", "sql": ["`a`.`x` = `b`.`y`", "--rt=FROM_RELATIONSHIP_TYPE_ONE_TO_ONE--"]}],
            "example_question_sqls": [{"id": "3", "question": [], "sql": [""], "usage_guidance": ["\n"]}],
        },
        "benchmarks": {"questions": [{"id": "01e012", "answer": [{"format": "SQL", "content": []}]}]},
    }));
}

#[test]
fn texts_stand_as_texts_in_the_order_of_real_exports() {
    let yaml = round_trip(&json!({"instructions": {"example_question_sqls": [
        {"sql": ["SELECT 1 \n", "FROM t"], "question": ["몇 개?"], "id": "0123456789abcdef0123456789abcdef"}]},
        "version": 2}));
    assert_eq!(
        yaml.split_once('\n').map(|(_, rest)| rest),
        Some(
            "version: 2\ninstructions:\n  example_question_sqls:\n    - id: 0123456789abcdef0123456789abcdef\n      \
             question: 몇 개?\n      sql: |-\n        SELECT 1 \n        FROM t\n"
        )
    );
}

#[test]
fn import_takes_documents_and_api_objects() {
    let document = json!({"version": 2, "data_sources": {}}).to_string();
    let object = json!({"title": "T", "warehouse_id": "123", "etag": "x", "serialized_space": document}).to_string();
    let (space, findings) = space_from_yaml(&import(&object).expect("imports"), "s.yaml").expect("reads");
    assert_eq!(findings, []);
    let expected = Sidecar { title: "T".to_owned(), warehouse_id: "123".to_owned(), ..Sidecar::default() };
    assert_eq!(space.sidecar, expected);
    let yaml = import(&document).expect("imports");
    assert_eq!(export(&yaml, "s.yaml").as_deref(), Ok(document.as_str()));
    assert!(import("[1]").is_err());
}

/// Codes with lines, in order.
fn findings(yaml: &str) -> Vec<(String, usize)> {
    let found = match space_from_yaml(yaml, "space.yaml") {
        Ok((_, found)) | Err(found) => found,
    };
    found.into_iter().map(|finding| (finding.code, finding.span.map_or(0, |span| span.line))).collect()
}

#[test]
fn each_rule_has_its_code_and_place() {
    let yaml = r"version: 2
data_sources:
  tables:
    - identifier: a.b.c
      column_configs:
        - column_name: x
          build_value_dictionary: true
        - column_name: X
          enable_entity_matching: true
    - identifier: A.b.c
      id: 0123456789abcdef0123456789abcdef
instructions:
  text_instructions:
    - id: 0123456789abcdef0123456789abcdef
      content: a
    - id: 0123456789ABCDEF0123456789ABCDEF
      content: b
  join_specs:
    - id: 0123456789abcdef0123456789abcdef
      left: {identifier: a.b.c, alias: c}
      right: {identifier: a.b.c, alias: d}
      sql: c.x = d.x
  sql_snippets:
    filters:
      - id: 11111111111111111111111111111111
        sql: ''
        alias: f
benchmarks:
  questions:
    - id: 22222222222222222222222222222222
      question: q
      answer: []
";
    let found = findings(yaml);
    for expected in [
        ("GE0317", 7),
        ("GE0319", 6),
        ("GE0313", 8),
        ("GE0319", 9),
        ("GE0313", 10),
        ("GE0323", 11),
        ("GE0314", 16),
        ("GE0311", 16),
        ("GE0312", 19),
        ("GE0318", 22),
        ("GE0321", 26),
        ("GE0320", 27),
        ("GE0305", 25),
        ("GE0322", 32),
    ] {
        assert!(found.iter().any(|(code, line)| (code.as_str(), *line) == expected), "{expected:?} in {found:?}");
    }
}

#[test]
fn unknown_fields_are_kept_with_a_warning() {
    let (space, findings) = space_from_yaml("version: 2\ndata_sources:\n  tabels: []\n", "space.yaml").expect("reads");
    assert_eq!(space.document()["data_sources"]["tabels"], json!([]));
    assert_eq!((findings[0].code.as_str(), findings[0].severity), ("GE0302", Severity::Warning));
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `tables`?"));
}

#[test]
fn what_is_no_space_is_refused() {
    for (yaml, code) in [
        ("", "GE0103"),
        ("- a", "GE0301"),
        ("version: 7", "GE0304"),
        ("a: [", "GE0101"),
        ("version: 2\nversion: 2", "GE0107"),
        ("a:\n\t- b", "GE0102"),
        ("version: !x 2", "GE0106"),
        ("version: 2\n---\nversion: 2", "GE0105"),
    ] {
        assert!(findings(yaml).iter().any(|(found, _)| found == code), "{yaml:?}: {:?}", findings(yaml));
    }
}

fn a_text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a",
        "SELECT 1",
        "\n",
        "\n\n",
        " ",
        "  ",
        "\t",
        "\r\n",
        "'",
        "\"",
        "\\",
        ": ",
        " #",
        "- ",
        "한글",
        "\u{a0}",
        "\u{200b}",
        "\u{feff}",
        "\u{2028}",
        "👩‍💻",
        "|",
        "{",
        "]",
        ",",
        "&a",
        "*b",
        "!!str ",
        "%",
        "@",
        "`",
        "~",
        "null",
        "1e5",
        "0x1F",
        "2025-01-01",
        "<<",
        "---",
        "\0",
        "\u{85}",
        "${env:X}",
        "\u{f8f0}",
        "\u{10ffff}",
    ]);
    prop::collection::vec(part, 0..7).prop_map(|parts| parts.concat())
}

fn a_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        a_text().prop_map(Value::from),
        a_text().prop_map(|text| json!(crate::model::split_lines(&text))),
    ];
    let key = prop::sample::select(vec![
        "description",
        "sql",
        "content",
        "synonyms",
        "join_specs",
        "tables",
        "id",
        "title",
        "document",
        "x y",
        "일",
        "",
        "~",
        "null",
        "a: b",
        "- k",
        "data_sources",
    ]);
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| Value::Object(
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_comes_back(value in a_value(), title in a_text()) {
        let mut document = json!({"version": 2});
        if let Value::Object(map) = value {
            document.as_object_mut().expect("an object").extend(map);
        }
        document["version"] = json!(2);
        round_trip(&document);
        let sidecar = Sidecar { title, ..Sidecar::default() };
        let space = Space::from_document(document).expect("a space").with_sidecar(sidecar.clone());
        let (back, _) = space_from_yaml(&space_to_yaml(&space), "s.yaml").expect("reads");
        prop_assert_eq!(back.sidecar, sidecar);
    }
}
