//! Floor 3: the embedded workspace: server, world, spaces, warehouse, analyst.

pub mod server;
pub mod spaces;
pub mod world;
