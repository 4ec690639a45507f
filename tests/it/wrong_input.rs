//! Wrong input: a usage error that names the place and says what to do; never a panic.

use crate::support::Project;
use serde_json::json;

/// One file of the small project made wrong, and what `command` says about it.
#[track_caller]
fn declared(file: &str, from: &str, to: &str, says: &[&str]) {
    let project = Project::small();
    project.edit(file, from, to);
    for command in ["validate", "plan"] {
        let done = project.run(&[command]).exits(3);
        for text in says {
            assert!(done.err.contains(text), "{command}: `{text}` is not in: {}", done.err);
        }
        assert_eq!(done.out, "", "a failed command prints no data");
    }
    assert!(project.asked().is_empty(), "nothing is asked about files with mistakes");
}

#[test]
fn bad_yaml() {
    declared("genie.yaml", "target: {", "target: [{", &["GE0101", "genie.yaml:11:"]);
    declared("space.yaml", "config:\n", "config: [\n", &["GE0101", "space.yaml:9:"]);
}

#[test]
fn unknown_keys_are_told_with_the_key_that_was_meant() {
    declared("genie.yaml", "benchmarks:", "benchmark:", &["genie.yaml:8:1", "did you mean `benchmarks`?"]);
    declared("benchmarks/vans.yaml", "question: How", "qestion: How", &["vans.yaml:5:", "did you mean `question`?"]);
}

#[test]
fn empty_and_equal() {
    let asked = "question: How many vans do we have?";
    declared("benchmarks/vans.yaml", asked, "question: ''", &["GE0412", "vans.yaml:4:", "is empty"]);
    let (once, twice) = ("id: vans-by-site-1", "id: van-count-1");
    declared("benchmarks/vans.yaml", once, twice, &["GE0411", "vans.yaml:10:9", "first used at", "vans.yaml:4:9"]);
}

#[test]
fn files_that_are_not_there_or_no_files() {
    declared("genie.yaml", "definition: space.yaml", "definition: spcae.yaml", &["genie.yaml:7:15", "does not exist"]);
    declared("genie.yaml", "benchmarks/*.yaml", "questions/*.yaml", &["genie.yaml:9:", "no file matches"]);
    let project = Project::small();
    project.run(&["plan", "-f", "other.yaml"]).exits(3).says("other.yaml does not exist");
    project.run(&["plan", "-f", "data"]).exits(3).says("is a folder");
    for command in [&["compare"][..], &["export"], &["show"], &["import"]] {
        project.run(&[command, &["benchmarks"]].concat()).exits(3).says("benchmarks is a folder; name a file");
        project.run(&[command, &["nope.json"]].concat()).exits(3).says("nope.json does not exist");
    }
    project.edit("genie.yaml", "embedded: ./data", "embedded: ./tables");
    project.run(&["plan"]).exits(3).says("tables");
}

#[test]
fn mistakes_of_all_files_come_together() {
    let project = Project::small();
    project.edit("genie.yaml", "rounds: 2", "round: 2");
    project.edit("benchmarks/vans.yaml", "question: How many vans do we have?", "question: ''");
    project.edit("benchmarks/trips.yaml", "id: km-total-1", "id: trip-count-1");
    let done = project.run(&["validate"]).exits(3);
    for text in ["GE0201", "`rounds`", "GE0412", "GE0411", "3 errors"] {
        assert!(done.err.contains(text), "`{text}` is not in: {}", done.err);
    }
    let json = project.run(&["validate", "--json"]).exits(3).json();
    assert_eq!((&json["valid"], json["diagnostics"].as_array().map(Vec::len)), (&json!(false), Some(3)));
}

#[test]
fn gold_that_does_not_parse_or_names_no_table() {
    let project = Project::small();
    project.edit("benchmarks/vans.yaml", "SELECT COUNT(*) AS vans\n", "SELEC COUNT(*) AS vans\n");
    project.edit("benchmarks/vans.yaml", "FROM fleet.ops.drivers", "FROM fleet.ops.riders");
    let done = project.run(&["validate"]).exits(3).says("GE0417").says("vans.yaml:4:9");
    assert!(done.err.contains("van-count-1") && done.err.contains("skip: reason"), "{}", done.err);
    // A run goes on with the other questions, and lists these two with the reason.
    let plan = project.run(&["plan", "--no-learn", "--json", "--benchmarks", "benchmarks/vans.yaml"]).exits(0);
    let (plan, err) = (plan.json(), plan.err);
    for (id, why) in [("van-count-1", "PARSE_SYNTAX_ERROR"), ("driver-count-1", "fleet.ops.riders is not")] {
        let questions = plan["questions"].as_array().expect("questions");
        let question = questions.iter().find(|question| question["id"] == id).expect("listed");
        assert_eq!((&question["split"], &question["before"]), (&json!("out"), &json!("bad-gold")), "{question}");
        assert!(err.contains(id) && err.contains(why), "{err}");
    }
    assert!(err.contains("vans.yaml:4:9"), "{err}");
}

#[test]
fn a_space_whose_table_is_not_there() {
    let project = Project::small();
    project.edit("space.yaml", "identifier: fleet.ops.vans", "identifier: fleet.ops.wagons");
    let done = project.run(&["plan"]).exits(3).says("GE0502").says("fleet.ops.wagons");
    assert!(done.err.contains("space.yaml:17:"), "{}", done.err);
    assert!(project.requests().is_empty(), "no shadow is made of it");
}

#[test]
fn endless_lines() {
    let long = "x".repeat(10_000_000);
    let project = Project::small();
    let question = format!("  - id: long\n    question: {long}\n    sql: SELECT 1\n");
    project.write("benchmarks/vans.yaml", &format!("{}{question}", project.read("benchmarks/vans.yaml")));
    let done = project.run(&["validate"]).exits(3).says("GE0115").says("longer than 5 MB");
    assert!(done.err.contains("vans.yaml:74"), "{}", done.err);
    assert!(done.err.len() < 2_000, "the line itself is not shown");
    let sums = format!("questions: [{{id: a, question: b, sql: \"SELECT 1{}\"}}]\n", " + 1".repeat(100_000));
    project.write("benchmarks/vans.yaml", &sums);
    project.run(&["validate"]).exits(3).says("GE0417");
    project.write("long.json", &format!("{{\"version\": 2, \"x\": \"{long}\"}}"));
    project.run(&["compare", "long.json"]).exits(3);
    project.write("deep.json", &"[".repeat(10_000_000));
    project.run(&["import", "deep.json"]).exits(3);
    project.run(&["compare", "deep.json"]).exits(3);
    project.run(&["show", "deep.json"]).exits(3);
}

#[test]
fn init_wants_tables_and_a_new_place() {
    let project = Project::small();
    std::fs::create_dir(project.path("nothing")).expect("a folder");
    project.run(&["init", "--from", "nothing", "--to", "new"]).exits(3).says("GE0212").says("holds no tables");
    project.run(&["init", "--from", "nowhere", "--to", "new"]).exits(3).says("nowhere does not exist");
    project.run(&["init", "--from", "genie.yaml", "--to", "new"]).exits(3).says("is not a folder");
    project.run(&["init", "--from", "data", "--to", "."]).exits(3).says("genie.yaml exists");
    assert!(!project.path("new/genie.yaml").exists());
}

#[test]
fn plans_that_are_none_or_another_one() {
    let (project, plan) = Project::planned();
    project.write("garbage.json", "garbage");
    project.run(&["show", "garbage.json"]).exits(3).says("not valid JSON");
    project.run(&["apply", "garbage.json"]).exits(3).says("make the plan again");
    let text = project.read("plan.json");
    let at = text.find("\"support\": ").expect("a number") + "\"support\": ".len();
    project.write("flipped.json", &format!("{}9{}", &text[..at], &text[at + 1..]));
    let id = plan["id"].as_str().expect("an id");
    project.run(&["apply", "flipped.json", "--approve", id]).exits(3).says("was changed after it was written");
    project.run(&["show", "flipped.json"]).exits(3).says("was changed after it was written");
    project.run(&["apply", "0123abcd"]).exits(3).says("there is no plan `0123abcd`").says(&id[..8]);
    project.run(&["apply", "--approve", id, "nope.json"]).exits(3).says("nope.json does not exist");
    assert!(!project.path(".genie-enhance/state.json").exists());
    let bare = Project::small();
    bare.run(&["apply"]).exits(3).says("there are no plans yet");
    bare.run(&["rollback"]).exits(3).says("nothing was applied yet");
}

#[test]
fn arguments() {
    let project = Project::small();
    project.run(&["frobnicate"]).exits(3).says("unrecognized subcommand");
    project.run(&["plna"]).exits(3).says("'plan'");
    project.run(&["plan", "--frob"]).exits(3).says("--frob");
    project.run(&["plan", "--genie-concurrent", "many"]).exits(3).says("invalid value 'many'");
    project.run(&["plan", "--var", "x"]).exits(3).says("write --var name=value");
    project.run(&["explain", "GE9999"]).exits(3).says("GE0101");
    project.run(&["schema", "nope"]).exits(3).says("project, space, benchmarks");
    project.run(&[]).exits(3).says("Usage");
}

/// A file of the small project with these bytes, and what `validate` says about it.
#[track_caller]
fn bytes(file: &str, bytes: &[u8], says: &[&str]) {
    let project = Project::small();
    std::fs::write(project.path(file), bytes).expect("written");
    let done = project.run(&["validate"]).exits(3);
    for text in says {
        assert!(done.err.contains(text), "`{text}` is not in: {}", done.err);
    }
    assert!(done.err.len() < 4_000, "what is wrong is told, not shown whole: {} bytes", done.err.len());
}

#[test]
fn encodings_and_line_ends() {
    let project = Project::small();
    for file in ["genie.yaml", "space.yaml", "benchmarks/vans.yaml"] {
        project.write(file, &format!("\u{feff}{}", project.read(file).replace('\n', "\r\n")));
    }
    project.run(&["validate", "--strict"]).exits(0);
    let plain = Project::small().run(&["export", "space.yaml"]).exits(0).out;
    assert_eq!(project.run(&["export", "space.yaml"]).exits(0).out, plain, "line ends change no content");
    bytes("genie.yaml", b"version: 1\nbenchmarks: [\xff\xfe]\n", &["GE0113", "line 2"]);
    bytes("space.yaml", b"\xff\xfev\0e\0r\0", &["GE0113"]);
    bytes("genie.yaml", b"version: 1\ntarget:\n\tscore: 1\n", &["GE0102", "genie.yaml:3:"]);
    bytes("genie.yaml", b"version: 1\nbenchmarks: ['\0']\n", &["genie.yaml:2:"]);
}

#[test]
fn yaml_that_is_no_plain_data() {
    bytes("genie.yaml", b"", &["GE0103"]);
    bytes("genie.yaml", b"version: 1\nversion: 1\n", &["GE0107", "genie.yaml:2:1"]);
    bytes("genie.yaml", b"version: 1\n---\nversion: 1\n", &["GE0105", "genie.yaml:2:1"]);
    bytes("genie.yaml", b"version: !!python/object:os.system 1\n", &["GE0106"]);
    bytes("genie.yaml", "[".repeat(100_000).as_bytes(), &["genie.yaml:1:"]);
    bytes("genie.yaml", "- ".repeat(5_000).as_bytes(), &["GE0104"]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", ")));
    }
    bytes("space.yaml", bomb.as_bytes(), &["GE0101", "space.yaml:"]);
    bytes("genie.yaml", bomb.as_bytes(), &["GE0101"]);
}

#[test]
fn files_too_large_and_folders_that_lead_nowhere() {
    let huge = "# filler\n".repeat(2_400_000);
    bytes("benchmarks/vans.yaml", huge.as_bytes(), &["GE0114", "vans.yaml is larger than 20 MB"]);
    let project = Project::small();
    std::os::unix::fs::symlink("loop.yaml", project.path("benchmarks/loop.yaml")).expect("a link");
    std::os::unix::fs::symlink(".", project.path("benchmarks/round")).expect("a link");
    project.edit("genie.yaml", "benchmarks/*.yaml", "benchmarks/**/*.yaml");
    project.run(&["validate"]).exits(0);
    project.edit("genie.yaml", "benchmarks/**/*.yaml", "benchmarks/loop.yaml");
    project.run(&["validate"]).exits(3).says("GE0112").says("loop.yaml");
    project.run(&["validate", "-f", "benchmarks/round/round/loop.yaml"]).exits(3).says("GE0112");
}

#[cfg(unix)]
#[test]
fn folders_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::small();
    let folder = project.path("benchmarks");
    let allow = |mode: u32| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).expect("changed");
    allow(0o000);
    let is_root = std::fs::read_dir(&folder).is_ok();
    let done = project.run(&["validate"]);
    allow(0o755);
    // Nothing is refused to root, as which some containers run.
    let expected = if is_root { 0 } else { 3 };
    done.exits(expected);
}

#[test]
fn projects_that_contradict_themselves() {
    let wrong = |from: &str, to: &str, says: &[&str]| declared("genie.yaml", from, to, says);
    wrong("version: 1\n", "", &["GE0203", "lacks `version`"]);
    wrong("embedded: ./data", "embedded: ./data\n  host: https://x.example", &["GE0207", "exclude each other"]);
    wrong("as_of: 2025-06-30", "as_of: 2025-02-30", &["GE0208", "not a day of the calendar"]);
    wrong("target:", "guards: [{rule: changes}, {rule: changes}]\ntarget:", &["GE0209", "declared twice"]);
    wrong("definition: space.yaml", "id: abc", &["GE0210", "32 hexadecimal"]);
}

#[test]
fn spaces_that_the_service_may_refuse() {
    let project = Project::small();
    project.edit("space.yaml", "Be brief.", &"Be brief. ".repeat(3_000));
    project.run(&["validate"]).exits(3).says("GE0315");
    let project = Project::small();
    project.edit("space.yaml", "    - identifier: fleet.ops.drivers\n", "    - identifier: drivers\n");
    let joins = "  join_specs:
    - id: 3a5c7e91b2d4f60817293a4b5c6d7e8f
      left: {identifier: fleet.ops.trips, alias: trips}
      right: {identifier: fleet.ops.vans, alias: vans}
      sql:
        - '`trips`.`van_ref` > `vans`.`van_id`'
        - '--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--'
";
    project.edit("space.yaml", "\nbenchmarks:\n", &format!("{joins}\nbenchmarks:\n"));
    let many: String = (0..31).map(|at| format!("    - identifier: fleet.ops.t{at}\n")).collect();
    project.edit("space.yaml", "  tables:\n", &format!("  tables:\n{many}"));
    let done = project.run(&["validate"]);
    for code in ["GE0325", "GE0324", "GE0316"] {
        assert!(done.err.contains(code), "{code} is not in: {}", done.err);
    }
}
