//! `init`: a project from a folder of tables.

use super::Outcome;
use crate::cli::args::InitArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{cannot_read, read_text, write_new};
use crate::config::{self, ScaffoldInput};
use crate::ops::OpsError;
use std::path::{Component, Path, PathBuf};

pub fn run(args: &InitArgs, output: Output) -> Outcome {
    let project = args.to.join("genie.yaml");
    if project.exists() {
        return Err(OpsError::usage(format!("{} exists; choose another folder for --to", project.display())));
    }
    let files = config::scaffold(&input(args)?).map_err(OpsError::Declared)?;
    let mut written = Vec::new();
    for (path, text) in files.iter().cloned().chain(schema_files()) {
        let path = args.to.join(path);
        make_folder(path.parent().unwrap_or(&args.to))?;
        write_new(&path, &text)?;
        output.message(&format!("wrote {}", path.display()));
        written.push(path.display().to_string());
    }
    output.message(&format!("next: genie-enhance plan -f {}", project.display()));
    if args.json {
        let document = serde_json::json!({ "project": project.display().to_string(), "written": written });
        output.data(&format!("{document:#}"));
    }
    Ok(Exit::Ok)
}

/// The schemas that the first lines of the declared files name, for editors.
pub fn schema_files() -> impl Iterator<Item = (String, String)> {
    config::schemas().into_iter().map(|(name, text)| (format!("{}/{name}", config::SCHEMA_FOLDER), text))
}

fn input(args: &InitArgs) -> Result<ScaffoldInput, OpsError> {
    let cannot = |error: std::io::Error| cannot_read(&args.from, &error);
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&args.from).map_err(cannot)? {
        files.extend(entry.map_err(cannot)?.file_name().into_string());
    }
    files.sort();
    let optional = |name: &str| {
        let path = args.from.join(name);
        path.exists().then(|| read_text(&path)).transpose()
    };
    make_folder(&args.to)?;
    let from = args.from.canonicalize().map_err(cannot)?;
    let to = args.to.canonicalize().map_err(cannot)?;
    let title = from.file_name().map_or_else(|| "space".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(ScaffoldInput {
        title,
        data_path: relative(&to, &from).display().to_string(),
        files,
        schema: optional("schema.json")?,
        questions: optional("questions.json")?,
    })
}

pub fn make_folder(folder: &Path) -> Result<(), OpsError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| OpsError::other(format!("cannot make {}: {error}", folder.display())))
}

/// The way from one folder to another; both absolute. A project that is moved together with its
/// data goes on working.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component>, Vec<Component>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to[shared..].iter().copied()).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/a/b", "/a/c/d"), "../c/d");
        assert_eq!(way("/a", "/a"), ".");
        assert_eq!(way("/a", "/a/data"), "data");
    }
}
