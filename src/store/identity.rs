//! Who runs this, and where: for locks and records.

use std::process::Command;

/// A person or a job on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub who: String,
    pub host: String,
    pub pid: u32,
}

impl Identity {
    /// The identity of this process. `GENIE_ENHANCE_ACTOR` names who stands behind a CI job.
    pub fn current() -> Self {
        let who = ["GENIE_ENHANCE_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "USERNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        Self { who: who.unwrap_or_else(|| "unknown".to_owned()), host: host_name(), pid: std::process::id() }
    }
}

fn host_name() -> String {
    let known = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let asked = || {
        let output = Command::new("hostname").output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let name = known.or_else(asked).unwrap_or_default();
    match name.trim() {
        "" => "unknown".to_owned(),
        name => name.to_owned(),
    }
}
