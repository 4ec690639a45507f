//! `genie-enhance`: plan and apply measured improvements to Databricks Genie spaces.
//!
//! # Code map
//!
//! A module imports only modules of lower floors, as listed in `tests/it/layers.rs`, which fails
//! on any other `use crate::…`.
//!
//! | floor | modules |
//! | --- | --- |
//! | 0, plain data | [`model`], [`wire`], [`limit`], [`text`] |
//! | 1, pure tools | [`config`], [`sql`], [`compare`], [`diff`], [`format`], [`stats`] |
//! | 2, services and miners | [`databricks`], [`llm`], [`learn`], [`judge`], [`render`] |
//! | 3, candidates and stores | [`fix`], [`guard`], [`store`], [`embedded`] |
//! | 4, decisions and the past | [`trial`], [`planner`], [`history`] |
//! | 5, operations | [`ops`] |
//! | 6, dashboard | [`ui`] |
//! | 7, command line | [`cli`] |

#![forbid(unsafe_code)]

pub mod cli;
pub mod compare;
pub mod config;
pub mod databricks;
pub mod diff;
pub mod embedded;
pub mod fix;
pub mod format;
pub mod guard;
pub mod history;
pub mod judge;
pub mod learn;
pub mod limit;
pub mod llm;
pub mod model;
pub mod ops;
pub mod planner;
pub mod render;
pub mod sql;
pub mod stats;
pub mod store;
pub mod text;
pub mod trial;
pub mod ui;
pub mod wire;
