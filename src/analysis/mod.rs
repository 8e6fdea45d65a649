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
//! Everything works on views of arrays; nothing here reads or writes.

mod autocorrelation;
mod contrast;
mod design_matrix;
mod drift;
mod error;
mod estimable;
mod fdr;
mod finite;
mod glm;
mod hrf;
mod max_statistic;
mod one_sample;
mod permutation;
mod regressor;
mod significance;
mod timecourse;
mod trials;

pub use contrast::{Contrast, fixed_effects};
pub use design_matrix::{DesignMatrix, DesignOptions, Event, frame_times};
pub use error::Error;
pub use fdr::false_discovery_rate;
pub use glm::{Glm, GlmFit, NoiseModel};
pub use hrf::{Derivatives, Hrf};
pub use one_sample::OneSample;
pub use permutation::{PermutationTest, flip_signs, permute_labels};
pub use timecourse::{EvokedResponse, Moment, Presentation, evoked_response, peak};
pub use trials::{StimulusEstimates, Trial, TrialContrast};
