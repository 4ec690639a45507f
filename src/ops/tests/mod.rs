//! Applying under bad luck, in one process: a workspace in memory that can be stopped at every
//! request, and files that break off at every write.

mod corpus;
mod crash;
mod fake;
mod scenarios;
mod schedules;
mod site;
