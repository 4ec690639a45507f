//! Tests that need Python packages. `.ci/run` installs them and names the Python that has them;
//! where it is not named, the test is skipped, except in CI.

use crate::support::repository;
use std::io::Write;
use std::process::Command;

/// The script of `tests/python` under the Python with the packages.
pub fn script(name: &str) -> Option<Command> {
    let Some(python) = std::env::var_os("SDK_PYTHON") else {
        assert!(std::env::var_os("CI").is_none(), "SDK_PYTHON is not set");
        writeln!(std::io::stderr(), "skipped: SDK_PYTHON names no Python with the packages of .ci/run")
            .expect("stderr");
        return None;
    };
    let mut command = Command::new(python);
    command.arg(repository().join("tests/python").join(name));
    Some(command)
}

/// Runs it and gives what it printed.
#[track_caller]
pub fn printed(command: &mut Command) -> String {
    let output = command.output().expect("Python runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}
