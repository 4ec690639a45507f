//! Credentials over the wire.

use super::*;
use crate::databricks::{ErrorKind, OidcSource};

fn m2m(server: &RunningServer, secret: &str) -> Client {
    let credentials = Credentials::M2m {
        client_id: server.client_id.clone(),
        client_secret: SecretString::from(secret.to_owned()),
        scopes: Vec::new(),
    };
    Client::new(Settings::new(&server.url, credentials)).unwrap()
}

#[tokio::test]
async fn client_credentials_are_discovered_and_exchanged() {
    let server = serve(World::default(), None).await;
    assert!(m2m(&server, &server.token).list_spaces().await.is_ok());
    let error = m2m(&server, "wrong-secret").list_spaces().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(!error.to_string().contains("wrong-secret"), "{error}");
}

#[tokio::test]
async fn a_token_file_is_exchanged() {
    let server = serve(World::default(), None).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &server.token).unwrap();
    let source = OidcSource::File(file.path().to_owned());
    let credentials = Credentials::Exchange { source, client_id: None, scopes: Vec::new() };
    let client = Client::new(Settings::new(&server.url, credentials)).unwrap();
    assert_eq!(client.current_user().await.unwrap(), "admin@embedded.local");
}

#[tokio::test]
async fn an_unknown_token_is_refused() {
    let server = serve(World::default(), None).await;
    let error = with_token(&server, "made-up").list_spaces().await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Auth, Some(401)));
    let bare = reqwest::get(format!("{}/api/2.0/genie/spaces", server.url)).await.unwrap();
    assert!(bare.text().await.unwrap().contains("Credential was not sent"));
}

#[cfg(unix)]
#[tokio::test]
async fn the_cli_is_asked() {
    use std::os::unix::fs::PermissionsExt;
    let server = serve(World::default(), None).await;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("databricks");
    let answer = format!("#!/bin/sh\necho '{{\"access_token\":\"{}\",\"token_type\":\"Bearer\"}}'\n", server.token);
    std::fs::write(&program, answer).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let with = |program| {
        let credentials = Credentials::Cli { program, profile: Some("p".into()) };
        Client::new(Settings::new(&server.url, credentials)).unwrap()
    };
    assert!(with(program).list_spaces().await.is_ok());
    let error = with(folder.path().join("missing")).list_spaces().await.unwrap_err();
    assert!(error.to_string().contains("Install the Databricks CLI"), "{error}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_where_it_can_be() {
    let refusals = "faults: [{route: 'GET /api/2.0/genie/spaces', times: 1, effect: status, status: 401}]";
    let server = serve(world(refusals), None).await;
    assert!(m2m(&server, &server.token).list_spaces().await.is_ok());
    let server = serve(world(refusals), None).await;
    assert_eq!(client(&server).list_spaces().await.unwrap_err().kind, ErrorKind::Auth);
}
