//! `explain`, `schema` and `completions`: what the program knows about itself.

use super::Outcome;
use crate::cli::args::{Cli, CompletionsArgs, ExplainArgs, SchemaArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::embedded::world::World;
use crate::ops::OpsError;
use crate::{config, guard};
use clap::CommandFactory;

pub fn explain(args: &ExplainArgs, output: Output) -> Outcome {
    if args.code == "guards" {
        output.data(guard::reference().trim_end());
        return Ok(Exit::Ok);
    }
    let code = config::codes().iter().find(|code| code.code.eq_ignore_ascii_case(&args.code));
    let text = match (code, guard::find(&args.code)) {
        (Some(code), _) => format!("{}: {}\n\n{}", code.code, code.title, code.explanation),
        (None, Some(guard)) => format!("{}: guard `{}`\n\n{}", guard.code(), guard.rule(), guard.explain()),
        (None, None) => {
            let guards = guard::all().iter().map(|guard| guard.rule()).collect::<Vec<_>>().join(", ");
            return Err(OpsError::usage(format!(
                "there is no code or guard `{}`; codes look like GE0101, the guards are {guards}",
                args.code
            )));
        }
    };
    output.data(&text);
    Ok(Exit::Ok)
}

pub fn schema(args: &SchemaArgs, output: Output) -> Outcome {
    let mut schemas = config::schemas();
    schemas.push(("world.schema.json", config::schema_text::<World>()));
    let wanted = format!("{}.schema.json", args.name.trim_end_matches(".schema.json"));
    let found = schemas.iter().find(|(name, _)| *name == wanted);
    let (_, text) = found.ok_or_else(|| {
        let names: Vec<&str> = schemas.iter().map(|(name, _)| name.trim_end_matches(".schema.json")).collect();
        OpsError::usage(format!("there is no schema `{}`; there are {}", args.name, names.join(", ")))
    })?;
    output.data(text);
    Ok(Exit::Ok)
}

pub fn completions(args: &CompletionsArgs, output: Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "genie-enhance", &mut script);
    output.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Ok)
}
