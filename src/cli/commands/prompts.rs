//! `prompts`: what a language model is asked, and how to ask it otherwise.

use super::Outcome;
use crate::cli::args::PromptsArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::load;
use crate::ops::{OpsError, Prompts, built_in_prompt, prompt_names};
use serde_json::json;
use std::path::Path;

pub fn run(args: &PromptsArgs, output: Output) -> Outcome {
    // Without a project, the program's own.
    let folder = match args.project.file.exists() {
        true => load(&args.project)?.project.prompts,
        false => None,
    };
    if let Some(target) = &args.to {
        return write_out(target, args, output);
    }
    let (prompts, _) = Prompts::read(folder.as_deref());
    let all = prompts.in_effect();
    if let Some(name) = &args.name {
        let wanted = all.iter().find(|prompt| prompt.name == *name);
        let prompt = wanted.ok_or_else(|| {
            let names: Vec<&str> = prompt_names().collect();
            OpsError::usage(format!("there is no prompt `{name}`; there are {}", names.join(", ")))
        })?;
        output.data(&match args.json {
            true => json!({ "name": prompt.name, "digest": prompt.digest(), "file": prompt.path, "text": prompt.text })
                .to_string(),
            false => prompt.text.trim_end().to_owned(),
        });
        return Ok(Exit::Ok);
    }
    if args.json {
        let one = |prompt: &crate::ops::InEffect<'_>| json!({ "name": prompt.name, "digest": prompt.digest(), "file": prompt.path });
        output.data(&serde_json::Value::from(all.iter().map(one).collect::<Vec<_>>()).to_string());
        return Ok(Exit::Ok);
    }
    for prompt in &all {
        let from = prompt.path.map_or_else(|| "built in".to_owned(), |path| path.display().to_string());
        output.data(&format!("{:<15} {}  {from}", prompt.name, prompt.digest().short()));
    }
    if folder.is_none() {
        output.message("a project replaces them with files of these names in the folder `llm.prompts`");
    }
    Ok(Exit::Ok)
}

/// Writes the built-in prompts into a folder; files that are there stay as they are.
fn write_out(target: &Path, args: &PromptsArgs, output: Output) -> Outcome {
    let failed = |what: &Path, error: std::io::Error| OpsError::other(format!("{}: {error}", what.display()));
    std::fs::create_dir_all(target).map_err(|error| failed(target, error))?;
    let (mut written, mut kept) = (Vec::new(), Vec::new());
    for name in prompt_names().filter(|name| args.name.as_deref().is_none_or(|wanted| wanted == *name)) {
        let path = target.join(format!("{name}.md"));
        if path.exists() {
            kept.push(path);
            continue;
        }
        std::fs::write(&path, built_in_prompt(name).unwrap_or_default()).map_err(|error| failed(&path, error))?;
        written.push(path);
    }
    if args.json {
        output.data(&json!({ "written": written, "kept": kept }).to_string());
        return Ok(Exit::Ok);
    }
    written.iter().for_each(|path| output.data(&format!("wrote {}", path.display())));
    kept.iter().for_each(|path| output.message(&format!("{} is there already and stays as it is", path.display())));
    let folder = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    output.message(&format!(
        "edit them, remove those you keep as they are, and set `llm: {{…, prompts: {folder}}}` in the project file"
    ));
    Ok(Exit::Ok)
}
