//! Virtual experiments: what to show, when, and how to compare the responses. Everything here is a pure function.
mod condition;
pub mod contrast;
pub mod design;
mod error;
mod estimate;
mod fault;
mod limits;
mod region;
mod statistics;
mod stimulus;
mod text_items;
pub use error::Error;
pub use fault::{Fault, Findings, Warning};
