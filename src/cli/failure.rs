//! Failures as one JSON document, for commands that were asked for JSON.

use super::exit::Exit;
use super::record::in_full;
use crate::ops::OpsError;
use serde_json::{Value, json};

/// `{"error": {"exit_code", "status", "message", "causes", "help", "diagnostics", "moved"}}`; `moved`
/// is what stands where an apply was refused.
pub fn document(error: &OpsError) -> String {
    let mut causes = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    let moved = match error {
        OpsError::Moved(moved) => moved.json(),
        _ => Value::Null,
    };
    let help = match error {
        OpsError::Client(client) => client.help().map(|help| help.to_string()),
        _ => None,
    };
    let diagnostics = match error {
        OpsError::Declared(findings) => json!(findings),
        _ => json!([]),
    };
    write(Exit::of(error), &in_full(error), [json!(causes), json!(help), diagnostics, moved])
}

/// The same for a failure that is no [`OpsError`]: a wrong command line, an interruption.
pub fn plain(exit: Exit, message: &str) -> String {
    write(exit, message, [json!([]), Value::Null, json!([]), Value::Null])
}

fn write(exit: Exit, message: &str, [causes, help, diagnostics, moved]: [Value; 4]) -> String {
    let error = json!({
        "exit_code": exit as u8, "status": exit.name(), "message": message, "causes": causes, "help": help,
        "diagnostics": diagnostics, "moved": moved,
    });
    format!("{:#}", json!({ "error": error }))
}
