//! Ctrl-C where somebody is asked and in a way back; holders of a shared lock that die; state that
//! cannot be written, or has no folder yet.

use super::stage::{AFTER, BEFORE, Stage, WAYS};
use super::{PATCH, fault};
use crate::support::{Project, Served, wait_for};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().expect("kill runs").success());
}

/// Runs the program at a terminal of its own, whose keys are the child's standard input.
fn at_a_terminal(project: &Project, arguments: &[&str]) -> Child {
    let plain = project.command();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let words: Vec<String> = std::iter::once(plain.get_program().to_str().expect("UTF-8"))
        .chain(arguments.iter().copied())
        .map(quoted)
        .collect();
    let mut command = Command::new("script");
    command.args(["-qefc", &format!("exec {}", words.join(" ")), "/dev/null"]);
    command.current_dir(plain.get_current_dir().expect("a folder"));
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a terminal")
}

/// Reads on until `wanted` was said.
fn hears(out: &mut impl Read, wanted: &str) {
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&heard).contains(wanted) {
        assert_eq!(out.read(&mut byte).expect("a byte"), 1, "ended with {}", String::from_utf8_lossy(&heard));
        heard.push(byte[0]);
    }
}

#[test]
fn ctrl_c_where_the_apply_asks() {
    for way in WAYS {
        // One declines with Ctrl-C, one with another word.
        for keys in ["\u{3}", "no\n"] {
            let stage = Stage::of(way);
            let mut child = at_a_terminal(&stage.project, &["apply", stage.plan()]);
            let mut out = child.stdout.take().expect("stdout");
            hears(&mut out, "Type 'yes'");
            let held = stage.project.run(&["lock", "list", "--json"]).exits(0).json();
            assert_eq!(held.as_array().map(Vec::len), Some(1), "the lock is held while somebody thinks: {held}");
            child.stdin.take().expect("keys").write_all(keys.as_bytes()).expect("typed");
            let mut rest = String::new();
            out.read_to_string(&mut rest).expect("text");
            assert_eq!(child.wait().expect("ends").code(), Some(9), "{rest}");
            stage.untouched();
            assert_eq!(stage.project.run(&["lock", "list", "--json"]).exits(0).json(), json!([]), "{rest}");
            assert!(!stage.project.read(".genie-enhance/journal.jsonl").contains(&stage.id), "nothing was intended");
            let done = stage.apply().exits(0);
            assert!(!done.err.contains("did not end well") && !done.err.contains("cut short"), "{}", done.err);
            stage.check(&done);
            stage.converged();
        }
    }
}

#[test]
fn ctrl_c_in_the_middle_of_a_way_back() {
    for way in WAYS {
        let stage = Stage::of(way);
        stage.apply().exits(0);
        stage.project.run(&["rollback", "--out", "back.json"]).exits(0);
        let id = stage.project.json("back.json")["id"].as_str().expect("an id").to_owned();
        stage.world(&fault(PATCH, "effect: delay, delay: 10m"));
        let mut command = stage.project.command();
        command.args(["apply", "back.json", "--approve", &id, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let journal = stage.project.path(".genie-enhance/journal.jsonl");
        wait_for("the intent", || std::fs::read_to_string(&journal).ok().filter(|text| text.contains(&id)));
        signal(&child, "-INT");
        let mut told = BufReader::new(child.stderr.take().expect("stderr")).lines().map_while(Result::ok);
        assert!(told.any(|line| line.contains("finished first")), "the first one is answered");
        signal(&child, "-INT");
        let rest: Vec<String> = told.collect();
        assert_eq!(child.wait().expect("ends").code(), Some(9), "{rest:?}");
        assert!(stage.live().contains(AFTER), "the write never arrived");
        // The way back is gone again, and arrives.
        stage.calm();
        let done = stage.project.run(&["apply", "back.json", "--approve", &id, "--json"]).exits(0);
        assert!(done.err.contains("cut short before its write"), "{}", done.err);
        stage.check(&done);
        assert!(stage.live().contains(BEFORE) && !stage.live().contains(AFTER), "{}", stage.live());
        let state = stage.project.json(".genie-enhance/state.json");
        let applied = state["applied"].as_array().expect("a list");
        assert_eq!((applied.len(), &applied[2]["after_digest"]), (3, &applied[0]["after_digest"]));
    }
}

/// A served workspace, and a checkout whose edit of the space is planned.
struct Remote {
    workspace: Project,
    server: Served,
    project: Project,
    id: String,
}

impl Remote {
    /// `state`: a line of the project file, or nothing.
    fn planned(state: &str) -> Self {
        let workspace = Project::small();
        let server = Served::over(&workspace);
        let project = Project::small();
        project.write(
            "benchmarks/one.yaml",
            "questions:\n  - {id: a, question: How many vans?, sql: SELECT COUNT(*) FROM fleet.ops.vans}\n",
        );
        project.edit("genie.yaml", "benchmarks/*.yaml", "benchmarks/one.yaml");
        let host = format!("host: {}\n", server.host);
        project.edit("genie.yaml", "embedded: ./data\n  as_of: 2025-06-30\n", &host);
        project.edit("genie.yaml", "version: 1\n", &format!("version: 1\n{state}"));
        let mut remote = Self { workspace, server, project, id: String::new() };
        remote.plan("first.json");
        remote.succeeds(&["apply", "first.json", "--approve", &remote.id.clone(), "--json"]);
        remote.project.edit("space.yaml", BEFORE, AFTER);
        remote.plan("next.json");
        remote
    }

    fn plan(&mut self, out: &str) {
        self.succeeds(&["plan", "--no-learn", "--out", out]);
        self.id = self.project.json(out)["id"].as_str().expect("an id").to_owned();
    }

    fn command(&self) -> Command {
        let mut command = self.project.command();
        command.env("DATABRICKS_TOKEN", &self.server.token);
        command
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The instruction that is live.
    fn live(&self) -> String {
        let state: Value = serde_json::from_str(&self.succeeds(&["state", "show", "--json"])).expect("JSON");
        self.server.space(state["space_id"].as_str().expect("an id"))["serialized_space"].to_string()
    }
}

#[test]
fn a_dead_holders_shared_lock_ends_with_its_time() {
    let remote = Remote::planned("state: /Volumes/main/ops/state/vans\n");
    // A program at its question, with the lock in its hands, dies.
    let line = ["apply", "next.json"];
    let mut command = at_a_terminal_of(&remote, &line);
    let mut out = command.stdout.take().expect("stdout");
    hears(&mut out, "Type 'yes'");
    let lock = remote.workspace.path(".genie-enhance/workspace/files/Volumes/main/ops/state/vans/lock/lock.json");
    let mut record: Value = serde_json::from_slice(&std::fs::read(&lock).expect("a lock")).expect("JSON");
    let holder = record["pid"].as_u64().expect("a process").to_string();
    assert!(Command::new("kill").args(["-KILL", &holder]).status().expect("kill runs").success());
    command.wait().expect("gone");
    let again = |code: i32| {
        let mut next = remote.command();
        let output = next.args(["apply", "next.json", "--approve", &remote.id, "--json"]).output().expect("runs");
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // Its time is not up: nobody knows that it is dead.
    let told = again(8);
    assert!(told.contains(&format!("process {holder}")) && told.contains("until"), "{told}");
    assert!(remote.live().contains(BEFORE));
    // The time passes.
    record["expires"] = json!("2025-01-01T00:00:00Z");
    std::fs::write(&lock, record.to_string()).expect("written");
    again(0);
    assert!(remote.live().contains(AFTER));
    assert!(!lock.exists(), "given back");
}

fn at_a_terminal_of(remote: &Remote, arguments: &[&str]) -> Child {
    let token = format!("DATABRICKS_TOKEN={}", remote.server.token);
    let program = remote.project.command().get_program().to_str().expect("UTF-8").to_owned();
    let words = [&["env", &token, &program], arguments].concat().join(" ");
    let mut command = Command::new("script");
    command.args(["-qefc", &format!("exec {words}"), "/dev/null"]).current_dir(remote.project.path(""));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a terminal")
}

/// The project's own folder on a disk that takes no writes, for the time of one command; none
/// where this user may mount nothing.
fn on_a_read_only_disk(remote: &Remote, arguments: &[&str]) -> Option<std::process::Output> {
    let own = remote.project.path(".genie-enhance");
    let own = own.to_str().expect("UTF-8");
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" || exit 99; shift; exec \"$@\"";
    let plain = remote.command();
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh", own]).arg(plain.get_program()).args(arguments);
    command.current_dir(remote.project.path("")).env("DATABRICKS_TOKEN", &remote.server.token);
    let output = command.output().ok()?;
    (output.status.code() != Some(99) && !String::from_utf8_lossy(&output.stderr).contains("unshare")).then_some(output)
}

#[test]
fn a_state_on_a_read_only_disk_stops_the_apply_before_its_write() {
    let remote = Remote::planned("");
    let apply = ["apply", "next.json", "--approve", &remote.id, "--json"];
    let Some(output) = on_a_read_only_disk(&remote, &apply) else {
        writeln!(std::io::stderr(), "skipped: nothing can be mounted here").expect("stderr");
        return;
    };
    let told: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let message = told["error"]["message"].as_str().expect("a message");
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(message.contains(".genie-enhance") && message.to_lowercase().contains("read-only"), "{message}");
    assert!(remote.live().contains(BEFORE), "nothing was written");
    // The same on a disk that takes writes.
    remote.succeeds(&apply);
    assert!(remote.live().contains(AFTER));
}

#[test]
fn a_state_in_a_folder_that_is_not_there_makes_it() {
    let remote = Remote::planned("state: far/away/vans.json\n");
    remote.succeeds(&["apply", "next.json", "--approve", &remote.id, "--json"]);
    assert!(remote.live().contains(AFTER));
    assert_eq!(remote.project.json("far/away/vans.json")["serial"], 2);
    // It went away again: the state is lost, which is told, and nothing is made anew over it.
    std::fs::remove_dir_all(remote.project.path("far")).expect("removed");
    let output = remote.command().args(["state", "show", "--json"]).output().expect("runs");
    assert!(!remote.project.path("far/away/vans.json").exists(), "{}", String::from_utf8_lossy(&output.stdout));
}
