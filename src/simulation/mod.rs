//! A simulated cohort, and called so everywhere: films made of generated stimuli, and what a forward model of BOLD makes of
//! them in several subjects. Nobody was scanned.
//!
//! [`cohort`] is the whole of it on one page. [`grammar`] makes texts, [`programme`] says what is shown and played when,
//! `screen` and `sound` make pixels and samples of that, and [`forward`] makes responses; these three are pure.
//! `docs/simulated_cohort.md` says what is planted and why.

mod channel;
mod cohort;
mod dataset;
mod error;
mod film;
pub mod forward;
pub mod grammar;
mod material;
mod parallel;
mod plan;
pub mod programme;
mod random;
mod screen;
mod sound;
mod speaking;
mod truth;

pub use channel::{COURSE_HZ, Channel, Courses};
pub use cohort::{Made, Progress, Step, Workshop, simulate};
pub use error::Error;
pub use plan::{FilmName, Plan, Split};
