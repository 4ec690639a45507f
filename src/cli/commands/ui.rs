//! `ui`: the dashboard, served to this machine; or its views as one file.

use super::Outcome;
use crate::cli::args::UiArgs;
use crate::cli::dashboard;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::write_text;
use crate::ops::OpsError;
use crate::ui::{self, RunStatus, UiOptions};

pub async fn run(args: &UiArgs, output: Output) -> Outcome {
    let (hub, actions) = match (args.demo, &args.report) {
        (true, Some(_)) => ui::demo(None),
        (true, None) => ui::demo(Some(1.0)),
        (false, _) => dashboard::open(&args.project, args.run.as_deref(), output)?,
    };
    if let Some(path) = &args.report {
        if hub.look(|run| run.status == RunStatus::Idle && run.batches.is_empty()) {
            return Err(OpsError::other("no run is recorded yet, so there is nothing to report; make a plan first"));
        }
        write_text(path, &ui::report(&hub.run()))?;
        output.message(&format!("wrote {}", path.display()));
        if args.json {
            output.data(&serde_json::json!({ "written": [path.display().to_string()] }).to_string());
        }
        return Ok(Exit::Ok);
    }
    let options = UiOptions { port: args.port, open: args.open, ..UiOptions::default() };
    let mut served = ui::serve(options, hub, actions).await.map_err(|error| OpsError::other(error.to_string()))?;
    output.data(&match args.json {
        true => serde_json::json!({ "url": served.url_with_token }).to_string(),
        false => served.url_with_token.clone(),
    });
    output.message("serving to this machine until interrupted (Ctrl-C); whoever has the link can do all that it shows");
    served.wait().await;
    Ok(Exit::Ok)
}
