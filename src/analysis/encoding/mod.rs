//! Encoding models: linear models that predict measured responses from features of stimuli, and how well any model does.
//!
//! *Preparing.* A run is detrended ([`SavitzkyGolay`]) and standardised ([`Standardised`], which masks what never changes);
//! features are reduced to those that do not go together ([`PrincipalComponents`]) and delayed ([`Delays`]), so that a
//! response at one time is a weighted sum of features at several.
//!
//! *Fitting.* Runs are added one by one to [`Runs`], which keeps sums of products only ([`Moments`]): the memory of a fit
//! does not depend on how long the data are. [`Ridge`] penalises all features alike, or draws weights to those of a prior;
//! [`BandedRidge`] has a penalty a modality. Penalties are chosen for each output by a [`PenaltyRule`] on groups of runs that
//! were left out.
//! [`spread`] carries a model of the means of regions to the outputs that they are means of. [`VariancePartition`] and [`unique_variance`] say which modality explains what.
//!
//! *Scoring.* [`ScoreSums`] scores runs as they come. What could be reached is told by [`SplitHalf`] and
//! [`intersubject_correlation`], what chance reaches by [`one_sample_a_minute`] and [`CircularShifts`]. [`GroupPrediction`]
//! holds one prediction against a cohort, [`Retrieval`] asks whether patterns find their stimulus, and [`PairedTest`]
//! compares two models.
//!
//! Features are `(time, feature)`, responses `(time, output)`, weights `(output, feature)`; an output is a vertex, a voxel or
//! a region. A score that does not exist is NaN.

mod banded_ridge;
mod bands;
mod ceiling;
mod chance;
mod cohort;
mod cores;
mod cross_validation;
mod delays;
mod detrend;
mod error;
mod finite;
#[cfg(test)]
mod fixtures;
mod linear_model;
mod moments;
mod paired;
mod penalty_rule;
mod principal;
mod product;
mod region_means;
mod retrieval;
mod ridge;
mod runs;
mod scores;
mod series;
mod spectrum;
mod variance;

pub use banded_ridge::{BandedRidge, BandedRidgeFit};
pub use bands::{Bands, draw_shares};
pub use ceiling::{SplitHalf, intersubject_correlation, share};
pub use chance::{CircularShifts, ShiftTest, Significance, one_sample_a_minute};
pub use cohort::GroupPrediction;
pub use delays::Delays;
pub use detrend::{SavitzkyGolay, Standardised};
pub use error::Error;
pub use linear_model::LinearModel;
pub use moments::Moments;
pub use paired::PairedTest;
pub use penalty_rule::PenaltyRule;
pub use principal::PrincipalComponents;
pub use region_means::spread;
pub use retrieval::Retrieval;
pub use ridge::{Criterion, Ridge, RidgeFit, penalties};
pub use runs::Runs;
pub use scores::{ScoreSums, Scores, score};
pub use variance::{VariancePartition, unique_variance};
