//! `~/.databrickscfg`: INI text into profiles (reference 9.1).

use std::collections::BTreeMap;

/// The profiles of a configuration file. `[DEFAULT]` is a profile like any other: its keys are
/// not inherited.
#[derive(Default)]
pub(super) struct Profiles {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

/// Reserved section with the file's own settings.
const SETTINGS: &str = "__settings__";

impl Profiles {
    /// Lines that are neither a section, a `key = value` pair nor a comment are ignored, as the
    /// official parsers do. Keys before the first section belong to `DEFAULT`.
    pub fn parse(text: &str) -> Self {
        let mut profiles = Self::default();
        let mut section = "DEFAULT".to_owned();
        for line in text.lines().map(str::trim) {
            if line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim().to_owned();
                profiles.sections.entry(section.clone()).or_default();
            } else if let Some((key, value)) = line.split_once('=') {
                let entry = profiles.sections.entry(section.clone()).or_default();
                entry.insert(key.trim().to_lowercase(), value.trim().to_owned());
            }
        }
        profiles
    }

    pub fn get(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.sections.get(name).filter(|_| name != SETTINGS)
    }

    /// The profile to use when none is named: `default_profile`, else `DEFAULT` if it says
    /// anything.
    pub fn default_name(&self) -> Option<String> {
        let set = self.sections.get(SETTINGS).and_then(|settings| settings.get("default_profile"));
        let default = || self.sections.get("DEFAULT").filter(|keys| !keys.is_empty()).map(|_| "DEFAULT".to_owned());
        set.filter(|name| !name.is_empty()).cloned().or_else(default)
    }

    /// Names for a did-you-mean.
    pub fn names(&self) -> Vec<&str> {
        self.sections.keys().map(String::as_str).filter(|name| *name != SETTINGS).collect()
    }
}
