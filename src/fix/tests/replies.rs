//! What a language model proposes, over the shop: good, bad, contradicted, too much.

use super::shop::*;
use super::*;
use crate::model::RejectionReason;

fn reply(kind: PromptKind, text: &str) -> Reply {
    let (catalog, questions, space) = (catalog(), questions(), human());
    let failures = failures(&questions);
    let patterns = learn::learn(&questions, &catalog, &SpaceView::of(&space), learn::Options::default());
    let input = FixInput {
        patterns: &patterns,
        learn_set: &questions,
        failures: &failures,
        space: &space,
        catalog: &catalog,
        options: Options::default(),
    };
    let prompt = render(kind, &input, None).expect("renders");
    assert!(prompt.text.contains("<data name=\"failures\">") && prompt.text.len() < 100_000);
    parse(kind, text, &input, &prompt)
}

#[test]
fn good_replies_become_candidates() {
    let good = reply(
        PromptKind::Metadata,
        "Here it is:\n```json\n{\"changes\": [{\"action\": \"add_synonym\", \"table\": \"m.s.orders\", \"column\": \"net\", \
         \"text\": \"takings\", \"reason\": \"Said often.\", \"questions\": [\"q2\", \"nowhere\"], \"patterns\": [\"made-up\"]}]}\n```",
    );
    assert_eq!((good.candidates.len(), good.rejections.len(), good.errors.len()), (1, 0, 0));
    assert_eq!(good.candidates[0].targets, ["q2"]);
    assert!(good.candidates[0].patterns.is_empty() && good.candidates[0].provenance.starts_with("prompt metadata "));
    let example = reply(
        PromptKind::SampleQueries,
        r#"{"changes": [{"question": "Turnover of channel x9", "sql": "SELECT SUM(net) AS t FROM m.s.orders WHERE channel = :channel",
           "parameters": [{"name": "channel", "type_hint": "STRING", "description": "Channel", "default": "x9"}],
           "usage_guidance": "For one channel.", "reason": "Shared."}]}"#,
    );
    assert_eq!(example.candidates.len(), 1, "{:?} {:?}", example.rejections, example.errors);
    let measure = reply(
        PromptKind::SqlSnippets,
        r#"{"changes": [{"kind": "measure", "alias": "turnover", "display_name": "Turnover", "sql": "SUM(orders.net)",
           "reason": "Net, not what it was."}]}"#,
    );
    let place = format!("measures/{}/sql", "1".repeat(32));
    assert_eq!(measure.candidates[0].changes[0].address.to_string(), place, "a wrong one of the name is put right");
}

#[test]
fn bad_replies_become_rejections_or_errors() {
    let cases = [
        (PromptKind::Metadata, r#"{"action": "add_synonym", "table": "m.s.order", "column": "net", "text": "x y"}"#),
        (PromptKind::Metadata, r#"{"action": "add_synonym", "table": "m.s.orders", "column": "nett", "text": "x y"}"#),
        (
            PromptKind::Metadata,
            r#"{"action": "describe_column", "table": "m.s.orders", "column": "channel", "text": "New words."}"#,
        ),
        (
            PromptKind::SqlSnippets,
            r#"{"kind": "measure", "alias": "x", "display_name": "x", "sql": "1; DROP TABLE m.s.orders"}"#,
        ),
        (
            PromptKind::SqlSnippets,
            r#"{"kind": "measure", "alias": "x", "display_name": "x", "sql": "SUM(m.s.orders.nope)"}"#,
        ),
        (
            PromptKind::SqlSnippets,
            r#"{"kind": "measure", "alias": "t2", "display_name": "x", "sql": "SUM(m.s.orders.net_old)"}"#,
        ),
        (
            PromptKind::JoinSpecs,
            r#"{"left_table": "m.s.orders", "left_column": "nope", "right_table": "m.s.buyers", "right_column": "buyer_id", "relationship": "MANY_TO_ONE"}"#,
        ),
        (PromptKind::SampleQueries, r#"{"question": "x", "sql": "DELETE FROM m.s.orders", "usage_guidance": "x"}"#),
        (
            PromptKind::SampleQueries,
            r#"{"question": "x", "sql": "SELECT net FROM m.s.orders WHERE channel = :gone", "usage_guidance": "x"}"#,
        ),
        (PromptKind::Instructions, r##"{"section": "Rules", "line": "Use `m.s.nowhere.col`."}"##),
    ];
    for (kind, item) in cases {
        let item = item.trim_end_matches('}').to_owned() + r#", "reason": "r"}"#;
        let got = reply(kind, &format!("{{\"changes\": [{item}]}}"));
        assert!(got.candidates.is_empty(), "{item}: {:?}", got.candidates);
        assert_eq!(got.rejections.len(), 1, "{item}: {:?}", got.errors);
    }
    for text in
        ["", "sorry", "{\"changes\": [", "{\"changes\": 5}", "{\"changes\": [{\"action\": \"fly\", \"table\": \"t\"}]}"]
    {
        let got = reply(PromptKind::Metadata, text);
        assert!(got.candidates.is_empty() && !got.errors.is_empty(), "{text}");
    }
    let gone = reply(PromptKind::Deletions, r#"{"changes": [{"address": "measures/ffff", "reason": "r"}]}"#);
    assert_eq!(gone.errors.len(), 1);
    let there = format!(r#"{{"changes": [{{"address": "measures/{}", "reason": "r"}}]}}"#, "1".repeat(32));
    assert_eq!(reply(PromptKind::Deletions, &there).candidates.len(), 1, "removed by its id");
}

/// Runs one reply against another space and catalog.
fn reply_over(space: &Space, catalog: &Catalog, kind: PromptKind, item: serde_json::Value) -> Reply {
    let questions = questions();
    let failures = failures(&questions);
    let input = FixInput {
        patterns: &[],
        learn_set: &questions,
        failures: &failures,
        space,
        catalog,
        options: Options::default(),
    };
    let prompt = render(kind, &input, None).expect("renders");
    parse(kind, &json!({ "changes": [item] }).to_string(), &input, &prompt)
}

/// The catalog with what a look at the tables tells.
fn profiled() -> Catalog {
    let bare = catalog();
    let tables = bare.tables().cloned().map(|mut table| {
        for column in &mut table.columns {
            let values: Vec<String> = match column.name.as_str() {
                "channel" => ["web", "shop"].map(str::to_owned).to_vec(),
                _ => Vec::new(),
            };
            let unique = column.name == "buyer_id" && table.full_name == "m.s.buyers";
            let distinct = if unique { 9 } else { 2 };
            let profile = crate::model::ColumnProfile { rows: 9, distinct, values, ..Default::default() };
            column.profile = Some(profile);
        }
        table
    });
    Catalog::new(tables.collect::<Vec<_>>())
}

#[test]
fn what_the_data_contradict_is_refused_with_what_they_say() {
    let (catalog, space) = (profiled(), bare(&profiled()));
    let join = |left: &str, column: &str, relationship: &str| {
        json!({"left_table": left, "left_column": column, "right_table": "m.s.buyers", "right_column": "buyer_id",
            "relationship": relationship, "reason": "r"})
    };
    let filter = |sql: &str| json!({"kind": "filter", "display_name": "x", "sql": sql, "reason": "r"});
    let example = json!({"question": "orders of a channel", "usage_guidance": "x", "reason": "r",
        "sql": "SELECT SUM(net) AS n FROM m.s.orders WHERE channel = :channel",
        "parameters": [{"name": "channel", "type_hint": "STRING", "description": "x", "default": "webb"}]});
    for (kind, item, told) in [
        (PromptKind::SqlSnippets, filter("m.s.orders.channel = 'shopp'"), "the nearest is 'shop'"),
        (PromptKind::SqlSnippets, filter("m.s.orders.channel IN ('web', 'Shop')"), "the nearest is 'shop'"),
        (PromptKind::SampleQueries, example, "the nearest is 'web'"),
        (PromptKind::JoinSpecs, join("m.s.orders", "channel", "MANY_TO_ONE"), "do not match"),
        (PromptKind::JoinSpecs, join("m.s.orders", "buyer", "ONE_TO_ONE"), "in several rows"),
    ] {
        let got = reply_over(&space, &catalog, kind, item);
        let why: Vec<&str> = got.rejections.iter().map(|rejection| rejection.detail.as_str()).collect();
        assert!(
            got.candidates.is_empty() && why.iter().any(|why| why.contains(told)),
            "{told}: {why:?} {:?}",
            got.errors
        );
    }
    for (kind, item) in [
        (PromptKind::SqlSnippets, filter("m.s.orders.channel = 'shop'")),
        (PromptKind::SqlSnippets, filter("lower(m.s.orders.channel) = 'shop'")),
        (PromptKind::JoinSpecs, join("M.S.orders", "BUYER", "MANY_TO_ONE")),
    ] {
        let got = reply_over(&space, &catalog, kind, item.clone());
        assert_eq!(got.candidates.len(), 1, "{item}: {:?} {:?}", got.rejections, got.errors);
    }
}

#[test]
fn what_means_the_same_is_one_candidate_whoever_proposed_it() {
    let (catalog, questions, space) = (catalog(), questions(), bare(&catalog()));
    let failures = failures(&questions);
    let input = input(&questions, &failures, &space, &catalog);
    let of = |kind: PromptKind, items: serde_json::Value| {
        let prompt = render(kind, &input, None).expect("renders");
        parse(kind, &json!({ "changes": items }).to_string(), &input, &prompt).candidates
    };
    let join = |left: &str, one: &str, right: &str, two: &str, relationship: &str| {
        json!([{"left_table": left, "left_column": one, "right_table": right, "right_column": two,
            "relationship": relationship, "reason": "r"}])
    };
    let measure = |sql: &str, alias: &str| json!([{"kind": "measure", "display_name": alias, "alias": alias, "sql": sql, "reason": "r"}]);
    let word = |column: &str, text: &str| json!([{"action": "add_synonym", "table": "m.s.orders", "column": column, "text": text, "reason": "r"}]);
    let (duplicate, conflict) = (RejectionReason::Duplicate, RejectionReason::Conflict);
    for (kind, one, two, reason) in [
        (
            PromptKind::JoinSpecs,
            join("m.s.orders", "buyer", "m.s.buyers", "buyer_id", "MANY_TO_ONE"),
            join("m.s.buyers", "buyer_id", "m.s.orders", "buyer", "ONE_TO_MANY"),
            duplicate,
        ),
        (PromptKind::SqlSnippets, measure("SUM(m.s.orders.net)", "a"), measure("sum( orders.net )", "b"), duplicate),
        (PromptKind::SqlSnippets, measure("SUM(m.s.orders.net)", "a"), measure("MAX(m.s.orders.net)", "A"), conflict),
        (PromptKind::Metadata, word("net", "K\u{e4}se"), word("net", "KA\u{308}SE"), duplicate),
        (PromptKind::Metadata, word("net", "cheese"), word("channel", "Cheese"), conflict),
    ] {
        let both = [of(kind, one), of(kind, two.clone())].concat();
        assert_eq!(both.len(), 2, "{two}");
        let (kept, refused) = together(&input, both);
        let reasons: Vec<RejectionReason> = refused.iter().map(|rejection| rejection.reason).collect();
        assert_eq!((kept.len(), reasons), (1, vec![reason]), "{two}");
    }
}

#[test]
fn a_prompt_stays_small_however_large_the_space() {
    let names: Vec<String> = (0..200).map(|n| format!("column_{n}")).collect();
    let tables = (0..30).map(|n| {
        let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "STRING")).collect();
        let mut table = table(&format!("m.s.t{n}"), &columns);
        table.columns.iter_mut().for_each(|column| column.comment = "long words ".repeat(200));
        table
    });
    let catalog = Catalog::new(tables.collect::<Vec<_>>());
    let questions: Vec<Question> = (0..500)
        .map(|n| {
            let sql = format!("SELECT COUNT(*) FROM m.s.t{} x WHERE x.column_{} = 'v{n}'", n % 30, 199 - n % 7);
            let (id, question) = (format!("q{n}"), "a long question ".repeat(100));
            Question { id, question, sql, ..Question::default() }
        })
        .collect();
    let mut space = bare(&catalog);
    let line = "- Some rule of ours.\n".repeat(1_000);
    space.document_mut()["instructions"]["text_instructions"] = json!([{"id": "0".repeat(32), "content": [line]}]);
    let failures = unanswered(&questions);
    let input = input(&questions, &failures, &space, &catalog);
    for kind in PromptKind::ALL {
        let prompt = render(kind, &input, None).expect("renders");
        assert!(prompt.text.len() < 110_000, "{kind:?}: {}", prompt.text.len());
        // What the failures use is there, in every table they are about.
        assert!(prompt.text.contains("\"column_199\"") && prompt.text.contains("m.s.t29"), "{kind:?}");
    }
}

#[test]
fn an_example_that_is_there_is_not_added_twice() {
    let mut space = human();
    space.document_mut()["instructions"]["example_question_sqls"] = json!([{"id": "2".repeat(32),
        "question": ["Net per channel"], "sql": ["SELECT o.channel, SUM(o.net) AS n FROM m.s.orders o GROUP BY o.channel"]}]);
    let again = json!({"question": "Sum of net by channel, please", "usage_guidance": "x", "reason": "r",
        "sql": "select channel, sum(net) as n from m.s.orders group by channel"});
    let got = reply_over(&space, &catalog(), PromptKind::SampleQueries, again);
    assert!(got.candidates.is_empty());
    assert_eq!(got.rejections[0].reason, RejectionReason::Duplicate, "{}", got.rejections[0].detail);
}

#[test]
fn joined_tables_of_one_name_have_two_aliases() {
    let catalog = Catalog::new([
        table("m.s.orders", &[("buyer", "BIGINT")]),
        table("m.t.orders", &[("buyer", "BIGINT")]),
        table("m.s.options", &[("buyer", "BIGINT")]),
    ]);
    let tables = ["m.s.options", "m.s.orders", "m.t.orders"].map(|name| json!({ "identifier": name }));
    let space = Space::from_document(json!({"version": 2, "data_sources": {"tables": tables}})).expect("a space");
    for right in ["m.t.orders", "m.s.options"] {
        let join = json!({"left_table": "m.s.orders", "left_column": "buyer", "right_table": right,
            "right_column": "buyer", "relationship": "MANY_TO_ONE", "reason": "r"});
        let got = reply_over(&space, &catalog, PromptKind::JoinSpecs, join);
        let added = got.candidates[0].changes[0].after.clone().expect("a join");
        assert_ne!(added["left"]["alias"], added["right"]["alias"], "{added}");
        assert!(crate::diff::apply_all(&space, &got.candidates[0].changes).is_ok());
    }
}
