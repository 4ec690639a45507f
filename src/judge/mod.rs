//! What the undecided are asked, and what their replies mean. Pure: whoever talks to a model
//! takes the requests from here and brings the replies back.

mod item;
mod reply;
mod session;
mod template;

pub use item::{Item, Sample};
pub use reply::{Label, Opinion, reply_schema};
pub use session::{Asking, Judged, Request, Session};
pub use template::{Misplaced, Template};

/// Items in one request.
pub const CHUNK: usize = 10;
