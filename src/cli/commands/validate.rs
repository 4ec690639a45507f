//! `validate`: every mistake in the declared files, at once.

use super::Outcome;
use crate::cli::args::ValidateArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{gold_findings, load};
use crate::model::Diagnostic;
use crate::ops::{OpsError, held_answers};
use crate::render;

pub fn run(args: &ValidateArgs, output: Output) -> Outcome {
    let (findings, summary) = match load(&args.project) {
        Ok(loaded) => {
            let broken = gold_findings(&loaded);
            if !broken.is_empty() {
                return tell(args, broken.into_iter().chain(loaded.warnings).collect(), None, output);
            }
            let summary = format!(
                "{} is valid: {} questions{}",
                args.project.file.display(),
                loaded.suite.questions.len(),
                if loaded.space.is_some() { ", a declared space" } else { "" }
            );
            let held = loaded.space.as_ref().map(|declared| held_answers(&declared.space, &loaded.suite));
            let findings = loaded.warnings.into_iter().chain(held.into_iter().flatten()).collect();
            (findings, Some(summary))
        }
        Err(OpsError::Declared(findings)) => (findings, None),
        Err(error) => return Err(error),
    };
    tell(args, findings, summary, output)
}

fn tell(args: &ValidateArgs, findings: Vec<Diagnostic>, summary: Option<String>, output: Output) -> Outcome {
    let failed = summary.is_none() || (args.strict && !findings.is_empty());
    if args.json {
        let json = serde_json::json!({ "valid": !failed, "diagnostics": findings });
        output.data(&serde_json::to_string_pretty(&json).map_err(|error| OpsError::other(error.to_string()))?);
    } else {
        show(&findings, output);
        if let Some(summary) = summary {
            output.data(&summary);
        }
    }
    Ok(if failed { Exit::Usage } else { Exit::Ok })
}

fn show(findings: &[Diagnostic], output: Output) {
    if !findings.is_empty() {
        output.message(&render::diagnostics_terminal(findings, &output.style_err()));
    }
}
