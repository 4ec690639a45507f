//! `explain`, `schema` and `completions`: what the program knows about itself.

use super::Outcome;
use crate::cli::args::{Cli, CompletionsArgs, ExplainArgs, SchemaArgs};
use crate::cli::exit::Exit;
use crate::cli::manual::{Entry, entries, reference};
use crate::cli::output::Output;
use crate::embedded::world::World;
use crate::format::{SchemaName, schema as file_schema};
use crate::ops::OpsError;
use crate::{config, guard};
use clap::CommandFactory;
use serde_json::{Value, json};

pub fn explain(args: &ExplainArgs, output: Output) -> Outcome {
    if args.reference {
        output.data(&reference());
        return Ok(Exit::Ok);
    }
    if args.code.as_deref() == Some("guards") && !args.json {
        output.data(guard::reference().trim_end());
        return Ok(Exit::Ok);
    }
    let all = entries();
    let Some(wanted) = &args.code else {
        output.data(&match args.json {
            true => format!("{:#}", Value::from(all.iter().map(as_json).collect::<Vec<_>>())),
            false => all.iter().map(|entry| format!("{:<10} {}\n", entry.code, entry.title)).collect(),
        });
        return Ok(Exit::Ok);
    };
    let is = |entry: &&Entry| entry.code.eq_ignore_ascii_case(wanted) || entry.rule == Some(wanted.as_str());
    let Some(entry) = all.iter().find(is) else {
        let guards = guard::all().iter().map(|guard| guard.rule()).collect::<Vec<_>>().join(", ");
        return Err(OpsError::usage(format!(
            "there is no code or guard `{wanted}`; codes look like GE0101, exit codes are numbers, the guards are {guards}"
        )));
    };
    output.data(&match (args.json, entry.rule) {
        (true, _) => format!("{:#}", as_json(entry)),
        (false, Some(rule)) => format!("{}: guard `{rule}`\n\n{}", entry.code, entry.text),
        (false, None) => format!("{}: {}\n\n{}", entry.code, entry.title, entry.text),
    });
    Ok(Exit::Ok)
}

fn as_json(entry: &Entry) -> Value {
    json!({ "code": entry.code, "guard": entry.rule, "title": entry.title, "text": entry.text })
}

pub fn schema(args: &SchemaArgs, output: Output) -> Outcome {
    let mut schemas: Vec<(&str, String)> = config::schemas();
    schemas.push(("world.schema.json", config::schema_text::<World>()));
    schemas.extend(SchemaName::ALL.map(|name| (name.as_str(), format!("{:#}\n", file_schema(name)))));
    let short = |name: &str| name.trim_end_matches(".schema.json").to_owned();
    let found = schemas.iter().find(|(name, _)| short(name) == short(&args.name));
    let (_, text) = found.ok_or_else(|| {
        let names: Vec<String> = schemas.iter().map(|(name, _)| short(name)).collect();
        OpsError::usage(format!("there is no schema `{}`; there are {}", args.name, names.join(", ")))
    })?;
    output.data(text);
    Ok(Exit::Ok)
}

pub fn completions(args: &CompletionsArgs, output: Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "genie-enhance", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.data(&match args.json {
        true => json!({ "shell": args.shell.to_string(), "script": script }).to_string(),
        false => script.into_owned(),
    });
    Ok(Exit::Ok)
}
