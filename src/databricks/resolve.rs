//! Unified authentication as the official SDKs do it: explicit settings, then the environment,
//! then a profile of the configuration file (reference 9.1, 9.2).

use super::credentials::{Credentials, OidcSource};
use super::profile::Profiles;
use super::settings::Settings;
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Configuration attributes by their official names (`host`, `token`, `profile`, `auth_type` …).
/// Some are secrets, so there is no `Debug`.
#[derive(Clone, Default)]
pub struct Attributes(BTreeMap<String, String>);

impl Attributes {
    pub fn set(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A later source only fills what is still unset.
    fn fill(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
}

/// Why no credentials could be settled on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("{file} has no profile `{profile}`; it has: {known}. Name one of these, or run `databricks auth login`.")]
    NoProfile { file: String, profile: String, known: String },
    #[error(
        "no workspace host is set. Set DATABRICKS_HOST, or `workspace.profile` to a profile of {file}, or run \
         `databricks auth login --host https://<workspace>`."
    )]
    NoHost { file: String },
    #[error(
        "more than one kind of credentials is set: {}. Remove all but one, or choose one with DATABRICKS_AUTH_TYPE.",
        .kinds.join(" and ")
    )]
    SeveralKinds { kinds: Vec<String> },
    #[error("auth_type `{auth_type}` needs `{attribute}`, which is not set. Set it, or {env} in the environment.")]
    Missing { auth_type: String, attribute: String, env: String },
    #[error(
        "auth_type `{auth_type}` is not supported by this program. Use one of pat, oauth-m2m, databricks-cli, \
         env-oidc, file-oidc, github-oidc; `databricks auth token` can stand in for most others."
    )]
    Unsupported { auth_type: String },
}

/// Attribute, environment variable, and the kind of credentials it belongs to.
const TABLE: [(&str, &str, &str); 27] = [
    ("host", "DATABRICKS_HOST", ""),
    ("account_id", "DATABRICKS_ACCOUNT_ID", ""),
    ("token", "DATABRICKS_TOKEN", "pat"),
    ("username", "DATABRICKS_USERNAME", "basic"),
    ("password", "DATABRICKS_PASSWORD", "basic"),
    ("client_id", "DATABRICKS_CLIENT_ID", ""),
    ("client_secret", "DATABRICKS_CLIENT_SECRET", "oauth"),
    ("oidc_token_env", "DATABRICKS_OIDC_TOKEN_ENV", "env-oidc"),
    ("oidc_token_filepath", "DATABRICKS_OIDC_TOKEN_FILEPATH", "file-oidc"),
    ("oidc_token_filepath", "DATABRICKS_OIDC_TOKEN_FILE", "file-oidc"),
    ("profile", "DATABRICKS_CONFIG_PROFILE", ""),
    ("azure_workspace_resource_id", "DATABRICKS_AZURE_RESOURCE_ID", "azure"),
    ("azure_client_id", "ARM_CLIENT_ID", "azure"),
    ("azure_client_secret", "ARM_CLIENT_SECRET", "azure"),
    ("azure_tenant_id", "ARM_TENANT_ID", "azure"),
    ("azure_use_msi", "ARM_USE_MSI", "azure"),
    ("google_service_account", "DATABRICKS_GOOGLE_SERVICE_ACCOUNT", "google"),
    ("google_credentials", "GOOGLE_CREDENTIALS", "google"),
    ("databricks_cli_path", "DATABRICKS_CLI_PATH", ""),
    ("auth_type", "DATABRICKS_AUTH_TYPE", ""),
    ("warehouse_id", "DATABRICKS_WAREHOUSE_ID", ""),
    ("metadata_service_url", "DATABRICKS_METADATA_SERVICE_URL", "metadata-service"),
    ("token_audience", "DATABRICKS_TOKEN_AUDIENCE", ""),
    ("cluster_id", "DATABRICKS_CLUSTER_ID", ""),
    ("cloud", "DATABRICKS_CLOUD", ""),
    ("scopes", "", ""),
    ("workspace_id", "DATABRICKS_WORKSPACE_ID", ""),
];

/// Where the configuration file is: `$DATABRICKS_CONFIG_FILE`, else `~/.databrickscfg`.
pub fn config_file_path(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = env("DATABRICKS_CONFIG_FILE").filter(|path| !path.is_empty());
    let home = || env("HOME").or_else(|| env("USERPROFILE")).filter(|path| !path.is_empty());
    match set {
        Some(path) => match path.strip_prefix("~/") {
            Some(rest) => home().map(|home| Path::new(&home).join(rest)),
            None => Some(PathBuf::from(path)),
        },
        None => home().map(|home| Path::new(&home).join(".databrickscfg")),
    }
}

impl Settings {
    /// Settles host and credentials from this process's environment and configuration file.
    pub fn from_environment(explicit: Attributes) -> Result<Self, AuthError> {
        let env = |name: &str| std::env::var(name).ok();
        // A file that is not there, or not readable, is the same as an empty one: what is then
        // missing is named by the error.
        let text = config_file_path(&env).and_then(|path| std::fs::read_to_string(path).ok());
        Self::resolve(explicit, &env, text.as_deref())
    }

    /// Settles host and credentials. `config_file` is the text of the configuration file, if
    /// there is one; `env` gives environment variables.
    pub fn resolve(
        explicit: Attributes,
        env: &dyn Fn(&str) -> Option<String>,
        config_file: Option<&str>,
    ) -> Result<Self, AuthError> {
        let mut attributes = explicit;
        for (name, variable, _) in TABLE.iter().filter(|(_, variable, _)| !variable.is_empty()) {
            if let Some(value) = env(variable) {
                attributes.fill(name, &value);
            }
        }
        let file = config_file_path(env).map_or("~/.databrickscfg".to_owned(), |path| path.display().to_string());
        fill_from_profile(&mut attributes, config_file, &file)?;
        let credentials = choose(&attributes, env)?;
        let Some(host) = attributes.get("host") else { return Err(AuthError::NoHost { file }) };
        let mut settings = Self::new(host, credentials);
        settings.warehouse_id = attributes.get("warehouse_id").map(str::to_owned);
        settings.account_id = attributes.get("account_id").map(str::to_owned);
        settings.workspace_id = attributes.get("workspace_id").map(str::to_owned);
        let ci = [
            ("GITHUB_ACTIONS", "github"),
            ("GITLAB_CI", "gitlab"),
            ("JENKINS_URL", "jenkins"),
            ("TF_BUILD", "azure-devops"),
        ];
        let here = ci.into_iter().find(|(variable, _)| env(variable).is_some_and(|value| !value.is_empty()));
        settings.cicd = here.map(|(_, name)| name.to_owned());
        Ok(settings)
    }
}

fn fill_from_profile(attributes: &mut Attributes, text: Option<&str>, file: &str) -> Result<(), AuthError> {
    let named = attributes.get("profile").map(str::to_owned);
    let configured = TABLE.iter().any(|(name, _, kind)| {
        (*name == "host" || *name == "client_id" || !kind.is_empty()) && attributes.get(name).is_some()
    });
    if named.is_none() && configured {
        return Ok(());
    }
    let profiles = Profiles::parse(text.unwrap_or_default());
    let Some(name) = named.clone().or_else(|| profiles.default_name()) else { return Ok(()) };
    let Some(keys) = profiles.get(&name) else {
        let known = match profiles.names() {
            names if names.is_empty() => "none".to_owned(),
            names => names.join(", "),
        };
        return Err(AuthError::NoProfile { file: file.to_owned(), profile: name, known });
    };
    for (key, value) in keys {
        attributes.fill(key, value);
    }
    attributes.fill("profile", &name);
    Ok(())
}

fn choose(attributes: &Attributes, env: &dyn Fn(&str) -> Option<String>) -> Result<Credentials, AuthError> {
    if let Some(auth_type) = attributes.get("auth_type") {
        return build(auth_type, attributes, env);
    }
    let kinds: BTreeSet<&str> = TABLE
        .iter()
        .filter(|(name, _, kind)| !kind.is_empty() && attributes.get(name).is_some())
        .map(|(_, _, kind)| *kind)
        .collect();
    let oidc_in_env = || env("DATABRICKS_OIDC_TOKEN").is_some_and(|token| !token.is_empty());
    let auth_type = match kinds.iter().copied().collect::<Vec<_>>()[..] {
        [] if oidc_in_env() => "env-oidc",
        [] if github(env).is_some() => "github-oidc",
        [] => "databricks-cli",
        ["oauth"] => "oauth-m2m",
        [one] => one,
        _ => return Err(AuthError::SeveralKinds { kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect() }),
    };
    build(auth_type, attributes, env)
}

fn build(
    auth_type: &str,
    attributes: &Attributes,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Credentials, AuthError> {
    let need = |name: &str| {
        attributes.get(name).map(str::to_owned).ok_or_else(|| AuthError::Missing {
            auth_type: auth_type.to_owned(),
            attribute: name.to_owned(),
            env: TABLE.iter().find(|row| row.0 == name).map_or("", |row| row.1).to_owned(),
        })
    };
    let words = |text: Option<&str>| -> Vec<String> {
        let split = |c: char| c == ',' || c.is_whitespace();
        text.unwrap_or_default().split(split).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let scopes = words(attributes.get("scopes"));
    let client_id = attributes.get("client_id").map(str::to_owned);
    Ok(match auth_type {
        "pat" => Credentials::Token(SecretString::from(need("token")?)),
        "oauth-m2m" => Credentials::M2m {
            client_id: need("client_id")?,
            client_secret: SecretString::from(need("client_secret")?),
            scopes,
        },
        "databricks-cli" => Credentials::Cli {
            program: attributes.get("databricks_cli_path").unwrap_or("databricks").into(),
            profile: attributes.get("profile").map(str::to_owned),
        },
        "env-oidc" => {
            let variable = attributes.get("oidc_token_env").unwrap_or("DATABRICKS_OIDC_TOKEN").to_owned();
            let token = env(&variable).filter(|token| !token.is_empty()).ok_or_else(|| AuthError::Missing {
                auth_type: auth_type.to_owned(),
                attribute: "oidc_token_env".to_owned(),
                env: variable.clone(),
            })?;
            Credentials::Exchange { source: OidcSource::Env(SecretString::from(token)), client_id, scopes }
        }
        "file-oidc" => {
            Credentials::Exchange { source: OidcSource::File(need("oidc_token_filepath")?.into()), client_id, scopes }
        }
        "github-oidc" => {
            let (url, request_token) = github(env).ok_or_else(|| AuthError::Missing {
                auth_type: auth_type.to_owned(),
                attribute: "permissions: id-token: write".to_owned(),
                env: GITHUB[0].to_owned(),
            })?;
            let audience = attributes.get("token_audience").map(str::to_owned);
            let source = OidcSource::GitHub { url, request_token: SecretString::from(request_token), audience };
            Credentials::Exchange { source, client_id, scopes }
        }
        other => return Err(AuthError::Unsupported { auth_type: other.to_owned() }),
    })
}

/// What GitHub Actions sets in jobs that may have an identity token.
const GITHUB: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];

fn github(env: &dyn Fn(&str) -> Option<String>) -> Option<(String, String)> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    Some((set(GITHUB[0])?, set(GITHUB[1])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[DEFAULT]\nhost = https://default.example.com\ntoken = d\n\n# a comment\n[sp]\nhost=sp.example.com/\n\
        client_id = id\nclient_secret = secret\n[bare]\ntoken = t\n[__settings__]\ndefault_profile = sp\n";

    fn resolve(explicit: &[(&str, &str)], env: &[(&str, &str)], file: Option<&str>) -> Result<Settings, AuthError> {
        let attributes = explicit.iter().fold(Attributes::default(), |a, (name, value)| a.set(name, value));
        let env: BTreeMap<String, String> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Settings::resolve(attributes, &|name| env.get(name).cloned(), file)
    }

    fn kind(result: &Result<Settings, AuthError>) -> (&str, &str) {
        match result {
            Ok(settings) => (settings.host.as_str(), settings.credentials.auth_type()),
            Err(_) => ("error", ""),
        }
    }

    #[test]
    fn explicit_then_environment_then_profile() {
        let env = [("DATABRICKS_HOST", "https://env.example.com"), ("DATABRICKS_TOKEN", "e")];
        assert_eq!(kind(&resolve(&[], &env, Some(FILE))), ("https://env.example.com", "pat"));
        let explicit = [("host", "x.example.com"), ("token", "t")];
        assert_eq!(kind(&resolve(&explicit, &env, Some(FILE))), ("https://x.example.com", "pat"));
        assert_eq!(kind(&resolve(&[], &[], Some(FILE))), ("https://sp.example.com", "oauth-m2m"));
        let default = FILE.replace("default_profile", "other");
        assert_eq!(kind(&resolve(&[], &[], Some(&default))), ("https://default.example.com", "pat"));
    }

    #[test]
    fn default_is_not_inherited_and_missing_things_are_named() {
        assert!(matches!(resolve(&[("profile", "bare")], &[], Some(FILE)), Err(AuthError::NoHost { .. })));
        let missing = resolve(&[], &[("DATABRICKS_CONFIG_PROFILE", "nope")], Some(FILE)).err().map(|e| e.to_string());
        assert!(missing.is_some_and(|text| text.contains("no profile `nope`") && text.contains("DEFAULT, bare, sp")));
        assert!(matches!(resolve(&[], &[], None), Err(AuthError::NoHost { .. })));
        let error = resolve(&[("auth_type", "oauth-m2m"), ("host", "h"), ("client_id", "c")], &[], None);
        assert!(matches!(error, Err(AuthError::Missing { attribute, .. }) if attribute == "client_secret"));
    }

    #[test]
    fn two_kinds_of_credentials_are_an_error_unless_one_is_chosen() {
        let both = [("host", "h"), ("token", "t"), ("client_id", "c"), ("client_secret", "s")];
        assert_eq!(
            resolve(&both, &[], None).err(),
            Some(AuthError::SeveralKinds { kinds: vec!["oauth".into(), "pat".into()] })
        );
        assert_eq!(kind(&resolve(&both, &[("DATABRICKS_AUTH_TYPE", "pat")], None)), ("https://h", "pat"));
    }

    #[test]
    fn identity_federation_and_cli_and_what_is_not_supported() {
        let host = ("host", "h");
        assert_eq!(kind(&resolve(&[host], &[("DATABRICKS_OIDC_TOKEN", "j")], None)).1, "env-oidc");
        let named = resolve(&[host, ("oidc_token_env", "MY")], &[("MY", "j")], None);
        assert_eq!(kind(&named).1, "env-oidc");
        let file = [("DATABRICKS_OIDC_TOKEN_FILEPATH", "/x"), ("DATABRICKS_CLIENT_ID", "c")];
        assert_eq!(kind(&resolve(&[host], &file, None)).1, "file-oidc");
        let github = [("ACTIONS_ID_TOKEN_REQUEST_URL", "http://x"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t")];
        assert_eq!(kind(&resolve(&[host], &github, None)).1, "github-oidc");
        assert_eq!(kind(&resolve(&[host], &[], None)).1, "databricks-cli");
        let azure = resolve(&[host], &[("ARM_CLIENT_ID", "a")], None).err();
        assert_eq!(azure, Some(AuthError::Unsupported { auth_type: "azure".into() }));
    }

    #[test]
    fn secrets_do_not_show() {
        let settings = resolve(&[("host", "h"), ("token", "very-secret")], &[], None);
        assert!(!format!("{settings:?}").contains("very-secret"));
    }
}
