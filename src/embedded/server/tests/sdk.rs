//! The official Python SDK against the server. Skipped unless `SDK_PYTHON` names a Python with
//! `databricks-sdk` installed.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdk_is_served() {
    let Ok(python) = std::env::var("SDK_PYTHON") else {
        eprintln!("skipped: SDK_PYTHON names no Python with databricks-sdk");
        return;
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"[{"reply": "hello"}]"#).unwrap();
    let server = serve(world(&format!("endpoints: {{m: {{replies: {:?}}}}}", file.path())), None).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/embedded/server/tests/sdk.py");
    let output = tokio::process::Command::new(python)
        .args([script, &server.url, &server.token, &server.client_id])
        .env("DATABRICKS_CONFIG_FILE", "/dev/null")
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
