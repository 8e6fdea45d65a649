//! Comparing and summarising maps of the cortex: correlation, spin test, regions, independent components.
//!
//! A map holds a value a vertex, the left hemisphere's first. What a map lacks (the medial wall, a vertex without data)
//! is NaN.

mod comparison;
mod comparison_error;
mod components;
mod correlation;
mod patches;
mod region;
mod region_summary;
mod rotation;
mod spin;
mod top_fraction;

pub use comparison::{Agreement, Comparison, MapPair, ParcelComparison, compare};
pub use comparison_error::ComparisonError;
pub use components::{Components, FastIca};
pub use correlation::{Correlation, pearson, spearman};
pub use patches::{PatchRank, RandomPatches};
pub use region::RegionVertices;
pub use region_summary::{ContrastMaps, Peak, RegionSummary, RegionTest, TrialEstimates, summarise};
pub use rotation::Rotation;
pub use spin::{Spheres, SpinTest, Spins, spin_test};
