//! Blocks of one condition each, with rest between them.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Error;
use super::order::{Deck, generator, without_repeats};
use super::{Gap, Material, Presented, Run, Trial, Windows, check_size, one};

/// In every run `blocks` blocks of each condition, in random order, none after one of its own condition where there are
/// several. A block shows `stimuli_per_block` stimuli of the condition one right after the other, each of them before
/// any comes again. The fLoc localizer of Stigliani 2015 has 12 pictures of 0.5 s a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockDesign {
    #[serde(default = "twelve")]
    pub stimuli_per_block: u32,
    /// How long a picture is held (s). Films, sounds and texts last as long as they do.
    #[serde(default = "half_a_second")]
    pub stimulus_s: f64,
    /// From the end of a block to the next one (s).
    #[serde(default = "six_seconds")]
    pub rest_s: f64,
    /// Of each condition in a run.
    #[serde(default = "one")]
    pub blocks: u32,
    #[serde(default = "one")]
    pub runs: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default)]
    pub gap: Gap,
    /// Whether a block may lie in two windows.
    #[serde(default)]
    pub straddle: bool,
}

fn twelve() -> u32 {
    12
}

fn half_a_second() -> f64 {
    0.5
}

fn six_seconds() -> f64 {
    6.0
}

impl BlockDesign {
    pub(super) fn runs(&self, material: &Material, windows: &Windows, seed: u64) -> Result<Vec<Run>, Error> {
        let conditions = &material.conditions;
        let blocks = conditions.len().saturating_mul(self.blocks as usize);
        check_size(blocks.saturating_mul(self.stimuli_per_block as usize), self.runs)?;
        let mut decks: Vec<Deck> = conditions.iter().map(|condition| Deck::new(condition.lengths.len())).collect();
        let seed = self.seed.unwrap_or(seed);
        (0..self.runs).map(|run| self.run(conditions, &mut decks, windows, generator(seed, run))).collect()
    }

    fn run(
        &self,
        conditions: &[Presented],
        decks: &mut [Deck],
        windows: &Windows,
        mut generator: ChaCha8Rng,
    ) -> Result<Run, Error> {
        let blocks = |condition: &Presented| if condition.lengths.is_empty() { 0 } else { self.blocks as usize };
        let counts: Vec<usize> = conditions.iter().map(blocks).collect();
        let silent: Vec<bool> = conditions.iter().map(Presented::is_silent).collect();
        let order = without_repeats(&counts, &silent, &mut generator);
        let order = order.unwrap_or_else(|| {
            (0..conditions.len()).flat_map(|condition| std::iter::repeat_n(condition, counts[condition])).collect()
        });
        let mut trials: Vec<Trial> = Vec::new();
        let mut earliest_s = 0.0;
        for (block, condition) in order.into_iter().enumerate() {
            let mut shown = self.block(condition, &conditions[condition], &mut decks[condition], &mut generator);
            let length_s = shown.last().map_or(0.0, Trial::end_s);
            let needed_s = shown.iter().map(|trial| trial.onset_s + windows.needed_s(trial.duration_s));
            let clear = windows.clear_onset(earliest_s, length_s, needed_s.fold(0.0, f64::max));
            let onset_s = if self.straddle { Some(earliest_s) } else { clear };
            let onset_s = onset_s.ok_or_else(|| Error::BlockLongerThanWindow {
                condition: conditions[condition].name.clone(),
                duration_s: length_s,
                window_s: windows.window_s,
            })?;
            for trial in &mut shown {
                trial.onset_s += onset_s;
                trial.block = Some(block);
            }
            trials.append(&mut shown);
            earliest_s = onset_s + length_s + self.rest_s;
        }
        Ok(Run::new(trials, windows))
    }

    /// The trials of a block that begins at 0 s.
    fn block(
        &self,
        condition: usize,
        presented: &Presented,
        deck: &mut Deck,
        generator: &mut ChaCha8Rng,
    ) -> Vec<Trial> {
        let mut onset_s = 0.0;
        let mut next = |_| {
            let stimulus = deck.deal(generator);
            let trial = Trial::new(condition, stimulus, onset_s, presented.lengths[stimulus].shown_s(self.stimulus_s));
            onset_s = trial.end_s();
            trial
        };
        (0..self.stimuli_per_block).map(&mut next).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Design, Length};
    use super::*;

    const WINDOWS: Windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };

    fn design(text: &str) -> Design {
        toml::from_str(&format!("kind = \"block\"\n{text}")).unwrap()
    }

    fn material(conditions: usize, stimuli: usize, length: Length) -> Material {
        let presented = |i| Presented { name: format!("c{i}"), lengths: vec![length; stimuli] };
        Material { conditions: (0..conditions).map(presented).collect(), ..Material::default() }
    }

    #[test]
    fn a_block_of_twelve_pictures_lasts_six_seconds() {
        let runs = design("blocks = 2").runs(&material(3, 20, Length::Held), &WINDOWS, None).unwrap();
        let trials = &runs[0].trials;
        assert_eq!(trials.len(), 3 * 2 * 12);
        assert_eq!((trials[11].onset_s, trials[12].onset_s), (5.5, 12.0));
        assert_eq!((trials[11].block, trials[12].block), (Some(0), Some(1)));
        assert_ne!(trials[11].condition, trials[12].condition);
    }

    #[test]
    fn a_block_that_is_longer_than_a_window_is_named() {
        let error = design("").runs(&material(2, 3, Length::Own(9.0)), &WINDOWS, None).unwrap_err();
        assert!(matches!(error, Error::BlockLongerThanWindow { duration_s, .. } if duration_s == 108.0));
        assert!(design("straddle = true").runs(&material(2, 3, Length::Own(9.0)), &WINDOWS, None).is_ok());
    }

    proptest! {
        #[test]
        fn blocks_are_whole_apart_and_never_repeated(
            conditions in 2_usize..5, stimuli in 2_usize..6, per_block in 1_u32..12, blocks in 1_u32..5, seed: u64,
            length_s in 0.1_f64..8.0,
        ) {
            let fields =
                format!("stimuli_per_block = {per_block}\nblocks = {blocks}\nrest_s = 4.0\nseed = {}", seed >> 1);
            let material = material(conditions, stimuli, Length::Own(length_s));
            let runs = design(&fields).runs(&material, &WINDOWS, None).unwrap();
            let blocks: Vec<&[Trial]> = runs[0].trials.chunk_by(|a, b| a.block == b.block).collect();
            for block in &blocks {
                prop_assert_eq!(block.len(), per_block as usize);
                let (first, last) = (&block[0], &block[block.len() - 1]);
                prop_assert_eq!(((first.onset_s + 1e-6) / 100.0).floor(), ((last.end_s() - 1e-6) / 100.0).floor());
                prop_assert!(block.windows(2).all(|pair| pair[0].stimulus != pair[1].stimulus));
            }
            for pair in blocks.windows(2) {
                prop_assert_ne!(pair[0][0].condition, pair[1][0].condition);
                prop_assert!(pair[1][0].onset_s - pair[0][pair[0].len() - 1].end_s() >= 4.0 - 1e-9);
            }
        }
    }
}
