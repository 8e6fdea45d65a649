//! What is kept from a first fit, and what it says of the head.

use std::path::Path;

use ndarray::Array1;
use ndarray_npy::WriteNpyExt;

use crate::analysis::encoding::{LinearModel, ScoreSums, Scores, one_sample_a_minute};
use crate::catalogue::FitScores;
use crate::encoder::OwnHead;
use crate::study::ceiling::{Ceiling, ceiling, most_repeated};
use crate::study::states::StateReader;
use crate::study::{Error, Split, StudyRun};

/// The part of the stimuli that scores come from, where no run is said to be for that.
const PART: f64 = 0.2;
/// The rate of false discoveries of the outputs that are counted as predicted.
const FALSE_DISCOVERIES: f64 = 0.05;

/// What the runs that were held out say.
pub(super) struct HeldOut {
    scores: Scores,
    average: Option<Scores>,
    /// How long they are (s).
    seconds: f64,
    /// Where a stimulus was shown again.
    ceiling: Option<Ceiling>,
}

/// The runs of a first fit, and those that are held out of it: those of the test split, or else those of the stimuli that were
/// shown last. What is shown in one is not shown in the other; the same pictures or sounds may be, as part of another stimulus.
pub(super) fn parted(runs: &[StudyRun]) -> Result<(Vec<&StudyRun>, Vec<&StudyRun>), Error> {
    let shown = runs.iter().map(|run| Ok(*run.source.content()?.as_bytes())).collect::<Result<Vec<_>, Error>>()?;
    let is_test: Vec<bool> = runs.iter().map(|run| run.split == Some(Split::Test)).collect();
    let marked = is_test.iter().filter(|is_test| **is_test).count();
    let is_held_out = if (1..runs.len()).contains(&marked) { is_test } else { of_last_stimuli(&shown)? };
    let places = |wanted| (0..runs.len()).filter(|place| is_held_out[*place] == wanted).collect::<Vec<_>>();
    let (fitted, held_out) = (places(false), places(true));
    for (&one, &other) in fitted.iter().flat_map(|one| held_out.iter().map(move |other| (one, other))) {
        if shown[one] == shown[other] {
            return Err(Error::SharedStimulus {
                runs: Box::new([runs[one].path(), runs[other].path()]),
                splits: [Split::Train, Split::Test],
                stimulus: runs[one].source.media()?.into_iter().next().unwrap_or_default(),
            });
        }
    }
    let runs_at = |places: Vec<usize>| places.into_iter().map(|place| &runs[place]).collect();
    Ok((runs_at(fitted), runs_at(held_out)))
}

/// Whether each run shows one of the last stimuli, in the order in which they were first shown.
fn of_last_stimuli(shown: &[[u8; 32]]) -> Result<Vec<bool>, Error> {
    let mut stimuli = Vec::new();
    for content in shown {
        if !stimuli.contains(content) {
            stimuli.push(*content);
        }
    }
    if stimuli.len() < 2 {
        return Err(Error::TooFewStimuli { found: stimuli.len(), needed: 2 });
    }
    let kept = stimuli.len() - ((stimuli.len() as f64 * PART).round() as usize).max(1);
    Ok(shown.iter().map(|content| stimuli[kept..].contains(content)).collect())
}

impl HeldOut {
    /// Scores a head, and the average one beside it, on runs that it has not seen.
    pub(super) fn score(
        runs: &[&StudyRun],
        head: &LinearModel,
        average: Option<&OwnHead>,
        reader: &mut StateReader,
        step: &mut dyn FnMut(),
    ) -> Result<Self, Error> {
        let outputs = head.weights().nrows();
        let average = average.map(|head| LinearModel::new(head.weight.clone(), head.bias.clone())).transpose()?;
        let (mut own, mut others) = (ScoreSums::new(outputs), ScoreSums::new(outputs));
        let repeated = most_repeated(runs)?;
        let (mut rows, mut repeats) = (0, Vec::new());
        for run in runs {
            let run = reader.read(run)?;
            own.add(head.predict(run.states.view())?.view(), run.measured.view())?;
            if let Some(average) = &average {
                others.add(average.predict(run.states.view())?.view(), run.measured.view())?;
            }
            rows += run.states.nrows();
            if repeated == Some(run.content) {
                repeats.push(run);
            }
            step();
        }
        Ok(Self {
            scores: own.scores(),
            average: average.map(|_| others.scores()),
            seconds: rows as f64 * reader.predictor.settings().tr_s,
            ceiling: ceiling(&repeats, head)?,
        })
    }

    pub(super) fn summary(&self) -> FitScores {
        let significant = one_sample_a_minute(&self.scores.r, self.seconds).ok();
        let reached = self.ceiling.as_ref().and_then(Ceiling::means);
        FitScores {
            held_out_r: self.scores.mean_r().into(),
            average_r: self.average.as_ref().map(|average| average.mean_r().into()),
            significant: significant.map(|found| found.fraction(FALSE_DISCOVERIES)),
            ceiling: reached.map(|[ceiling, _]| ceiling),
            ceiling_share: reached.map(|[_, share]| share),
            outputs: self.scores.r.len() - self.scores.masked(),
        }
    }

    /// A value an output as NumPy arrays, NaN where an output was masked.
    pub(super) fn maps(&self) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
        let mut maps = vec![("r.npy", &self.scores.r)];
        maps.extend(self.average.as_ref().map(|average| ("average_r.npy", &average.r)));
        maps.extend(self.ceiling.as_ref().map(|ceiling| ("ceiling.npy", &ceiling.r)));
        let bytes = |(name, map): (&'static str, &Array1<f32>)| {
            let mut bytes = Vec::new();
            let written = map.write_npy(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()));
            written.map(|()| (name, bytes)).map_err(Error::write(Path::new(name)))
        };
        maps.into_iter().map(bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bold::BoldFile;
    use crate::stimulus::{Source, TextTiming};

    /// Runs that show these texts.
    fn runs(folder: &Path, shown: &[(&str, Option<Split>)]) -> Vec<StudyRun> {
        let run = |(text, split): &(&str, Option<Split>)| {
            let path = folder.join(format!("{text}.txt"));
            std::fs::write(&path, text).unwrap();
            StudyRun {
                subject: "ann".into(),
                source: Source::Text { path, timing: TextTiming::default() },
                bold: BoldFile::Npy(format!("{text}_bold.npy").into()),
                tr_s: None,
                onset_s: 0.0,
                split: *split,
            }
        };
        shown.iter().map(run).collect()
    }

    fn sizes(shown: &[(&str, Option<Split>)]) -> Result<[usize; 2], Error> {
        let folder = tempfile::tempdir().unwrap();
        let runs = runs(folder.path(), shown);
        parted(&runs).map(|(fitted, held_out)| [fitted.len(), held_out.len()])
    }

    #[test]
    fn the_stimuli_that_were_shown_last_are_held_out_with_all_their_runs() {
        let none = |text| (text, None);
        assert_eq!(sizes(&["a", "b"].map(none)).unwrap(), [1, 1]);
        assert_eq!(sizes(&["a", "b", "a", "c", "c", "b"].map(none)).unwrap(), [4, 2]);
        let many: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(none).into();
        assert_eq!(sizes(&many).unwrap(), [8, 2]);
        assert!(matches!(sizes(&["a", "a"].map(none)), Err(Error::TooFewStimuli { found: 1, needed: 2 })));
    }

    #[test]
    fn runs_of_the_test_split_are_held_out_unless_their_stimulus_is_learned_from() {
        let [train, test] = [Some(Split::Train), Some(Split::Test)];
        assert_eq!(sizes(&[("a", test), ("b", train), ("c", None)]).unwrap(), [2, 1]);
        assert_eq!(sizes(&[("a", test), ("b", test)]).unwrap(), [1, 1], "where all are, the last one is");
        let refusal = sizes(&[("a", test), ("b", train), ("a", train)]).unwrap_err();
        assert!(matches!(refusal, Error::SharedStimulus { .. }), "{refusal}");
    }
}
