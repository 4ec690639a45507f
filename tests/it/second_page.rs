//! The second page: its README is played line by line, and its scripts decide as it says.

use crate::support::{Project, repository};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// A copy of the example, and a shell in it with the binary on the path.
fn example() -> Project {
    Project::copy_of(&repository().join("examples/ci"))
}

fn shell(project: &Project, script: &str, path: &str) -> Output {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_genie-enhance"));
    let programs = binary.parent().expect("a folder").display().to_string();
    let inherited = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(project.path("."));
    command.env_clear().env("HOME", project.path(".")).env("PATH", format!("{path}:{programs}:{inherited}"));
    for name in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{name}_NAME"), "T").env(format!("GIT_{name}_EMAIL"), "t@example.com");
    }
    command.env("GITHUB_REPOSITORY", "o/r").output().expect("bash runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_page_plays_as_it_is_written() {
    let page = fs::read_to_string(repository().join("examples/ci/README.md")).expect("the page");
    let script: String = page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(script.lines().count() > 40, "the page has a script");
    let project = example();
    let played = shell(&project, &script, ".");
    assert!(played.status.success(), "stdout: {}\nstderr: {}", text(&played.stdout), text(&played.stderr));

    // What the page promises.
    let plan = project.json("plan.json");
    assert_eq!(plan["verdict"], "improved");
    let state = project.json(".genie-enhance/state.json");
    assert_eq!(state["applied"][1]["plan_id"], plan["id"]);
    let comment = project.read("comment.md");
    assert!(comment.starts_with("<!-- genie-enhance {") && comment.len() <= 60_000);
    let declared = project.read("space.yaml");
    assert!(declared.contains("ask #fleet"), "the edit was taken over, and stays on the way back");
    let first = fs::read_to_string(repository().join("examples/ci/space.yaml")).expect("the space");
    assert_eq!(declared.lines().count(), first.lines().count(), "the plan's change is gone again: {declared}");
    assert_eq!(state["applied"].as_array().map(Vec::len), Some(3));
}

/// `gh` that answers from files: `gh api [--paginate] PATH` prints the file of the path's last word.
fn with_forge(project: &Project) {
    let gh = "#!/usr/bin/env bash\nfor word in \"$@\"; do case $word in repos/*) path=$word;; esac; done\n\
              echo \"$*\" >> calls\ncat \"forge/${path##*/}.json\"\n";
    project.write("gh", gh);
    fs::set_permissions(project.path("gh"), fs::Permissions::from_mode(0o755)).expect("changed");
    fs::create_dir(project.path("forge")).expect("a folder");
}

#[test]
fn only_what_was_approved_as_it_was_merged_counts() {
    let project = example();
    with_forge(&project);
    let here = project.path(".").display().to_string();
    let id = "ab".repeat(32);
    let marker =
        |truncated: bool| json!({"v": 1, "plan": format!("sha256:{id}"), "truncated": truncated, "space": "s"});
    let put = |name: &str, value: serde_json::Value| project.write(&format!("forge/{name}.json"), &value.to_string());
    let comments = |truncated: bool| {
        let bot = json!({"id": 7, "user": {"type": "Bot"}, "body": format!("<!-- genie-enhance {} -->\n### Plan", marker(truncated))});
        let forged = json!({"id": 8, "user": {"type": "User"}, "body": "<!-- genie-enhance {\"plan\":\"sha256:00\",\"truncated\":false,\"space\":\"s\"} -->"});
        json!([forged, bot])
    };
    let review = |who: &str, state: &str, commit: &str, role: &str| json!({"user": {"login": who}, "state": state, "commit_id": commit, "author_association": role});
    put("pulls", json!([{"number": 3, "merged_at": "x", "head": {"sha": "h"}, "user": {"login": "ann"}}]));
    put("comments", comments(false));
    let approval = || shell(&project, "scripts/approval.sh c0ffee", &here);

    put("reviews", json!([review("bob", "APPROVED", "h", "MEMBER")]));
    let approved = approval();
    assert_eq!(
        (approved.status.success(), text(&approved.stdout).trim()),
        (true, id.as_str()),
        "{}",
        text(&approved.stderr)
    );
    for refused in [
        json!([]),
        json!([review("bob", "APPROVED", "older", "MEMBER")]),
        json!([review("ann", "APPROVED", "h", "OWNER")]),
        json!([review("eve", "APPROVED", "h", "NONE")]),
        json!([review("bob", "APPROVED", "h", "MEMBER"), review("bob", "DISMISSED", "h", "MEMBER")]),
        json!([review("bob", "APPROVED", "h", "MEMBER"), review("cid", "CHANGES_REQUESTED", "h", "MEMBER")]),
    ] {
        put("reviews", refused.clone());
        assert!(!approval().status.success(), "{refused}");
    }
    put("reviews", json!([review("bob", "APPROVED", "h", "MEMBER")]));
    put("comments", comments(true));
    let cut = approval();
    assert!(!cut.status.success() && text(&cut.stderr).contains("does not show all changes"), "{}", text(&cut.stderr));

    // The comment is put over the earlier one of its space, and beside that of another space.
    for (space, expected) in
        [("s", "--method PATCH repos/o/r/issues/comments/7"), ("t", "--method POST repos/o/r/issues/3/comments")]
    {
        put("7", json!(null));
        project.write("comment.md", &format!("<!-- genie-enhance {} -->\n", json!({"space": space})));
        let put = shell(&project, "scripts/comment.sh 3 comment.md", &here);
        assert!(put.status.success(), "{}", text(&put.stderr));
        assert!(
            project.read("calls").lines().last().is_some_and(|call| call.contains(expected)),
            "{}",
            project.read("calls")
        );
    }
}

#[test]
fn the_job_runs_the_binary_and_takes_drift_for_news() {
    let project = example();
    let binary = env!("CARGO_BIN_EXE_genie-enhance");
    let run = |arguments: &str| {
        let script = format!("DATABRICKS_TOKEN=t python3 src/run.py {binary} w {arguments}");
        shell(&project, &script, ".").status.code()
    };
    assert_eq!(run("validate"), Some(0));
    assert_eq!(run("validate -f nope.yaml"), Some(3));
    project.write("genie.yaml", &format!("{}\n\n\n", project.read("genie.yaml")));
    assert_eq!(run("fmt --check"), Some(0), "2 is news");
}
