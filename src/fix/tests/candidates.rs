//! Candidates that the miners make, over the shop.

use super::shop::*;
use super::*;
use crate::model::RejectionReason;

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
    let input = input(&questions, &failures, &space, &catalog);
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
        let input = FixInput { options, ..input(&questions, &failures, &space, &catalog) };
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
    let after = crate::diff::apply_all(&space, candidates.iter().flat_map(|c| &c.changes)).expect("they fit together");
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
    let expected = [("fct_a", "refunds"), ("fct_b", "deliveries")]
        .map(|(table, word)| (format!("tables/m.s.{table}/description"), format!("Answers questions about {word}.")));
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
        texts.filter_map(|text| Some(text.as_str()?.to_owned())).filter(|text| text.contains("“")).collect::<Vec<_>>()
    };
    let sql = "`orders.sold_on >= CURRENT_DATE - INTERVAL N DAYS AND orders.sold_on < CURRENT_DATE`";
    assert_eq!(lines(&human()), [format!("- “last N days”, “past N days” and “최근 N일” mean {sql}.")]);
    let said = json!({"version": 2, "data_sources": {"tables": [{"identifier": "m.s.orders"}]}, "instructions": {
        "text_instructions": [{"id": "0".repeat(32), "content": [format!("“last N days” means {sql}.\n")]}]}});
    let said = Space::from_document(said).expect("a space");
    assert_eq!(lines(&said), [format!("- “past N days” and “최근 N일” mean {sql}.")], "what is said stays as it is");
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
