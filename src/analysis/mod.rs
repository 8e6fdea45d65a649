//! The statistics of experiments: from responses and designs to effects and how sure one can be of them.
//!
//! Responses are `(time, vertex)`, estimates `(stimulus, vertex)`, maps `(map, vertex)`; every vertex is treated alone,
//! so that a caller may hand over a cortex in pieces. There are three ways to an effect. A *GLM* ([`DesignMatrix`],
//! [`Glm`], [`Contrast`]) explains a response by events that were convolved with a haemodynamic response ([`Hrf`]), and
//! its errors are those of the time series. *Trial statistics* ([`StimulusEstimates`]) take one map a stimulus, as
//! [`peak`] reads it off the response, and ask whether conditions differ by more than their stimuli do. *Group
//! statistics* ([`OneSample`]) do the same over maps of people. [`false_discovery_rate`], [`flip_signs`] and
//! [`permute_labels`] correct for the number of vertices.
//!
//! The model is deterministic: the same stimulus has the same response each time it is predicted. What varies between
//! the trials of a condition is the stimulus, never a person or a scanner, and a p value here is about other stimuli
//! of the same kind, not about other people. Only [`OneSample`] on measured maps speaks about people.
//!
//! Maps are compared with maps of people ([`compare`], with a spin test on [`Spheres`]), summarised by region
//! ([`summarise`]) and taken apart into independent components ([`FastIca`]). There a map is a value a vertex, left
//! hemisphere first, and what it lacks (the medial wall, a vertex without data) is NaN.
//!
//! Models of *measured* responses, and the scores of any model against them, are in [`encoding`].
//!
//! Everything works on views of arrays; nothing here reads or writes.

mod autocorrelation;
mod comparison;
mod comparison_error;
mod components;
mod contrast;
mod correlation;
mod design_matrix;
mod drift;
pub mod encoding;
mod error;
mod estimable;
mod fdr;
mod finite;
mod glm;
mod hrf;
mod max_statistic;
mod one_sample;
mod patches;
mod permutation;
mod region;
mod region_summary;
mod regressor;
mod rotation;
mod significance;
mod spin;
mod timecourse;
mod top_fraction;
mod trials;

pub use comparison::{Agreement, Comparison, MapPair, ParcelComparison, compare};
pub use comparison_error::ComparisonError;
pub use components::{Components, FastIca};
pub use contrast::{Contrast, fixed_effects};
pub use correlation::{Correlation, pearson, spearman};
pub use design_matrix::{DesignMatrix, DesignOptions, Event, frame_times};
pub use error::Error;
pub use fdr::false_discovery_rate;
pub use glm::{Glm, GlmFit, NoiseModel};
pub use hrf::{Derivatives, Hrf};
pub use one_sample::OneSample;
pub use patches::{PatchRank, RandomPatches};
pub use permutation::{PermutationTest, flip_signs, permute_labels};
pub use region::RegionVertices;
pub use region_summary::{ContrastMaps, Peak, RegionSummary, RegionTest, TrialEstimates, summarise};
pub use rotation::Rotation;
pub use significance::{p_of_t, z_of_t};
pub use spin::{Spheres, SpinTest, Spins, spin_test};
pub use timecourse::{EvokedResponse, Moment, Presentation, evoked_response, peak};
pub use trials::{StimulusEstimates, Trial, TrialContrast};
