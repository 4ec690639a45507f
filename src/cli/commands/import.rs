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
    let mut written = vec![args.out.display().to_string()];
    // The first line names them; those of an earlier version stay, they may be pinned.
    let folder = args.out.parent().unwrap_or(Path::new(""));
    for (name, text) in super::init::schema_files().filter(|(name, _)| name.ends_with("space.schema.json")) {
        let path = folder.join(name);
        if !path.exists() {
            super::init::make_folder(path.parent().unwrap_or(folder))?;
            write_new(&path, &text)?;
            output.message(&format!("wrote {}", path.display()));
            written.push(path.display().to_string());
        }
    }
    if args.json {
        output.data(&format!("{:#}", serde_json::json!({ "written": written })));
    }
    Ok(Exit::Ok)
}
