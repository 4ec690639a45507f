//! Fixes on a small hand-made domain, and on data beside the project.

use super::*;
use crate::learn::{self, LearntPattern};
use crate::model::{
    Address, Catalog, Change, ChangeEvidence, Generated, Outcome, PlannedChange, Question, Space, SpaceView,
};
use serde_json::json;

fn bare(catalog: &Catalog) -> Space {
    let tables: Vec<_> = catalog.tables().map(|table| json!({"identifier": table.full_name})).collect();
    Space::from_document(json!({"version": 2, "data_sources": {"tables": tables}})).expect("a space")
}

fn unanswered(questions: &[Question]) -> Vec<Failure> {
    let failure = |q: &Question| Failure { question: q.clone(), answer_sql: None, outcome: Outcome::NoSql };
    questions.iter().map(failure).collect()
}

fn all(
    questions: &[Question],
    failures: &[Failure],
    space: &Space,
    catalog: &Catalog,
) -> (Vec<Candidate>, Vec<Rejection>, Vec<LearntPattern>) {
    let patterns = learn::learn(questions, catalog, &SpaceView::of(space), learn::Options::default());
    let input =
        FixInput { patterns: &patterns, learn_set: questions, failures, space, catalog, options: Options::default() };
    let (candidates, rejections) = propose(&input);
    (candidates, rejections, patterns)
}

#[test]
fn candidates_for_a_bare_space_on_real_data() {
    for name in ["kpi_ko", "defog/broker"] {
        let Some(folder) = learn::data_tests::folder(name) else { return };
        let (catalog, questions) = (learn::data_tests::catalog(&folder), learn::data_tests::questions(&folder));
        let space = bare(&catalog);
        let (candidates, rejections, _) = all(&questions, &unanswered(&questions), &space, &catalog);
        println!("== {name}: {} candidates, {} rejections", candidates.len(), rejections.len());
        for c in &candidates {
            println!("{} ×{} → {} | {}", c.id, c.support, c.targets.len(), c.reason);
            for change in &c.changes {
                println!("    {} {}", change.address, change.after.clone().unwrap_or_default());
            }
            probe_sql(c, &space, &catalog).iter().for_each(|sql| println!("    ? {sql}"));
        }
        for r in &rejections {
            println!("REJECTED {:?} {} | {}", r.reason, r.detail, r.candidate.reason);
        }
        let changes = candidates.iter().flat_map(|candidate| &candidate.changes);
        let after = crate::diff::apply_all(&space, changes).expect("all candidates fit together");
        // What is there generates nothing; only a snippet that is there now can be given names.
        let (again, _, _) = all(&questions, &unanswered(&questions), &after, &catalog);
        let names = |c: &&Candidate| {
            c.changes.iter().all(|change| {
                let address = change.address.to_string();
                address.contains("/synonyms/") && !address.starts_with("tables/")
            })
        };
        let again: Vec<&Candidate> = again.iter().filter(|c| !names(c)).collect();
        for c in &again {
            println!("AGAIN {} {}", c.reason, c.changes[0].address);
        }
        assert!(again.len() * 10 <= candidates.len(), "{} of {}", again.len(), candidates.len());
    }
}

mod shop {
    use super::*;
    use crate::model::{CatalogColumn, CatalogTable, RejectionReason};

    fn column(name: &str, kind: &str) -> CatalogColumn {
        CatalogColumn { name: name.into(), type_text: kind.into(), ..CatalogColumn::default() }
    }

    fn table(name: &str, columns: &[(&str, &str)]) -> CatalogTable {
        let columns = columns.iter().map(|(name, kind)| column(name, kind)).collect();
        CatalogTable { full_name: name.into(), columns, ..CatalogTable::default() }
    }

    fn catalog() -> Catalog {
        let orders = [
            ("id", "BIGINT"),
            ("buyer", "BIGINT"),
            ("net", "DOUBLE"),
            ("net_old", "DOUBLE"),
            ("channel", "STRING"),
            ("state", "STRING"),
            ("sold_on", "DATE"),
            ("load_on", "DATE"),
        ];
        let mut buyers = table("m.s.buyers", &[("buyer_id", "BIGINT"), ("land", "STRING")]);
        buyers.primary_key = vec!["buyer_id".into()];
        Catalog::new([table("m.s.orders", &orders), table("m.s.orders_archive", &orders), buyers])
    }

    fn questions() -> Vec<Question> {
        let sql = |select: &str, rest: &str| format!("SELECT {select} FROM m.s.orders o WHERE o.state = 'paid' {rest}");
        let joined = |rest: &str| {
            format!(
                "SELECT b.land, SUM(o.net) AS turnover FROM m.s.orders o JOIN m.s.buyers b ON o.buyer = b.buyer_id \
                 WHERE o.state = 'paid' {rest} GROUP BY b.land"
            )
        };
        let all = [
            ("Turnover by Land", joined("")),
            ("Umsatz je Land im Netz", joined("AND o.channel = 'w1'")),
            (
                "How much turnover did we make in the last 7 days?",
                sql("SUM(o.net) AS turnover", "AND o.sold_on >= CURRENT_DATE - INTERVAL 7 DAYS"),
            ),
            (
                "Turnover of the last 30 days",
                sql("SUM(o.net) AS turnover", "AND o.sold_on >= CURRENT_DATE - INTERVAL 30 DAYS"),
            ),
            ("Orders from Netz", sql("COUNT(o.id) AS orders", "AND o.channel = 'w1'")),
            (
                "Netz average basket",
                sql("ROUND(SUM(o.net) / NULLIF(COUNT(o.id), 0), 2) AS basket", "AND o.channel = 'w1'"),
            ),
            ("평균 basket", sql("ROUND(SUM(o.net) / NULLIF(COUNT(o.id), 0), 2) AS basket", "")),
        ];
        let question = |(at, (text, sql)): (usize, (&str, String))| Question {
            id: format!("q{at}"),
            question: text.into(),
            sql,
            ..Question::default()
        };
        all.into_iter().enumerate().map(question).collect()
    }

    fn human() -> Space {
        Space::from_document(json!({"version": 2, "data_sources": {"tables": [
            {"identifier": "m.s.buyers"},
            {"identifier": "m.s.orders", "column_configs": [
                {"column_name": "channel", "description": ["Where it was sold."]},
                {"column_name": "net_old", "synonyms": ["turnover"]},
            ]},
            {"identifier": "m.s.orders_archive"},
        ]}, "instructions": {
            "text_instructions": [{"id": "0".repeat(32), "content": ["Be brief.\n"]}],
            "sql_snippets": {"measures": [{"id": "1".repeat(32), "alias": "turnover", "sql": ["SUM(orders.net_old)"],
                "display_name": "turnover"}]},
        }}))
        .expect("a space")
    }

    fn failures(questions: &[Question]) -> Vec<Failure> {
        let wrong = |question: &Question| Failure {
            question: question.clone(),
            answer_sql: Some(
                "SELECT SUM(net_old) AS turnover FROM m.s.orders WHERE load_on >= CURRENT_DATE - INTERVAL 7 DAYS"
                    .into(),
            ),
            outcome: Outcome::Incorrect,
        };
        questions.iter().map(wrong).collect()
    }

    #[test]
    fn gaps_have_types() {
        let (catalog, questions) = (catalog(), questions());
        let answer = "SELECT MAX(net) FROM m.s.orders WHERE state = 'open' AND load_on > CURRENT_DATE LIMIT 3";
        let causes = gaps("turnover", &questions[2].sql, Some(answer), Outcome::Incorrect, &catalog);
        let kinds: std::collections::BTreeSet<&str> = causes.iter().map(Cause::kind).collect();
        for kind in ["wrong-literal", "wrong-aggregate", "wrong-window", "wrong-column", "wrong-limit"] {
            assert!(kinds.contains(kind), "{kind} in {kinds:?}");
        }
        let none = gaps("x", &questions[0].sql, None, Outcome::NoSql, &catalog);
        assert!(none.iter().any(|cause| matches!(cause, Cause::MissingJoin(_))));
        assert!(none.contains(&Cause::NoSql));
        assert!(gaps("x", "no sql", Some("none"), Outcome::BadSql, &catalog).is_empty());
        assert!(gaps("", &questions[2].sql, Some(&questions[2].sql), Outcome::Correct, &catalog).is_empty());
    }

    #[test]
    fn failures_of_one_cause_are_one_cluster_with_the_smallest_lever_first() {
        let (catalog, questions, space) = (catalog(), questions(), human());
        let failures = failures(&questions);
        let (patterns, learn_set) = (&[][..], &questions[..]);
        let options = Options::default();
        let input = FixInput { patterns, learn_set, failures: &failures, space: &space, catalog: &catalog, options };
        let found = clusters::clusters(&input::Context::of(&input).cases);
        let of = |kind: &str| found.iter().find(|cluster| cluster.kind == kind).unwrap_or_else(|| panic!("{found:#?}"));
        let filter = of("missing-filter");
        assert_eq!(filter.questions.len(), questions.len(), "all lack the state: {filter:?}");
        assert_eq!(filter.levers.first(), Some(&Category::SqlSnippets));
        let join = of("missing-join");
        assert_eq!((join.questions.len(), join.levers.first()), (2, Some(&Category::JoinSpecs)));
        assert!(found.windows(2).all(|two| two[0].questions.len() >= two[1].questions.len()));
        assert!(found.iter().all(|cluster| cluster.levers.is_sorted()), "from structure to prose");
        let text = |kind| render(kind, &input, None).expect("renders").text;
        let joined = "the join of `m.s.buyers` and `m.s.orders` is missing";
        assert!(text(PromptKind::JoinSpecs).split("clusters").nth(1).is_some_and(|part| part.contains(joined)));
    }

    #[test]
    fn a_line_that_a_plan_wrote_may_go_and_a_persons_stays() {
        let (catalog, questions) = (catalog(), questions());
        let own = "- “turnover” is the column `m.s.orders.net_old`.";
        let persons = "- “turnover” comes from `m.s.orders.net_old`, we think.";
        let id = "0".repeat(32);
        let mut document = human().document().clone();
        document["instructions"]["text_instructions"][0]["content"] =
            json!(["Be brief.\n", "\n", "## Definitions\n", format!("{own}\n"), format!("{persons}\n")]);
        let space = Space::from_document(document).expect("a space");
        let written = Change::add(Address::text_line(&id, "Definitions", own), json!(own));
        let written = PlannedChange {
            id: "c-01".to_owned(),
            category: written.category(),
            action: written.action(),
            change: written,
            reason: String::new(),
            evidence: ChangeEvidence { provenance: "miner".to_owned(), ..ChangeEvidence::default() },
        };
        let removed = |generated: Generated| -> Vec<String> {
            let failures = failures(&questions);
            let options = Options { generated, ..Options::default() };
            let input = FixInput {
                patterns: &[],
                learn_set: &questions,
                failures: &failures,
                space: &space,
                catalog: &catalog,
                options,
            };
            let (candidates, _) = propose(&input);
            let changes = candidates.iter().flat_map(|candidate| &candidate.changes);
            let gone = changes.filter(|change| change.address.is_text_line() && change.after.is_none());
            gone.map(|change| change.address.last().to_owned()).collect()
        };
        assert_eq!(removed(Generated::default()), [] as [&str; 0]);
        assert_eq!(removed(Generated::by([&written])), [own]);
    }

    #[test]
    fn candidates_fit_the_space_and_keep_human_words() {
        let (catalog, questions, space) = (catalog(), questions(), human());
        let (candidates, _, _) = all(&questions, &failures(&questions), &space, &catalog);
        let addresses: Vec<String> = candidates
            .iter()
            .flat_map(|c| &c.changes)
            .map(|change| format!("{:?} {}", change.action(), change.address))
            .collect();
        let has = |what: &str| addresses.iter().any(|address| address.contains(what));
        println!("{}", addresses.join("\n"));
        let examples = candidates.iter().filter(|c| c.category == Category::SampleQueries);
        examples.for_each(|c| println!("EXAMPLE {}", c.changes[0].after.clone().unwrap_or_default()));
        assert!(has("Add joins/"), "a join");
        assert!(has("Add filters/"), "the default filter or a word for a code");
        assert!(has("Add measures/"), "a measure");
        assert!(has("Remove tables/m.s.orders/columns/net_old/synonyms/turnover"), "the misleading synonym");
        let measure = format!("measures/{}", "1".repeat(32));
        assert!(has(&format!("Update {measure}/sql")), "the misleading measure is put right");
        assert!(!has(&format!("Remove {measure}")), "and not taken away as well");
        assert!(has("Add tables/m.s.orders/columns/channel/enable_entity_matching"));
        assert!(has("Add tables/m.s.orders/columns/net_old/exclude"), "what answers take for `net`, and no gold does");
        assert!(!has("columns/net/exclude") && !has("columns/sold_on/exclude"), "gold uses them");
        assert!(!has("columns/channel/description"), "a person described it");
        assert!(!has("orders_archive"), "another table whose name begins alike");
        let after =
            crate::diff::apply_all(&space, candidates.iter().flat_map(|c| &c.changes)).expect("they fit together");
        let text = SpaceView::of(&after).text_instructions[0].content.clone();
        assert!(text.starts_with("Be brief.\n"), "{text}");
        for candidate in &candidates {
            assert!(!candidate.targets.is_empty() && !candidate.reason.is_empty());
            for sql in probe_sql(candidate, &space, &catalog) {
                assert!(crate::sql::parse_query(&sql).is_ok(), "{sql}");
            }
        }
    }

    #[test]
    fn what_the_space_says_wrongly_is_put_right_where_it_stands() {
        let (catalog, questions) = (catalog(), questions());
        let mut document = human().document().clone();
        document["instructions"]["join_specs"] = json!([{
            "id": "2".repeat(32),
            "left": {"identifier": "m.s.buyers", "alias": "who"},
            "right": {"identifier": "m.s.orders", "alias": "what"},
            "sql": ["`who`.`buyer_id` = `what`.`id`", "--rt=FROM_RELATIONSHIP_TYPE_ONE_TO_ONE--"],
            "comment": ["Every order has a buyer."],
        }]);
        let space = Space::from_document(document.clone()).expect("a space");
        let (candidates, _, _) = all(&questions, &failures(&questions), &space, &catalog);
        let after = crate::diff::apply_all(&space, candidates.iter().flat_map(|c| &c.changes)).expect("they fit");
        let view = SpaceView::of(&after);

        let named: Vec<_> = view.snippets.iter().filter(|s| s.display_name == "turnover").collect();
        assert_eq!(named.iter().map(|s| s.sql.as_str()).collect::<Vec<_>>(), ["SUM(orders.net)"], "one of the name");
        let reason = candidates
            .iter()
            .find(|c| c.changes[0].address.to_string().starts_with("measures/1"))
            .map(|c| c.reason.as_str());
        assert!(reason.is_some_and(|reason| reason.contains("`SUM(orders.net_old)`")), "{reason:?}");

        let [join] = &view.joins[..] else { panic!("{:?}", view.joins) };
        assert_eq!(
            (join.condition.as_str(), join.comment.as_str()),
            ("`who`.`buyer_id` = `what`.`buyer`", "Every order has a buyer.")
        );
        assert_eq!(join.relationship, crate::model::Relationship::OneToMany, "read from left to right");

        // What a gold SQL does say is right where it stands.
        let mut used = questions.clone();
        used[0].sql = "SELECT SUM(net_old) AS old FROM m.s.orders o JOIN m.s.buyers b ON o.id = b.buyer_id".to_owned();
        let (candidates, _, _) = all(&used, &failures(&used), &space, &catalog);
        let mut changes = candidates.iter().flat_map(|c| &c.changes);
        assert!(!changes.any(|change| change.address.last() == "sql"));
    }

    #[test]
    fn a_table_is_described_by_the_words_that_only_its_questions_have() {
        let columns = [("id", "BIGINT"), ("amount", "DOUBLE"), ("made_on", "DATE")];
        let catalog = Catalog::new(["m.s.fct_a", "m.s.fct_b", "m.s.fct_c"].map(|name| table(name, &columns)));
        let asked = [
            ("How many refunds came last week?", "fct_a"),
            ("Refunds by day", "fct_a"),
            ("반품 refunds total amount", "fct_a"),
            ("total amount of deliveries", "fct_b"),
            ("deliveries by day", "fct_b"),
            ("How many complaints were there?", "fct_c"),
        ];
        let question = |(at, (text, table)): (usize, (&str, &str))| Question {
            id: format!("r{at}"),
            question: text.into(),
            sql: format!("SELECT COUNT(*) AS n{at} FROM m.s.{table} WHERE id > {at}"),
            ..Question::default()
        };
        let questions: Vec<Question> = asked.into_iter().enumerate().map(question).collect();
        let answer = Some("SELECT SUM(amount) FROM m.s.fct_c".to_owned());
        let failures: Vec<Failure> = questions
            .iter()
            .map(|q| Failure { question: q.clone(), answer_sql: answer.clone(), outcome: Outcome::Incorrect })
            .collect();
        let described = |space: &Space| -> Vec<(String, String)> {
            let (candidates, _, _) = all(&questions, &failures, space, &catalog);
            let changes = candidates.into_iter().flat_map(|candidate| candidate.changes);
            let tables = changes.filter(|c| c.address.segments().len() == 4 && c.address.last() == "description");
            tables
                .map(|c| (c.address.to_string(), c.after.expect("a text")[0].as_str().expect("a text").to_owned()))
                .collect()
        };
        let expected = [("fct_a", "refunds"), ("fct_b", "deliveries")].map(|(table, word)| {
            (format!("tables/m.s.{table}/description"), format!("Answers questions about {word}."))
        });
        assert_eq!(described(&bare(&catalog)), expected, "one question tells nothing of the third");

        let mut document = bare(&catalog).document().clone();
        document["data_sources"]["tables"][0]["description"] = json!(["What came back."]);
        let one_is_known = Space::from_document(document).expect("a space");
        assert_eq!(described(&one_is_known), expected[1..], "a person's text stays");
    }

    #[test]
    fn phrases_that_are_written_alike_stand_in_one_line() {
        let catalog = catalog();
        let texts = ["last 7 days", "past 7 days", "last 30 days", "past 14 days", "최근 7일", "최근 30일"];
        let one = |(at, period): (usize, &&str)| {
            let n: u32 = period.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number");
            let extra = format!("AND o.channel = 'c{at}'");
            Question {
                id: format!("w{at}"),
                question: format!("Turnover of the {period}"),
                sql: format!(
                    "SELECT SUM(o.net) AS turnover FROM m.s.orders o \
                     WHERE o.sold_on >= CURRENT_DATE - INTERVAL {n} DAYS AND o.sold_on < CURRENT_DATE {extra}"
                ),
                ..Question::default()
            }
        };
        let questions: Vec<Question> = texts.iter().enumerate().map(one).collect();
        let lines = |space: &Space| {
            let (candidates, _, _) = all(&questions, &failures(&questions), space, &catalog);
            let changes = candidates.into_iter().filter(|c| c.category == Category::Instructions);
            let texts = changes.flat_map(|c| c.changes).filter_map(|change| change.after);
            texts
                .filter_map(|text| Some(text.as_str()?.to_owned()))
                .filter(|text| text.contains("“"))
                .collect::<Vec<_>>()
        };
        let sql = "`orders.sold_on >= CURRENT_DATE - INTERVAL N DAYS AND orders.sold_on < CURRENT_DATE`";
        assert_eq!(lines(&human()), [format!("- “last N days”, “past N days” and “최근 N일” mean {sql}.")]);
        let said = json!({"version": 2, "data_sources": {"tables": [{"identifier": "m.s.orders"}]}, "instructions": {
            "text_instructions": [{"id": "0".repeat(32), "content": [format!("“last N days” means {sql}.\n")]}]}});
        let said = Space::from_document(said).expect("a space");
        assert_eq!(
            lines(&said),
            [format!("- “past N days” and “최근 N일” mean {sql}.")],
            "what is said stays as it is"
        );
    }

    #[test]
    fn a_full_space_takes_no_more() {
        let (catalog, questions) = (catalog(), questions());
        let mut space = human();
        let filters: Vec<_> = (0..199)
            .map(|n| json!({"id": format!("{n:032x}"), "sql": [format!("orders.net > {n}")], "display_name": "x"}))
            .collect();
        space.document_mut()["instructions"]["sql_snippets"]["filters"] = json!(filters);
        let (candidates, rejections, _) = all(&questions, &failures(&questions), &space, &catalog);
        assert!(rejections.iter().any(|r| r.reason == RejectionReason::Limit));
        let after = crate::diff::apply_all(&space, candidates.iter().flat_map(|c| &c.changes)).expect("they fit");
        let view = SpaceView::of(&after);
        assert!(view.snippets.len() + view.joins.len() <= 200);
    }

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
        assert!(
            good.candidates[0].patterns.is_empty() && good.candidates[0].provenance.starts_with("prompt metadata ")
        );
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
            (
                PromptKind::Metadata,
                r#"{"action": "add_synonym", "table": "m.s.order", "column": "net", "text": "x y"}"#,
            ),
            (
                PromptKind::Metadata,
                r#"{"action": "add_synonym", "table": "m.s.orders", "column": "nett", "text": "x y"}"#,
            ),
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
        for text in [
            "",
            "sorry",
            "{\"changes\": [",
            "{\"changes\": 5}",
            "{\"changes\": [{\"action\": \"fly\", \"table\": \"t\"}]}",
        ] {
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
        let options = Options::default();
        let input = FixInput {
            patterns: &[],
            learn_set: &questions,
            failures: &failures,
            space: &space,
            catalog: &catalog,
            options,
        };
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
            (
                PromptKind::SqlSnippets,
                measure("SUM(m.s.orders.net)", "a"),
                measure("sum( orders.net )", "b"),
                duplicate,
            ),
            (
                PromptKind::SqlSnippets,
                measure("SUM(m.s.orders.net)", "a"),
                measure("MAX(m.s.orders.net)", "A"),
                conflict,
            ),
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
        let options = Options::default();
        let input = FixInput {
            patterns: &[],
            learn_set: &questions,
            failures: &failures,
            space: &space,
            catalog: &catalog,
            options,
        };
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

    #[test]
    fn a_snippet_gets_one_more_name_and_keeps_its_own() {
        let (catalog, questions) = (catalog(), questions());
        let mut space = human();
        space.document_mut()["instructions"]["sql_snippets"] = json!({"measures": [{"id": "3".repeat(32),
            "alias": "net_total", "sql": ["SUM(orders.net)"], "display_name": "net total"}]});
        let (candidates, _, _) = all(&questions, &failures(&questions), &space, &catalog);
        let named = candidates.iter().find(|c| {
            let address = c.changes[0].address.to_string();
            address.contains("measures/") && address.contains("synonyms/")
        });
        let named = named.unwrap_or_else(|| {
            panic!("{:?}", candidates.iter().map(|c| c.changes[0].address.to_string()).collect::<Vec<_>>())
        });
        let after = crate::diff::apply_all(&space, &named.changes).expect("it fits");
        let snippet = &SpaceView::of(&after).snippets[0];
        assert_eq!((snippet.display_name.as_str(), snippet.sql.as_str()), ("net total", "SUM(orders.net)"));
        assert!(snippet.synonyms.iter().any(|name| name.eq_ignore_ascii_case("turnover")));
        let bare = Space::from_document(json!({"version": 2})).expect("a space");
        assert!(crate::diff::apply_all(&bare, &named.changes).is_err(), "no name without its snippet");
    }
}
