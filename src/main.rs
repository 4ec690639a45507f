//! The `genie-enhance` command.

fn main() {}
