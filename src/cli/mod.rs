//! Arguments, output, progress, confirmation, exit codes; one file per command.
