//! In-silico neuroscience as a service: a stimulus in, the predicted fMRI response of a human brain out.
//!
//! A stimulus walks through the modules one way, from `api` down to `store`, and a module uses only
//! those listed below it. Start reading at [`predict`]: it is the pipeline on one page.

pub mod analysis;
pub mod api;
pub mod bold;
pub mod brain;
pub mod catalogue;
pub mod encoder;
pub mod experiment;
pub mod export;
pub mod features;
pub mod jobs;
pub mod predict;
pub mod scanner;
pub mod simulation;
pub mod stimulus;
pub mod store;
pub mod study;
