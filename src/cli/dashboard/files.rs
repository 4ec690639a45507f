//! The declared files in the page: read, checked and written.

use super::{failed, folder, refused};
use crate::cli::args::ProjectArgs;
use crate::cli::session::{load, read_text, write_text};
use crate::config::{self, Loaded};
use crate::model::Diagnostic;
use crate::ops::OpsError;
use crate::ui::{ActionError, BenchmarkFile, Project};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where uploaded benchmarks go, beside the project file.
const BENCHMARKS: &str = "benchmarks";

/// The declared files with their health.
pub fn project(args: &ProjectArgs) -> Result<Project, ActionError> {
    let config = read_text(&args.file).map_err(failed)?;
    let (files, counts, findings) = match load(args) {
        Ok(loaded) => (loaded.project.benchmarks.clone(), Some(loaded.origins), loaded.warnings),
        Err(OpsError::Declared(findings)) => (files_in(&folder(args).join(BENCHMARKS)), None, findings),
        Err(error) => return Err(failed(error)),
    };
    let of_file = |path: &PathBuf| {
        let name = path.to_string_lossy();
        let here = |file: &str| file == name;
        let questions = counts.iter().flatten().filter(|(_, span)| here(&span.file)).count();
        let about = |finding: &&Diagnostic| finding.span.as_ref().is_some_and(|span| here(&span.file));
        let diagnostics = findings.iter().filter(about).cloned().collect();
        BenchmarkFile {
            name: path.strip_prefix(folder(args)).unwrap_or(path).display().to_string(),
            questions,
            diagnostics,
        }
    };
    Ok(Project {
        config_path: args.file.display().to_string(),
        config,
        benchmarks: files.iter().map(of_file).collect(),
        help: help(),
    })
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Findings about a project file of this text, read from a copy beside the real one so that its
/// paths mean the same.
pub fn check_config(args: &ProjectArgs, text: &str) -> Result<Vec<Diagnostic>, ActionError> {
    let mut copy =
        tempfile::Builder::new().prefix(".genie-check-").suffix(".yaml").tempfile_in(folder(args)).map_err(failed)?;
    copy.write_all(text.as_bytes()).map_err(failed)?;
    let overlay = args.environment.as_ref().map(|name| overlay_copy(&args.file, copy.path(), name)).transpose()?;
    let checked = ProjectArgs { file: copy.path().to_owned(), ..args.clone() };
    let mut findings = match load(&checked) {
        Ok(loaded) => loaded.warnings,
        Err(OpsError::Declared(findings)) => findings,
        Err(error) => return Err(failed(error)),
    };
    drop(overlay);
    rename(&mut findings, copy.path(), &args.file.display().to_string());
    Ok(findings)
}

/// The overlay under the copy's name, where the reader looks for it.
fn overlay_copy(file: &Path, copy: &Path, environment: &str) -> Result<tempfile::TempPath, ActionError> {
    let overlay = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!("{stem}.{environment}.yaml"))
    };
    let to = overlay(copy);
    std::fs::copy(overlay(file), &to).map_err(failed)?;
    tempfile::TempPath::try_from_path(to).map_err(failed)
}

fn rename(findings: &mut [Diagnostic], from: &Path, to: &str) {
    let from = from.to_string_lossy();
    for finding in findings {
        finding.message = finding.message.replace(from.as_ref(), to);
        if let Some(span) = finding.span.as_mut().filter(|span| span.file == from) {
            to.clone_into(&mut span.file);
        }
    }
}

/// Writes the project file if nothing is wrong with the text.
pub fn save_config(args: &ProjectArgs, text: &str) -> Result<String, ActionError> {
    let findings = check_config(args, text)?;
    if let Some(wrong) = findings.iter().find(|finding| finding.is_error()) {
        return Err(refused(format!("Not saved: {}", wrong.message)));
    }
    write_text(&args.file, text).map_err(failed)?;
    Ok(format!("{} is saved.", args.file.display()))
}

/// Checks a benchmark file together with those the project has, and takes it in if it holds no
/// error. A file that is there is not replaced: it is reviewed in git.
pub fn take_benchmarks(args: &ProjectArgs, name: &str, bytes: &[u8]) -> Result<Vec<Diagnostic>, ActionError> {
    let shown = format!("{BENCHMARKS}/{name}");
    let target = folder(args).join(BENCHMARKS).join(name);
    if target.exists() {
        return Err(refused(format!("{shown} exists; give the file another name, or change it in the repository.")));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refused(format!("{name} is not a UTF-8 text.")))?;
    let declared = load(args)
        .map_err(|error| refused(format!("The project itself has mistakes, correct them first: {error}.")))?;
    let aside = tempfile::tempdir().map_err(failed)?;
    let copy = aside.path().join(name);
    std::fs::write(&copy, text).map_err(failed)?;
    let mut findings = findings_with(args, &declared, &copy)?;
    rename(&mut findings, &copy, &shown);
    if findings.iter().any(Diagnostic::is_error) {
        return Ok(findings);
    }
    std::fs::create_dir_all(folder(args).join(BENCHMARKS)).map_err(failed)?;
    write_text(&target, text).map_err(failed)?;
    let is_named = load(args).is_ok_and(|loaded| loaded.project.benchmarks.contains(&target));
    if !is_named {
        let warning = Diagnostic::warning("GE0205", format!("the project's `benchmarks` do not name {shown}"));
        findings.push(warning.help(format!("add `- {shown}` to the list, or a pattern that matches it")));
    }
    Ok(findings)
}

/// The findings about `file` when it comes after the declared benchmarks.
fn findings_with(args: &ProjectArgs, declared: &Loaded, file: &Path) -> Result<Vec<Diagnostic>, ActionError> {
    let benchmarks = declared.project.benchmarks.iter().cloned().chain([file.to_owned()]).collect();
    let found = match load(&ProjectArgs { benchmarks, ..args.clone() }) {
        Ok(loaded) => loaded.warnings,
        Err(OpsError::Declared(findings)) => findings,
        Err(error) => return Err(failed(error)),
    };
    let name = file.to_string_lossy();
    let others = &declared.warnings;
    Ok(found.into_iter().filter(|f| f.span.as_ref().is_none_or(|s| s.file == name) && !others.contains(f)).collect())
}

/// Every key of the project file with what it means, from the schema.
fn help() -> Vec<(String, String)> {
    let schemas = config::schemas();
    let text = schemas.iter().find(|(name, _)| name.starts_with("project")).map(|(_, text)| text.as_str());
    let schema: Value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut help = Vec::new();
    collect(&schema, &schema, "", &mut help);
    help
}

fn collect(root: &Value, of: &Value, prefix: &str, help: &mut Vec<(String, String)>) {
    let Some(properties) = of.get("properties").and_then(Value::as_object) else { return };
    for (key, property) in properties {
        let alternatives = property.get("anyOf").and_then(Value::as_array).into_iter().flatten();
        let mut refs = std::iter::once(property).chain(alternatives).filter_map(|part| part.get("$ref")?.as_str());
        let meant = refs.next().and_then(|path| root.pointer(path.trim_start_matches('#')));
        let described = |value: &Value| value.get("description").and_then(Value::as_str).map(str::to_owned);
        let name = format!("{prefix}{key}");
        if let Some(text) = described(property).or_else(|| meant.and_then(described)) {
            help.push((name.clone(), text.replace('\n', " ")));
        }
        // Two levels are what people write; deeper ones are in the schema.
        if let Some(inner) = meant.filter(|_| prefix.matches('.').count() < 2) {
            collect(root, inner, &format!("{name}."), help);
        }
    }
}
