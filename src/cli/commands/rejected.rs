//! `rejected`: what planning remembers of candidates that did not prove themselves.

use super::Outcome;
use crate::cli::args::RejectedArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{layout, load};
use crate::ops::OpsError;
use crate::render::escape::visible_line;
use crate::store::{Ledger, RejectedMemory};

pub fn run(args: &RejectedArgs, output: Output) -> Outcome {
    let loaded = load(&args.project)?;
    let ledger = Ledger::new(layout(&loaded.project).ledger());
    let known = ledger.all_rejected()?;
    if args.clear {
        ledger.forget_rejected(jiff::Timestamp::now())?;
        let told = if args.json {
            serde_json::json!({ "forgotten": known.len() }).to_string()
        } else {
            format!("Forgot {} rejected candidates; the next plan may try them again.", known.len())
        };
        output.data(&told);
    } else if args.json {
        output.data(&serde_json::to_string_pretty(&known).map_err(|error| OpsError::other(error.to_string()))?);
    } else if known.is_empty() {
        output.data("No candidate is remembered as rejected.");
    } else {
        for memory in &known {
            output.data(&told(memory));
        }
    }
    Ok(Exit::Ok)
}

/// What was proposed, what came of it, and when.
fn told(memory: &RejectedMemory) -> String {
    let (candidate, base) = (memory.candidate.short(), memory.base.short());
    let mut lines = match &memory.proposed {
        None => vec![format!("{candidate}  (noted by an older release)")],
        Some(proposed) => {
            let mut changes = proposed.changes.iter();
            let first = changes.next().map_or("", String::as_str);
            let mut lines = vec![format!("{candidate}  {}: {}", visible_line(&proposed.category), visible_line(first))];
            lines.extend(changes.map(|change| format!("          {}", visible_line(change))));
            lines.push(format!("          {}", visible_line(&proposed.text)));
            lines
        }
    };
    lines.push(format!("          {}", visible_line(&memory.reason)));
    lines.push(format!("          {} on space {base}", memory.at));
    lines.join("\n")
}
