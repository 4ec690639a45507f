//! The `genie-enhance` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    genie_enhance::cli::main()
}
