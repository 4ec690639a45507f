//! `rejected`: what planning remembers of candidates that did not prove themselves.

use super::Outcome;
use crate::cli::args::RejectedArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{layout, load};
use crate::ops::OpsError;
use crate::store::Ledger;

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
            output.data(&format!(
                "{}  {}  on space {}: {}",
                memory.candidate.short(),
                memory.at,
                memory.base.short(),
                memory.reason
            ));
        }
    }
    Ok(Exit::Ok)
}
