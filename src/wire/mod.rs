//! Floor 0: REST shapes as the vendor writes them, for both ends of the wire.
//!
//! The client decodes them and the embedded workspace encodes them, so one definition holds on
//! both sides. Decoding is as lenient as the official SDKs: unknown fields are ignored, unknown
//! enum values become `Unknown`, 64-bit integers may be numbers or numeric texts, and `null`
//! stands for an absent value. Source: `reference/databricks-api.md`.

mod auth;
mod catalog;
mod conversation;
mod errors;
mod eval;
mod files;
mod genie;
mod lenient;
mod message_error;
mod permissions;
mod serving;
mod statements;

pub use auth::{HostMetadata, OidcMetadata, TokenError, TokenResponse};
pub use catalog::{
    CatalogInfo, CatalogList, ColumnInfo, ForeignKeyConstraint, PrimaryKeyConstraint, SchemaInfo, SchemaList,
    TableConstraint, TableExists, TableInfo, TableList, TableSummary, TableSummaryList,
};
pub use conversation::{
    Attachment, CommentList, Conversation, ConversationList, ConversationSummary, DownloadStarted, Feedback, Message,
    MessageComment, MessageError, MessageList, MessageStatus, QueryAttachment, QueryParameter, QueryResponse,
    QueryResultMetadata, StartConversation, StartedConversation, SuggestedQuestions, TextAttachment, Thought,
};
pub use errors::ErrorBody;
pub use eval::{EvalResponse, EvalResult, EvalResultDetails, EvalResultList, EvalRun, EvalRunList, EvalRunRequest};
pub use files::{DirectoryEntry, DirectoryList};
pub use genie::{Space, SpaceList, SpaceWrite};
pub use message_error::{FaultOf, MESSAGE_ERROR_TYPES, fault_of};
pub use permissions::{AccessControl, AccessControlRequest, ObjectPermissions, Permission, PermissionsRequest};
pub use serving::{ChatChoice, ChatMessage, ChatResponse, ChatUsage, EndpointList, ServingEndpoint};
pub use statements::{
    ChunkInfo, ColumnDescription, ExternalLink, ResultData, ResultManifest, ResultSchema, StatementError,
    StatementParameter, StatementRequest, StatementResponse, StatementState, StatementStatus,
};
