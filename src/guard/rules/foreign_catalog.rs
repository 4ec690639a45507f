//! `foreign-catalog`: nothing points to another environment.

use super::{Finding, Guard, GuardInput, GuardLevel, Param, ParamDefault, Params, Violation, added_texts};
use crate::model::{SpaceView, texts_in};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub(super) struct ForeignCatalog;

/// A name of three parts, anywhere in a text.
static FULL_NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\w.`@/])`?([A-Za-z_][\w-]+)`?\.`?([A-Za-z_]\w*)`?\.`?([A-Za-z_]\w+)`?").ok());

impl Guard for ForeignCatalog {
    fn rule(&self) -> &'static str {
        "foreign-catalog"
    }

    fn code(&self) -> &'static str {
        "GE0722"
    }

    fn default_level(&self) -> GuardLevel {
        GuardLevel::Advisory
    }

    fn explain(&self) -> &'static str {
        "No change names a table of a catalog that none of the space's tables is in: in SQL, descriptions, synonyms or \
         instructions alike. Such a name is most often left over from another environment. Further catalogs stand in \
         `allow`; with `whole: true` all of the space is looked at, as after a rebinding."
    }

    fn params(&self) -> &'static [Param] {
        &[
            Param { name: "allow", default: ParamDefault::Names, help: "catalogs that may be named" },
            Param { name: "whole", default: ParamDefault::Flag(false), help: "look at the whole space" },
        ]
    }

    fn check(&self, input: &GuardInput, params: &Params) -> Finding {
        let mut known: BTreeSet<String> = params.names("allow").into_iter().map(str::to_lowercase).collect();
        let view = SpaceView::of(input.target);
        known.extend(view.tables.iter().filter_map(|table| catalog_of(&table.identifier)));
        // `orders.address.city` is a field of a column, and its first part a table.
        known.extend(view.tables.iter().filter_map(|table| Some(table.identifier.rsplit('.').next()?.to_lowercase())));
        let places: Vec<(String, String, String)> = if params.flag("whole") {
            let mut found = Vec::new();
            texts_in("space", input.target.document(), &mut found);
            found.into_iter().map(|(path, text)| (path.clone(), path, text)).collect()
        } else {
            added_texts(input)
        };
        let mut violations = Vec::new();
        for (subject, path, text) in places {
            let foreign = named_catalogs(&text).into_iter().find(|(catalog, _)| !known.contains(catalog));
            violations.extend(foreign.map(|(_, name)| Violation::new(&subject, format!("{path} names {name}"))));
        }
        Finding::none_allowed(violations, "no foreign catalog is named")
    }
}

fn catalog_of(table: &str) -> Option<String> {
    let parts: Vec<&str> = table.split('.').collect();
    (parts.len() == 3).then(|| parts[0].trim_matches('`').to_lowercase())
}

/// Catalogs of all full names in a text, with the name.
fn named_catalogs(text: &str) -> Vec<(String, String)> {
    let Some(pattern) = FULL_NAME.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter_map(|captures| {
        let part = |at: usize| captures.get(at).map(|part| part.as_str());
        Some((part(1)?.to_lowercase(), format!("{}.{}.{}", part(1)?, part(2)?, part(3)?)))
    });
    found.collect()
}
