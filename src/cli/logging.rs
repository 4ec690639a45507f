//! Logs on stderr through `tracing`.

use super::args::{Global, LogFormat};
use tracing_subscriber::EnvFilter;

/// Installs the log; a filter that does not parse falls back to warnings, and says so.
pub fn install(global: &Global) {
    let (filter, bad) = match EnvFilter::try_new(&global.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("warn"), Some(error)),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let installed = match global.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if let (Ok(()), Some(error)) = (installed, bad) {
        tracing::warn!("--log {}: {error}; logging warnings only", global.log);
    }
}
