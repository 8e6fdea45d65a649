//! Studies: stimuli with the responses that were measured to them, and what is trained on them.
//!
//! A [`Study`] lists runs: who was measured, what was shown, where the BOLD lies, and which split the run is of. It is written as
//! TOML, or found in a BIDS folder. Splits are by stimulus: what is in one is in no other, by the content of every file that was
//! shown. [`train`] brings features and responses together and trains a model on them, as a [`Configuration`] says. [`fit`]
//! gives a model a subject of the lab's own, and [`evaluation`] scores a model against what was measured.

mod bids;
mod ceiling;
mod configuration;
mod course;
mod description;
mod error;
pub mod evaluation;
mod fitting;
mod kept_features;
mod log;
mod outcome;
mod recordings;
mod run;
mod split;
mod states;
mod training;

pub use configuration::{Configuration, ModelSizes};
pub use description::{Study, TOLERANCE_S};
pub use error::Error;
pub use fitting::{FitOrder, FitProgress, FitResources, Method, fit};
pub use outcome::Outcome;
pub use run::StudyRun;
pub use split::{Split, SplitRule};
pub use training::{Progress, Resources, train};
