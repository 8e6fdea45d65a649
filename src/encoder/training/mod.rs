//! Training of the brain encoder: recordings in, a model's folder out.
//!
//! A [`Recording`] is a stimulus with the responses of all who were measured while it was shown, so that one pass of the
//! transformer serves all of them. A [`Trainer`] owns the model and what the optimiser remembers; it takes steps and scores
//! what was held out. All that is drawn (the order of windows, what is dropped) follows from the recipe's seed and the
//! number of the step, so that a training that is cut off goes on as if it had not been. Who decides when to stop, and
//! writes logs, is `study/`. A [`SubjectFactor`] is what of a head is learned for a new subject of a model that stays as it is.
//!
//! Sources: §5.4 and §5.8 of the TRIBE v2 paper. The forward is the one that predicts; what is added here is the loss, the
//! optimiser and what is dropped.

mod adamw;
mod draws;
mod loss;
mod one_cycle;
mod principal;
mod recipe;
mod recording;
mod scales;
mod score;
mod subject_factor;
mod trainer;
mod windows;

pub use recipe::Recipe;
pub use recording::{Recording, Response};
pub use scales::FeatureScales;
pub use score::Score;
pub use subject_factor::SubjectFactor;
pub use trainer::Trainer;
pub use windows::{Window, epoch, held_out};

#[cfg(test)]
mod tests;
