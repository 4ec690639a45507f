//! The official Python clients against `workspace serve`. Skipped, saying so, unless `SDK_PYTHON`
//! names a Python with `databricks-sdk` and `openai`; CI installs them.

use crate::support::{Project, Served, repository};
use std::io::Write;
use std::process::Command;

const WORLD: &str =
    "users: [{name: ann@example.com, token: token-of-ann}]\nendpoints: {model: {replies: replies.json}}\n";
const REPLIES: &str = r#"[{"contains": "json", "reply": {"a": 1}}, {"reply": "hello"}]"#;

#[test]
fn the_official_clients_are_served() {
    let Some(python) = std::env::var_os("SDK_PYTHON") else {
        writeln!(std::io::stderr(), "skipped: SDK_PYTHON names no Python with databricks-sdk and openai")
            .expect("stderr");
        return;
    };
    let project = Project::small();
    project.write("world.yaml", WORLD);
    project.write("replies.json", REPLIES);
    let server = Served::with(&project, &["--world", "world.yaml"]);
    let output = Command::new(python)
        .arg(repository().join("tests/it/sdk.py"))
        .args([&server.host, &server.token, "embedded-service-principal"])
        .env("DATABRICKS_CONFIG_FILE", "/dev/null")
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
