//! `config show`: the project as it is meant, with where each value comes from.

use super::Outcome;
use crate::cli::args::ConfigShowArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{environment, overrides};
use crate::config::{Origin, Shown, shown};
use crate::ops::OpsError;
use crate::render::escape::visible_line;
use serde_json::{Value, json};

pub fn show(args: &ConfigShowArgs, output: Output) -> Outcome {
    let project = &args.project;
    let values = shown(&project.file, &overrides(project)?, &environment).map_err(OpsError::Declared)?;
    let wanted = |value: &&Shown| args.effective || value.origin != Origin::Default;
    let values: Vec<&Shown> = values.iter().filter(wanted).collect();
    output.data(&match args.json {
        true => format!("{:#}", Value::from(values.iter().map(|value| as_json(value)).collect::<Vec<_>>())),
        false => values.iter().map(|value| line(value, args.origins)).collect(),
    });
    Ok(Exit::Ok)
}

fn as_json(shown: &Shown) -> Value {
    json!({ "key": shown.key, "value": shown.value, "origin": origin(shown), "written": shown.written })
}

fn line(shown: &Shown, origins: bool) -> String {
    let said = format!("{}: {}", visible_line(&shown.key), visible_line(&shown.value.to_string()));
    match origins {
        true => format!("{said:<60}  # {}\n", visible_line(&origin(shown))),
        false => format!("{said}\n"),
    }
}

fn origin(shown: &Shown) -> String {
    let place = match &shown.origin {
        Origin::File(span) => format!("{}:{}", span.file, span.line),
        Origin::CommandLine => "command line".to_owned(),
        Origin::Default => "default".to_owned(),
    };
    shown.written.iter().fold(place, |place, written| format!("{place}, from {written}"))
}
