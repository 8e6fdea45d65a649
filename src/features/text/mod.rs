//! Text: the hidden states of a causal language model, word by word.
//!
//! A word is read at the end of all the text before it. As the model is causal, words whose contexts begin alike
//! are read in one forward: [`tokens`] gives the ids of each context, [`passes`] lays many contexts out as
//! one tree of tokens, [`llama`] runs the tree, and the means over each word's own tokens are its features.

pub mod config;
pub mod llama;
pub mod passes;
pub mod tokens;

#[cfg(test)]
mod tests;

use std::path::Path;

use ndarray::{Axis, Slice};
use tch::{Device, Kind, Tensor};

use self::config::LlamaConfig;
use self::llama::Llama;
use self::passes::{Pass, Plan};
use self::tokens::Tokens;
use super::weights::Weights;
use super::{
    Cancelled, Compute, Error, Extractor, Features, LayerGroups, LayerSelection, Modality, Reads, Tick, hub, series,
};
use crate::stimulus::Word;

/// Turns words, each in its context, into features.
pub struct TextExtractor {
    revision: String,
    compute: Compute,
    groups: LayerGroups,
    config: LlamaConfig,
    tokens: Tokens,
    model: Llama,
}

impl TextExtractor {
    /// Reads the model of a folder in Hugging Face form, its tokenizer included.
    ///
    /// # Errors
    /// When a file is missing or does not describe this model, the weights do not fit it, or the tokenizer has ids
    /// that the model has no embedding for.
    pub fn open(folder: &Path, layers: &LayerSelection, compute: Compute) -> Result<Self, Error> {
        let config: LlamaConfig = hub::read(folder)?;
        let tokens = Tokens::open(folder, config.vocab_size)?;
        let weights = Weights::open(folder, compute.device, compute.kind)?;
        let model = Llama::new(&weights, &config);
        weights.finish()?;
        let groups = LayerGroups::new(config.num_hidden_layers as usize + 1, layers);
        Ok(Self { revision: hub::revision(folder)?, compute, groups, config, tokens, model })
    }

    /// Features of the words, `(group, width, word)` in their order. Words in the order of their text are read in the
    /// fewest forwards.
    ///
    /// # Errors
    /// [`Error::NoTokens`] when there is nothing to read in a word's context, [`Error::Cancelled`] when `tick` says so.
    pub fn words(&self, words: &[Word], tick: Tick) -> Result<Features, Error> {
        let mut features = Features::zeros((self.groups(), self.width(), words.len()));
        let mut plan = Plan::new(words, self.tokens.reader(), self.config.max_position_embeddings);
        let mut done = 0;
        while let Some(pass) = plan.pass()? {
            let after = done + pass.words.len();
            let mut tick_pass = |part: f64| tick((done as f64 + part * (after - done) as f64) / words.len() as f64);
            let means = self.read(&pass, &mut tick_pass)?;
            features.slice_axis_mut(Axis(2), Slice::from(done..after)).assign(&means);
            done = after;
        }
        tick(1.0)?;
        Ok(features)
    }

    /// One forward: the means over every word's tokens, then over the layer groups.
    fn read(&self, pass: &Pass, tick: Tick) -> Result<Features, Cancelled> {
        let _no_grad = tch::no_grad_guard();
        let own = OwnTokens::of(&pass.words, self.compute.device);
        let mut means = self.groups.mean();
        let states = self.config.num_hidden_layers + 1;
        self.model.hidden_states(&pass.tree, |index, state| {
            tick(index as f64 / states as f64)?;
            if self.groups.contains(index) {
                means.add(index, &own.mean(state));
            }
            Ok(())
        })?;
        Ok(series::features(&means.finish()))
    }
}

impl Reads for TextExtractor {
    fn words(&self, words: &[Word], tick: Tick) -> Result<Features, Error> {
        Self::words(self, words, tick)
    }
}

impl Extractor for TextExtractor {
    fn modality(&self) -> Modality {
        Modality::Text
    }

    fn revision(&self) -> &str {
        &self.revision
    }

    fn settings(&self) -> String {
        let longest = self.config.max_position_embeddings;
        format!("hidden states {:?}, {:?}, {longest} tokens", self.groups.groups(), self.compute.kind)
    }

    fn groups(&self) -> usize {
        self.groups.groups().len()
    }

    fn width(&self) -> usize {
        self.config.hidden_size as usize
    }
}

/// Which rows of a forward are which word's.
struct OwnTokens {
    /// The rows of all words, one word's after another's.
    rows: Tensor,
    /// The word that each of them belongs to.
    words: Tensor,
    /// Tokens of each word, `(word, 1)`.
    counts: Tensor,
}

impl OwnTokens {
    fn of(words: &[Vec<i64>], device: Device) -> Self {
        let counts: Vec<i64> = words.iter().map(|rows| rows.len() as i64).collect();
        let owners: Vec<i64> = words.iter().zip(0..).flat_map(|(rows, word)| rows.iter().map(move |_| word)).collect();
        Self {
            rows: Tensor::from_slice(&words.concat()).to_device(device),
            words: Tensor::from_slice(&owners).to_device(device),
            counts: Tensor::from_slice(&counts).to_device(device).unsqueeze(1),
        }
    }

    /// The mean over each word's tokens, `(word, width)` in float32, of a hidden state `(row, width)`.
    fn mean(&self, state: &Tensor) -> Tensor {
        let own = state.index_select(0, &self.rows).to_kind(Kind::Float);
        let sums = Tensor::zeros([self.counts.size()[0], own.size()[1]], (Kind::Float, own.device()));
        sums.index_add(0, &self.words, &own) / &self.counts
    }
}
