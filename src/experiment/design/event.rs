//! Single stimuli in random order, one every few seconds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Error;
use super::order::{Deck, generator, without_repeats};
use super::{Gap, Length, Material, Presented, Run, Trial, Windows, check_size, one, one_second};

/// Each stimulus `repetitions` times a run, in an order of its own for each run.
///
/// No condition follows itself where the numbers of trials allow it, and else no stimulus does. A run does not begin
/// with silence where it can begin with something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventDesign {
    /// How long a picture is held (s). Films, sounds and texts last as long as they do.
    #[serde(default = "one_second")]
    pub stimulus_s: f64,
    /// From one onset to the next (s), or longer where a stimulus is.
    #[serde(default = "paper_asynchrony")]
    pub asynchrony_s: f64,
    /// At least so long from the end of a stimulus to the next onset (s).
    #[serde(default)]
    pub pause_s: f64,
    #[serde(default = "one")]
    pub repetitions: u32,
    #[serde(default = "one")]
    pub runs: u32,
    /// A run that would be longer is divided into several of about as many trials (s). A language model reads a word after
    /// all words of its run, up to 1,024 of them; from there on each word takes a forward over as many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_run_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default)]
    pub gap: Gap,
    /// Whether a trial may lie in two windows.
    #[serde(default)]
    pub straddle: bool,
}

/// Of TRIBE v2's paper (arXiv 2605.04326, §5.9).
fn paper_asynchrony() -> f64 {
    8.0
}

/// Pictures of 1 s every 8 s, as in TRIBE v2's paper (arXiv 2605.04326, §5.9).
impl Default for EventDesign {
    fn default() -> Self {
        Self {
            stimulus_s: one_second(),
            asynchrony_s: paper_asynchrony(),
            pause_s: 0.0,
            repetitions: one(),
            runs: one(),
            longest_run_s: None,
            seed: None,
            gap: Gap::default(),
            straddle: false,
        }
    }
}

impl EventDesign {
    pub(super) fn runs(&self, material: &Material, windows: &Windows, seed: u64) -> Result<Vec<Run>, Error> {
        let stimuli: usize = material.conditions.iter().map(|condition| condition.lengths.len()).sum();
        check_size(stimuli.saturating_mul(self.repetitions as usize), self.runs)?;
        let seed = self.seed.unwrap_or(seed);
        let divided = (0..self.runs).map(|run| {
            let order = self.order(&material.conditions, seed, run);
            self.divided(&material.conditions, windows, &order)
        });
        Ok(divided.collect::<Result<Vec<_>, Error>>()?.concat())
    }

    /// Trials in this order, in one run or in as many as the longest allows.
    fn divided(
        &self,
        conditions: &[Presented],
        windows: &Windows,
        order: &[(usize, usize)],
    ) -> Result<Vec<Run>, Error> {
        let whole = self.run(conditions, windows, order)?;
        let parts = self.longest_run_s.map_or(1.0, |longest_s| (whole.length_s / longest_s).ceil()) as usize;
        if parts <= 1 {
            return Ok(vec![whole]);
        }
        order.chunks(order.len().div_ceil(parts)).map(|part| self.run(conditions, windows, part)).collect()
    }

    fn run(&self, conditions: &[Presented], windows: &Windows, order: &[(usize, usize)]) -> Result<Run, Error> {
        let mut trials: Vec<Trial> = Vec::new();
        let mut earliest_s = 0.0_f64;
        for &(condition, stimulus) in order {
            let shown_s = conditions[condition].lengths[stimulus].shown_s(self.stimulus_s);
            let clear = windows.clear_onset(earliest_s, shown_s, windows.needed_s(shown_s));
            let onset_s = if self.straddle { Some(earliest_s) } else { clear };
            let onset_s = onset_s.ok_or_else(|| Error::LongerThanWindow {
                condition: conditions[condition].name.clone(),
                stimulus,
                duration_s: shown_s,
                window_s: windows.window_s,
            })?;
            trials.push(Trial::new(condition, stimulus, onset_s, shown_s));
            earliest_s = (onset_s + self.asynchrony_s).max(onset_s + shown_s + self.pause_s);
        }
        Ok(Run::new(trials, windows))
    }

    /// Condition and stimulus of each trial.
    fn order(&self, conditions: &[Presented], seed: u64, run: u32) -> Vec<(usize, usize)> {
        let mut generator = generator(seed, run);
        let repetitions = self.repetitions as usize;
        let counts: Vec<usize> = conditions.iter().map(|condition| condition.lengths.len() * repetitions).collect();
        let silent: Vec<bool> = conditions.iter().map(Presented::is_silent).collect();
        if let Some(order) = without_repeats(&counts, &silent, &mut generator) {
            let mut decks: Vec<Deck> = conditions.iter().map(|condition| Deck::new(condition.lengths.len())).collect();
            return order.into_iter().map(|condition| (condition, decks[condition].deal(&mut generator))).collect();
        }
        let stimuli: Vec<(usize, usize)> = (0..conditions.len())
            .flat_map(|condition| (0..conditions[condition].lengths.len()).map(move |stimulus| (condition, stimulus)))
            .collect();
        let is_silence = |&(condition, stimulus): &(usize, usize)| {
            matches!(conditions[condition].lengths[stimulus], Length::Silence(_))
        };
        let silent: Vec<bool> = stimuli.iter().map(is_silence).collect();
        match without_repeats(&vec![repetitions; stimuli.len()], &silent, &mut generator) {
            Some(order) => order.into_iter().map(|stimulus| stimuli[stimulus]).collect(),
            None => stimuli.iter().flat_map(|stimulus| std::iter::repeat_n(*stimulus, repetitions)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::Design;
    use super::*;

    const WINDOWS: Windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };

    fn material(lengths: Vec<Vec<Length>>) -> Material {
        let conditions = lengths.into_iter().enumerate();
        let conditions = conditions.map(|(i, lengths)| Presented { name: format!("c{i}"), lengths }).collect();
        Material { conditions, ..Material::default() }
    }

    fn runs(design: EventDesign, lengths: Vec<Vec<Length>>) -> Vec<Run> {
        Design::Event(design).runs(&material(lengths), &WINDOWS, Some(7)).unwrap()
    }

    #[test]
    fn pictures_come_every_eight_seconds_and_keep_their_peak_in_their_window() {
        let runs = runs(EventDesign::default(), vec![vec![Length::Held; 7]; 2]);
        let onsets: Vec<f64> = runs[0].trials.iter().map(|trial| trial.onset_s).collect();
        assert_eq!(onsets[..4], [0.0, 8.0, 16.0, 24.0]);
        assert_eq!(onsets[11..], [88.0, 100.0, 108.0]);
        assert_eq!(runs[0].length_s, 114.0);
        assert_eq!(runs[0].windows(&WINDOWS, 0.0).len(), 2);
    }

    #[test]
    fn with_straddling_allowed_nothing_is_moved() {
        let runs = runs(EventDesign { straddle: true, ..EventDesign::default() }, vec![vec![Length::Held; 7]; 2]);
        assert!(runs[0].trials.iter().enumerate().all(|(i, trial)| trial.onset_s == 8.0 * i as f64));
    }

    #[test]
    fn a_long_sound_delays_the_next_onset_by_its_end_and_the_pause() {
        let design = EventDesign { pause_s: 3.0, ..EventDesign::default() };
        let runs = runs(design, vec![vec![Length::Own(10.0)], vec![Length::Own(2.0)]]);
        let trials = &runs[0].trials;
        let expected = if trials[0].duration_s == 10.0 { 13.0 } else { 8.0 };
        assert_eq!(trials[1].onset_s, expected);
    }

    #[test]
    fn a_sound_longer_than_a_window_is_named() {
        let design = Design::Event(EventDesign::default());
        let error = design.runs(&material(vec![vec![Length::Held, Length::Own(100.5)]]), &WINDOWS, None).unwrap_err();
        assert!(
            matches!(&error, Error::LongerThanWindow { condition, stimulus: 1, .. } if condition == "c0"),
            "{error}"
        );
    }

    #[test]
    fn runs_have_orders_of_their_own_that_the_seed_decides() {
        let design = EventDesign { runs: 2, repetitions: 2, ..EventDesign::default() };
        let lengths = vec![vec![Length::Held; 5]; 4];
        let order = |run: &Run| run.trials.iter().map(|t| (t.condition, t.stimulus)).collect::<Vec<_>>();
        let first = runs(design.clone(), lengths.clone());
        assert_eq!(first, runs(design.clone(), lengths.clone()));
        assert_ne!(order(&first[0]), order(&first[1]));
        assert_ne!(order(&first[0]), order(&runs(EventDesign { seed: Some(8), ..design }, lengths)[0]));
        let repetitions: usize = first.iter().flat_map(|run| &run.trials).map(|trial| trial.repetition).sum();
        assert_eq!(repetitions, 20 * (1 + 2 + 3), "each of 20 stimuli is shown 4 times");
    }

    #[test]
    fn a_long_run_is_divided_into_shorter_ones_that_show_everything_once() {
        let lengths = vec![vec![Length::Own(4.0); 40]; 2];
        let design = EventDesign { asynchrony_s: 12.0, ..EventDesign::default() };
        let whole = runs(design.clone(), lengths.clone());
        let divided = runs(EventDesign { longest_run_s: Some(400.0), ..design.clone() }, lengths.clone());
        let trials = |runs: &[Run]| -> Vec<(usize, usize)> {
            runs.iter().flat_map(|run| &run.trials).map(|trial| (trial.condition, trial.stimulus)).collect()
        };
        assert_eq!(trials(&divided), trials(&whole), "the order is that of the whole");
        assert_eq!(divided.iter().map(|run| run.trials.len()).collect::<Vec<_>>(), [27, 27, 26]);
        for run in &divided {
            assert!(run.length_s <= 400.0 && run.trials[0].onset_s == 0.0);
            let of_first = run.trials.iter().filter(|trial| trial.condition == 0).count();
            assert!(of_first.abs_diff(run.trials.len() - of_first) <= 1, "conditions alternate in every run");
        }
        let long_enough = EventDesign { longest_run_s: Some(1e4), ..design };
        assert_eq!(runs(long_enough, lengths), whole);
    }

    #[test]
    fn too_many_trials_are_refused_before_they_are_made() {
        let design = Design::Event(EventDesign { repetitions: u32::MAX, runs: 1000, ..EventDesign::default() });
        let error = design.runs(&material(vec![vec![Length::Held; 100]]), &WINDOWS, None).unwrap_err();
        assert!(matches!(error, Error::TooManyTrials { .. }));
    }

    fn length() -> impl Strategy<Value = Length> {
        prop_oneof![Just(Length::Held), (0.1_f64..99.0).prop_map(Length::Own), (0.1_f64..9.0).prop_map(Length::Silence)]
    }

    proptest! {
        #[test]
        fn no_trial_overlaps_another_or_straddles_a_window(
            lengths in vec(vec(length(), 1..6), 1..5), seed: u64, stimulus_s in 0.1_f64..20.0,
            asynchrony_s in 0.0_f64..20.0, repetitions in 1_u32..4,
        ) {
            let seed = Some(seed);
            let design = EventDesign { stimulus_s, asynchrony_s, repetitions, seed, ..EventDesign::default() };
            let count: usize = lengths.iter().map(Vec::len).sum();
            let counts: Vec<usize> = lengths.iter().map(Vec::len).collect();
            let run = runs(design, lengths).remove(0);
            prop_assert_eq!(run.trials.len(), count * repetitions as usize);
            prop_assert_eq!(run.trials[0].onset_s, 0.0);
            for pair in run.trials.windows(2) {
                prop_assert!(pair[0].end_s() <= pair[1].onset_s + 1e-9);
                let same = (pair[0].condition, pair[0].stimulus) == (pair[1].condition, pair[1].stimulus);
                prop_assert!(!same || count == 1);
                let can_be_kept_apart = |own: &usize| 2 * own * (repetitions as usize) <= run.trials.len() + 1;
                let can_alternate = counts.iter().all(can_be_kept_apart);
                prop_assert!(!can_alternate || pair[0].condition != pair[1].condition);
            }
            for trial in &run.trials {
                let window = |second: f64| (second / 100.0).floor();
                prop_assert_eq!(window(trial.onset_s + 1e-6), window(trial.end_s() - 1e-6));
                if trial.duration_s < 90.0 {
                    prop_assert_eq!(window(trial.onset_s + 1e-6), window(trial.onset_s + 5.0));
                }
                prop_assert!(trial.end_s() <= run.length_s);
            }
        }
    }
}
