//! `export`: the declared space as `serialized_space`.

use super::Outcome;
use crate::cli::args::ExportArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{read_text, write_text};
use crate::config;
use crate::ops::OpsError;

pub fn run(args: &ExportArgs, output: Output) -> Outcome {
    let text = read_text(&args.source)?;
    let json = config::export(&text, &args.source.display().to_string()).map_err(OpsError::Declared)?;
    match &args.out {
        Some(path) => {
            write_text(path, &json)?;
            if args.json {
                output.data(&serde_json::json!({ "written": [path.display().to_string()] }).to_string());
            }
        }
        None => output.data(&crate::format::inert_json(&json)),
    }
    Ok(Exit::Ok)
}
