//! `import`: a live space, or a `serialized_space` file, as `space.yaml`.

use super::Outcome;
use crate::cli::args::ImportArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, read_text, write_new};
use crate::config;
use crate::ops::{Events, OpsError};
use std::path::Path;

pub async fn run(args: &ImportArgs, output: Output) -> Outcome {
    let path = Path::new(&args.source);
    let yaml = if path.extension().is_some() || path.exists() {
        let text = read_text(path)?;
        config::import(&text).map_err(|error| OpsError::usage(format!("{}: {error}", path.display())))?
    } else {
        let session = Session::open(&args.file, output, Events::none()).await?;
        let live = session.workspace.client.get_space(&args.source).await?;
        config::space_to_yaml(&live.space)
    };
    write_new(&args.out, &yaml)?;
    output.message(&format!("wrote {}", args.out.display()));
    Ok(Exit::Ok)
}
