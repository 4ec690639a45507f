//! The reference that is checked in as `schemas/reference.md`: every command, exit code,
//! diagnostic code and guard, made from what the program itself says.

use super::args::Cli;
use super::exit::Exit;
use crate::{config, guard};
use clap::CommandFactory;

/// One code with its meaning.
pub struct Entry {
    /// `GE0101`, or the number of an exit code.
    pub code: String,
    /// The name of a guard.
    pub rule: Option<&'static str>,
    pub title: String,
    pub text: String,
}

/// Exit codes, diagnostic codes and guards, in this order.
pub fn entries() -> Vec<Entry> {
    let exits = Exit::ALL.iter().map(|exit| Entry {
        code: (*exit as u8).to_string(),
        rule: None,
        title: format!("exit code `{}`", exit.name()),
        text: exit.meaning().to_owned(),
    });
    let codes = config::codes().iter().map(|code| Entry {
        code: code.code.to_owned(),
        rule: None,
        title: code.title.to_owned(),
        text: code.explanation.to_owned(),
    });
    let guards = guard::all().iter().map(|guard| Entry {
        code: guard.code().to_owned(),
        rule: Some(guard.rule()),
        title: format!("guard `{}`", guard.rule()),
        text: guard.explain().to_owned(),
    });
    exits.chain(codes).chain(guards).collect()
}

/// The names of all commands with their parts: `["workspace", "serve"]`.
pub fn commands() -> Vec<(Vec<String>, clap::Command)> {
    fn walk(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path = [path, &[inner.get_name().to_owned()]].concat();
            if !inner.is_subcommand_required_set() {
                found.push((path.clone(), inner.clone()));
            }
            walk(inner, &path, found);
        }
    }
    let mut found = Vec::new();
    let mut root = Cli::command();
    root.build();
    walk(&root, &[], &mut found);
    found
}

/// The whole reference in Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Reference of `genie-enhance`\n\nMade by the program from itself; a test fails when it is stale \
         (`UPDATE_SCHEMAS=1 cargo test --lib manual` writes it).\n\n## Exit codes\n\n| code | name | meaning |\n\
         | --- | --- | --- |\n",
    );
    for exit in Exit::ALL {
        text.push_str(&format!("| {} | {} | {} |\n", exit as u8, exit.name(), exit.meaning()));
    }
    text.push_str("\n## Commands\n");
    for (path, command) in commands() {
        text.push_str(&one_command(&path.join(" "), &command));
    }
    text.push_str("\n## Diagnostic codes\n\n| code | title | what it means |\n| --- | --- | --- |\n");
    for code in config::codes() {
        text.push_str(&format!("| {} | {} | {} |\n", code.code, cell(code.title), cell(code.explanation)));
    }
    text.push_str("\n## Guards\n\n| rule | code | what it does |\n| --- | --- | --- |\n");
    for guard in guard::all() {
        text.push_str(&format!("| `{}` | {} | {} |\n", guard.rule(), guard.code(), cell(guard.explain())));
    }
    text
}

fn one_command(name: &str, command: &clap::Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("\n### `{name}`\n\n{about}.\n");
    if let Some(example) = command.get_after_help() {
        text.push_str(&format!("\n{example}\n"));
    }
    let own = command.get_arguments().filter(|argument| !argument.is_global_set() && argument.get_id() != "help");
    let rows: String = own.filter(|argument| !argument.is_hide_set()).map(one_argument).collect();
    if !rows.is_empty() {
        text.push_str(&format!("\n| argument | meaning |\n| --- | --- |\n{rows}"));
    }
    text
}

fn one_argument(argument: &clap::Arg) -> String {
    let values = || {
        let names = argument.get_value_names().unwrap_or_default().iter().map(|name| name.as_str());
        names.collect::<Vec<_>>().join(" ")
    };
    let takes = argument.get_action().takes_values();
    let form = match (argument.get_long(), argument.get_short(), takes) {
        (Some(long), Some(short), true) => format!("-{short}, --{long} {}", values()),
        (Some(long), Some(short), false) => format!("-{short}, --{long}"),
        (Some(long), None, true) => format!("--{long} {}", values()),
        (Some(long), None, false) => format!("--{long}"),
        (None, ..) => values(),
    };
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let mut choices = argument.get_possible_values();
    choices.retain(|choice| !choice.is_hide_set());
    let names: Vec<&str> = choices.iter().map(|choice| choice.get_name()).collect();
    let choices =
        if takes && !names.is_empty() && names.len() < 12 { format!(" ({})", names.join(", ")) } else { String::new() };
    format!("| `{}` | {}{choices} |\n", cell(form.trim()), cell(&help))
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_SCHEMAS=1 cargo test --lib manual` rewrites the file.
    #[test]
    fn checked_in_reference_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/reference.md");
        let text = reference();
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).expect("can write");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "schemas/reference.md is stale: run UPDATE_SCHEMAS=1 cargo test --lib manual");
    }

    #[test]
    fn every_command_has_json_and_an_example() {
        let all = commands();
        assert!(all.len() >= 20, "{} commands", all.len());
        for (path, command) in all {
            let name = path.join(" ");
            let has = |flag: &str| command.get_arguments().any(|argument| argument.get_long() == Some(flag));
            assert!(has("json"), "`{name}` has no --json");
            let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(example.contains(&format!("Example: genie-enhance {name}")), "`{name}` has no example: {example}");
        }
    }

    #[test]
    fn codes_are_unique_and_exit_codes_are_their_places() {
        let mut codes: Vec<String> = entries().into_iter().map(|entry| entry.code).collect();
        for (at, exit) in Exit::ALL.iter().enumerate() {
            assert_eq!(*exit as usize, at, "{}", exit.name());
        }
        let all = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
