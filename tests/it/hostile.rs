//! Content that tries to steer whoever looks at it: inert in every form, and unchanged on the way.

use crate::support::Project;
use serde_json::Value;

const HOSTILE: &str = "- **bullet** \u{1b}[2J\u{1b}]0;x\u{7} \u{202e}evil\u{2066} \0 </details> ``` ```` --> --!> @everyone #12 \
                       GH-1 https://evil.example/x <script>alert(1)</script> <img src=x onerror=1> ##[error]x ##vso[task]y \
                       \u{9b}31m \u{7f} \u{200b} e\u{301}\r\n::set-output name=a::b\n  ::add-mask::c\n+ plus\n- minus\n";

/// Nothing that steers a terminal, hides text, or gives orders to a CI runner.
#[track_caller]
fn assert_inert(what: &str, text: &str) {
    let bad = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    assert_eq!(text.chars().find(bad), None, "{what}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{what} gives an order");
    assert!(!text.contains("##[") && !text.contains("##vso["), "{what} gives an order");
}

#[test]
fn hostile_content_is_inert_everywhere_and_arrives_unchanged() {
    let (project, _) = Project::applied();
    let long = "긴 줄 ".repeat(5_000);
    let text = format!("{HOSTILE}{long}\n");
    let quoted = serde_json::to_string(&text).expect("JSON").replace('\u{7f}', "\\u007f");
    project.edit("space.yaml", "description: Delivery trips.", &format!("description: {quoted}"));
    project.run(&["validate"]).exits(0);
    let planned = project.run(&["plan", "--no-learn", "--out", "hostile.json"]).exits(0);
    assert_inert("plan on stdout", &planned.out);
    assert_inert("plan on stderr", &planned.err);
    assert_inert("the plan file", &project.read("hostile.json"));

    for form in ["text", "markdown", "html", "sarif", "junit", "json"] {
        let shown = project.run(&["show", "hostile.json", "--format", form, "--full"]).exits(0);
        assert_inert(form, &shown.out);
        // Notes and test cases name the place only.
        let has_content = !["sarif", "junit"].contains(&form);
        assert!(!has_content || shown.out.contains("bullet"), "{form} still shows it");
        // Markup is nothing to a terminal and inside a fence, and a text like any other in JSON.
        if !["json", "text", "markdown"].contains(&form) {
            assert!(!shown.out.contains("<script"), "{form}");
        }
        if form == "markdown" {
            comment(&shown.out);
        }
        if form == "json" {
            assert!(shown.json()["changes"].to_string().contains("bullet"));
        }
    }

    project.apply("hostile.json");
    let state = project.json(".genie-enhance/state.json");
    let id = state["space_id"].as_str().expect("an id").to_owned();
    project.run(&["import", &id, "--out", "live.yaml"]).exits(0);
    assert_eq!(description(&project.run(&["export", "live.yaml"]).exits(0).json()), text, "to the byte");
    assert_inert("export", &project.run(&["export", "live.yaml"]).exits(0).out);
    assert_inert("drift", &project.run(&["drift", "--json"]).exits(0).out);
    assert_inert("state", &project.run(&["state", "show"]).exits(0).out);
    // A second plan finds nothing: no character was changed on the way.
    let again = project.run(&["plan", "--no-learn", "--json"]).exits(0).json();
    assert_eq!(again["changes"], serde_json::json!([]));
}

fn description(space: &Value) -> String {
    let tables = space["data_sources"]["tables"].as_array().expect("tables");
    let trips = tables.iter().find(|table| table["identifier"] == "fleet.ops.trips").expect("trips");
    let lines = trips["description"].as_array().expect("lines").iter();
    lines.filter_map(Value::as_str).collect()
}

/// Outside of its fence nothing of the content is markup, and the fence ends where it should.
fn comment(text: &str) {
    assert!(text.len() <= 60_000);
    assert_eq!(text.matches("<details>").count(), text.matches("\n</details>\n").count());
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if ticks.len() >= open.len() && line.trim_end() == ticks => fence = None,
            // Inside, every line stands behind its sign or its indentation.
            Some(_) => assert!(line.starts_with(['+', '-', ' ']), "{line}"),
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                let live = ["@everyone", "https://evil", "<script", "<img"];
                assert!(!live.iter().any(|mark| line.contains(mark)), "{line}");
            }
        }
    }
    assert_eq!(fence, None, "the fence is closed");
}

#[test]
fn broken_letters_are_refused() {
    let project = Project::small();
    project.write("lone.json", r#"{"version": 2, "title": "\ud800", "data_sources": {}}"#);
    let done = project.run(&["import", "lone.json", "--out", "lone.yaml"]).exits(3);
    assert!(done.err.contains("lone.json"), "{}", done.err);
}
