//! Reading and writing YAML.

use super::*;

fn parse(text: &str) -> (Option<Node>, Vec<(String, usize, usize)>) {
    let mut sources = Sources::default();
    let file = sources.add("f.yaml", text);
    let (root, findings) = parse_yaml(&sources, file);
    let place = |finding: crate::model::Diagnostic| {
        let span = finding.span.expect("a place");
        (finding.code, span.line, span.column)
    };
    (root, findings.into_iter().map(place).collect())
}

#[test]
fn places_count_characters_and_lines() {
    let text = "\u{feff}# 주석\n매출: \"a\"   # c\nb:\n  - 'x'\n  - |\n    한\n";
    let mut sources = Sources::default();
    let file = sources.add("f.yaml", text);
    let (root, findings) = parse_yaml(&sources, file);
    assert_eq!(findings, []);
    let root = root.expect("a tree");
    let span = |node: &Node| sources.span(node.at).map(|span| (span.line, span.column, span.length));
    assert_eq!(root.get("매출").and_then(span), Some((2, 5, 3)));
    assert_eq!(span(root.nearest("/b/0")), Some((4, 5, 3)));
    assert_eq!(span(root.nearest("/b/1/x")), Some((6, 5, 1)));
    let text = sources.span(root.nearest("/b/0").at).map(|span| span.text);
    assert_eq!(text.as_deref(), Some("  - 'x'"));
}

#[test]
fn all_duplicate_keys_are_told_at_once() {
    let (root, findings) = parse("a: 1\nb: {c: 1, 'c': 2, c: 3}\na: 2\n");
    assert_eq!(findings, [("GE0107".to_owned(), 2, 11), ("GE0107".to_owned(), 2, 19), ("GE0107".to_owned(), 3, 1)]);
    assert_eq!(root.map(|root| root.to_json()), Some(serde_json::json!({"a": 1, "b": {"c": 1}})));
}

#[test]
fn a_second_document_is_told_where_it_starts() {
    for (text, line) in [("a: 1\n---\nb: 2\n", 2), ("a: 1\n--- b\n", 2), ("--- {a: 1}\n# c\n---\n\n# d\n- e\n", 3)] {
        assert_eq!(parse(text).1, [("GE0105".to_owned(), line, 1)], "{text}");
    }
    assert_eq!(parse("---\na: 1\n").1, []);
}

#[test]
fn hostile_texts_are_refused_in_time() {
    for (text, code) in [
        ("[".repeat(50_000), "GE0101"),
        ("- ".repeat(50_000), "GE0104"),
        ((0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>(), "GE0104"),
        (
            "a: &x [1,1,1,1,1,1,1,1,1,1]\n".to_owned()
                + "b: &y [*x,*x,*x,*x,*x,*x,*x,*x]\n"
                + "c: &z [*y,*y,*y,*y,*y,*y,*y,*y,*y]\nd: &w [*z,*z,*z,*z,*z,*z,*z,*z,*z]\ne: &v [*w,*w,*w,*w,*w,*w,*w,*w,*w]\nf: [*v,*v,*v,*v,*v,*v,*v]\n",
            "GE0101",
        ),
    ] {
        let (root, findings) = parse(&text);
        assert!(root.is_none());
        assert_eq!(findings[0].0, code);
    }
}

#[test]
fn a_text_without_meaning_never_panics() {
    for text in [
        "\u{feff}",
        "\0",
        "%",
        "---",
        "...",
        "a: |",
        "a: |\n",
        "? a",
        "- -",
        "!!str",
        "*a",
        "&a",
        "a: !!int x",
        "\r",
        "\u{2028}",
    ] {
        let _ = parse(text);
    }
}

#[test]
fn every_kind_of_text_reads_back_in_every_position() {
    for text in [
        "",
        " ",
        "a",
        "1",
        "true",
        "null",
        "~",
        "- a",
        "a: b",
        "a #b",
        "it's",
        "\"",
        "\\",
        "\t",
        "한\n글",
        " a\nb",
        "a\n",
        "a\n\n",
        "\n",
        "a\r\nb",
        "e\u{301}",
        "2025-01-01",
    ] {
        let value = serde_json::json!({"k": text, "l": [text, {"m": text}], "n": 1});
        let map = value.as_object().expect("a map");
        let written = Emitter::DATA.map(map, "", 0);
        assert_eq!(parse(&written).0.map(|root| root.to_json()).as_ref(), Some(&value), "{written}");
        let written = flow(&value);
        assert_eq!(parse(&written).0.map(|root| root.to_json()).as_ref(), Some(&value), "{written}");
    }
}
