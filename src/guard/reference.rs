//! The list of all guards for people, made from the registry.

use super::params::ParamDefault;
use super::{Param, all};

/// All guards with levels and parameters, in Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Guards\n\nA guard looks at a finished plan and names what speaks against it: when it is made and again when it \
         is applied. `advisory` guards only tell, `mandatory` ones block unless a waiver lifts them, `hard` ones always \
         block. A guard that is listed in `genie.yaml` without a level is mandatory.\n\n```yaml\nguards:\n  - {rule: \
         regressions, level: mandatory, max: 0}\nwaivers:\n  - {rule: regressions, scope: q-17, reason: the old gold was \
         wrong, owner: kim@example.com, expires: 2026-12-31}\n```\n\n| guard | code | without configuration |\n| --- | \
         --- | --- |\n",
    );
    for guard in all() {
        let level = format!("{:?}", guard.default_level()).to_lowercase();
        text.push_str(&format!("| [`{0}`](#{0}) | {1} | {level} |\n", guard.rule(), guard.code()));
    }
    for guard in all() {
        text.push_str(&format!("\n## {}\n\n{}\n", guard.rule(), guard.explain()));
        if !guard.params().is_empty() {
            text.push('\n');
        }
        for param in guard.params() {
            text.push_str(&format!("- `{}`: {} (default: {})\n", param.name, param.help, default(param)));
        }
    }
    text
}

fn default(param: &Param) -> String {
    match param.default {
        ParamDefault::Count(count) => count.to_string(),
        ParamDefault::Share(share) => share.to_string(),
        ParamDefault::Flag(flag) => flag.to_string(),
        ParamDefault::Choice(choices) => {
            let others = choices.get(1..).unwrap_or_default().join("`, `");
            format!("`{}`; or `{others}`", choices.first().copied().unwrap_or_default())
        }
        ParamDefault::Names => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_SCHEMAS=1 cargo test --lib guard` rewrites the file.
    #[test]
    fn the_checked_in_list_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/guards.md");
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, reference()).expect("can write");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == reference(), "guards.md is stale: run UPDATE_SCHEMAS=1 cargo test --lib guard");
    }
}
