//! Projects in temporary folders, the real binary in a scrubbed environment, and the embedded
//! workspace as a process of its own.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_genie-enhance");

/// For everything that is waited for; a machine under load is slow, a hang is endless.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// The binary, with nothing of the developer's environment but the way to find programs.
pub fn binary(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// How a run of the binary ended.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the binary runs");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let done = Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
        assert!(!done.err.contains("panicked") && !done.err.contains("broke off"), "a panic: {done:?}");
        done
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stderr: {}\nstdout: {}", self.err, self.out);
        self
    }

    /// Checks that stderr holds a text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not in: {}", self.err);
        self
    }

    /// All of stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// A project in a folder of its own.
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// The small project of `tests/data`, untouched.
    pub fn small() -> Self {
        Self::copy_of(&repository().join("tests/data/small"))
    }

    /// The small project after one `plan --out plan.json`, which all tests share, and the plan.
    pub fn planned() -> (Self, Value) {
        static PLANNED: OnceLock<PathBuf> = OnceLock::new();
        let folder = PLANNED.get_or_init(|| {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planned");
            if kept.exists() {
                fs::remove_dir_all(&kept).expect("an earlier run's folder goes away");
            }
            copy(&repository().join("tests/data/small"), &kept);
            let done = Done::of(binary(&kept).args(["plan", "--json", "--out", "plan.json"])).exits(0);
            assert_eq!(done.json()["verdict"], "improved", "{}", done.err);
            kept
        });
        let project = Self::copy_of(folder);
        let plan = project.json("plan.json");
        (project, plan)
    }

    /// The small project applied: a live space stands in its workspace.
    pub fn applied() -> (Self, Value) {
        let (project, plan) = Self::planned();
        project.apply("plan.json");
        (project, plan)
    }

    pub fn copy_of(source: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(source, folder.path());
        Self { folder }
    }

    /// Keeps this project as it is, for copies of it.
    pub fn keep(&self, name: &str) -> PathBuf {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if kept.exists() {
            fs::remove_dir_all(&kept).expect("an earlier run's folder goes away");
        }
        copy(self.folder.path(), &kept);
        kept
    }

    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).expect("JSON")
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Replaces the first `from`, which must be there.
    #[track_caller]
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "`{from}` is not in {name}");
        self.write(name, &text.replacen(from, to, 1));
    }

    pub fn command(&self) -> Command {
        binary(self.folder.path())
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        Done::of(self.command().args(arguments))
    }

    /// Applies a plan file with its own id as approval.
    #[track_caller]
    pub fn apply(&self, plan: &str) -> Value {
        let id = self.json(plan)["id"].as_str().expect("an id").to_owned();
        self.run(&["apply", plan, "--approve", &id, "--json"]).exits(0).json()
    }

    /// Lines of the workspace's request log.
    pub fn requests(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path(".genie-enhance/workspace/requests.jsonl")).unwrap_or_default();
        // The last line may be on its way.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The questions in the request log, with the content that was asked.
    pub fn asked(&self) -> Vec<(String, String)> {
        let field = |entry: &Value, name: &str| entry[name].as_str().map(str::to_owned);
        self.requests().iter().filter_map(|entry| Some((field(entry, "content")?, field(entry, "question")?))).collect()
    }
}

pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file or folder of the shared data. Where it is absent the test is skipped, except in CI.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = repository().join("../shared/data").join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", found.display());
    writeln!(std::io::stderr(), "skipped: {} is not there", found.display()).expect("stderr");
    None
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Waits until `ready` gives something; it is asked often, and each time looks at a real sign.
#[track_caller]
pub fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// `workspace serve` over a project, stopped when dropped.
pub struct Served {
    child: Child,
    pub host: String,
    pub token: String,
}

impl Served {
    pub fn over(project: &Project) -> Self {
        Self::with(project, &[])
    }

    /// With further arguments, such as a world.
    pub fn with(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command();
        let mut child = command
            .args(["workspace", "serve"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the workspace starts");
        let (send, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("stdout"));
        // Ends with the process.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let value = |name: &str| {
            let line = lines.recv_timeout(DEADLINE).expect("the workspace says where it is");
            line.strip_prefix(name).unwrap_or_else(|| panic!("expected {name}, found {line}")).to_owned()
        };
        let (host, token) = (value("DATABRICKS_HOST="), value("DATABRICKS_TOKEN="));
        Self { child, host, token }
    }

    /// One request; the status and the JSON that came back.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let address = self.host.strip_prefix("http://").expect("plain HTTP on loopback");
        let mut stream = TcpStream::connect(address).expect("a connection");
        let body = body.map_or_else(String::new, Value::to_string);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// A space with its content.
    pub fn space(&self, id: &str) -> Value {
        let path = format!("/api/2.0/genie/spaces/{id}?include_serialized_space=true");
        let (status, space) = self.call("GET", &path, None);
        assert_eq!(status, 200, "{space}");
        space
    }

    /// Titles of all spaces that are there.
    pub fn titles(&self) -> Vec<String> {
        let (status, list) = self.call("GET", "/api/2.0/genie/spaces", None);
        assert_eq!(status, 200, "{list}");
        let spaces = list["spaces"].as_array().cloned().unwrap_or_default();
        spaces.iter().filter_map(|space| space["title"].as_str().map(str::to_owned)).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until the test process ends; gives the address.
pub fn serve(router: axum::Router) -> String {
    let (send, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            send.send(listener.local_addr().expect("an address")).expect("somebody waits");
            axum::serve(listener, router).await
        })
    });
    format!("http://{}", address.recv().expect("it serves"))
}
