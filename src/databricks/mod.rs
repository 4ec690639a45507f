//! Floor 2: the client of a Databricks workspace: authentication, requests, retries. The same
//! client talks to a real workspace and to the embedded one.
//!
//! What is sent again after what:
//!
//! | call | refused (429, 503 of the service) | connection never made | answer lost |
//! | --- | --- | --- | --- |
//! | reads, trash, SQL queries, chat | again | again | again |
//! | create, update, permissions, files | again | again | error [`ErrorKind::Lost`]: read to decide |
//! | a question | the caller's next attempt | the caller's next attempt | looked up in the space's conversations |

mod answer_rows;
mod answers;
mod ask;
mod client;
mod credentials;
mod error;
mod eval_runs;
mod files;
mod http;
mod permissions;
mod profile;
mod recover;
mod resolve;
mod serving;
mod settings;
mod spaces;
mod sql;
mod sql_result;
mod tables;
mod tokens;

pub use ask::{AskFailure, AskOptions, Asked, Thread};
pub use client::Client;
pub use credentials::{Credentials, OidcSource};
pub use error::{ClientError, ErrorKind};
pub use resolve::{Attributes, AuthError, config_file_path};
pub use settings::Settings;
pub use spaces::{LiveSpace, SpaceSummary};
pub use sql::{SqlOptions, SqlParameter, SqlRunError};
