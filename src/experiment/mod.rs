//! Virtual experiments: what to show, when, and how to compare the responses.
//!
//! [`Spec`] is an experiment as a user writes it. It is read with all its faults ([`Spec::from_json`]), filled in from
//! the library of [`localizer`]s and a listing of stimuli ([`Spec::completed`]), looked through ([`Spec::check`]),
//! counted through where it holds a [`grid`], and laid out in time by its [`design`]. Everything here is a pure
//! function: stimuli are named and never opened, and whoever opens them passes in how long they last.

mod completion;
mod condition;
pub mod contrast;
pub mod design;
mod error;
mod estimate;
mod events_table;
mod fault;
pub mod grid;
pub mod limits;
mod listing;
pub mod localizer;
mod media;
pub mod multisensory;
mod reading;
mod region;
mod shape;
mod spec;
mod statistics;
mod stimulus;
pub mod text_items;
mod validation;

pub use completion::Given;
pub use condition::{Condition, DerivedTexts};
pub use contrast::Contrast;
pub use design::Design;
pub use error::Error;
pub use estimate::{Drift, Estimate, GlmEstimate, Hrf, Noise, PeakEstimate, TimecourseEstimate, Variance};
pub use events_table::{Event, EventsTable};
pub use fault::{Fault, Findings, Warning};
pub use listing::Listing;
pub use localizer::{Library, Localizer};
pub use media::Media;
pub use region::{NoRegion, RegionName};
pub use spec::Spec;
pub use statistics::{Exchange, FalseDiscoveryRate, Permutations, Returned, Statistics, TestedUnit};
pub use stimulus::Stimulus;
pub use validation::Known;
