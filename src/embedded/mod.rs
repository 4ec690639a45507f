//! Floor 3: the embedded workspace: server, world, spaces, warehouse, analyst.
