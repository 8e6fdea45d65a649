//! Splits: what is learned from, what decides when to stop, and what is kept for the end.
//!
//! A split is of stimuli. Time within one is never split: neighbouring seconds of a film, and of BOLD, are alike, so that a
//! model would be tested on what it has seen.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Error, StudyRun};
use crate::stimulus::{Content, content_of};

/// What a run is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Learned from.
    Train,
    /// Decides when training ends.
    Validation,
    /// Not looked at in training.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

/// The parts of all stimuli that are held out, for runs that name no split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitRule {
    pub validation: f64,
    pub test: f64,
}

impl Default for SplitRule {
    fn default() -> Self {
        Self { validation: 0.1, test: 0.0 }
    }
}

/// A run with the files that it shows, by content.
struct Shown<'a> {
    run: &'a StudyRun,
    files: Vec<(Content, PathBuf)>,
}

/// The split of each run: its own, or that which the rule gives its stimulus. Refuses what shows the same in two splits.
///
/// The rule orders stimuli by a hash of their content, and holds out the first ones; where a part is more than 0, one stimulus
/// at least.
///
/// # Errors
/// [`Error::SharedStimulus`], which names both runs; [`Error::TooFewStimuli`] where there is nothing to hold out.
pub(super) fn splits(runs: &[StudyRun], rule: SplitRule) -> Result<Vec<Split>, Error> {
    let mut known: HashMap<PathBuf, Content> = HashMap::new();
    let mut shown = Vec::new();
    for run in runs {
        let mut files = Vec::new();
        for path in run.source.media()? {
            let content = match known.get(&path) {
                Some(content) => *content,
                None => *known.entry(path.clone()).or_insert(content_of(&path)?),
            };
            files.push((content, path));
        }
        shown.push(Shown { run, files });
    }
    let by_rule = ruled(&shown, rule)?;
    let splits = shown.iter().map(|shown| shown.run.split.unwrap_or_else(|| by_rule[&shown.key()])).collect::<Vec<_>>();
    disjoint(&shown, &splits)?;
    Ok(splits)
}

impl Shown<'_> {
    /// Stands for all that it shows.
    fn key(&self) -> Content {
        let mut hasher = blake3::Hasher::new();
        let mut contents: Vec<&Content> = self.files.iter().map(|(content, _)| content).collect();
        contents.sort_by_key(|content| *content.as_bytes());
        contents.dedup();
        for content in contents {
            hasher.update(content.as_bytes());
        }
        hasher.finalize()
    }
}

/// Splits of the stimuli of runs that name none.
fn ruled(shown: &[Shown], SplitRule { validation, test }: SplitRule) -> Result<HashMap<Content, Split>, Error> {
    let open = shown.iter().filter(|shown| shown.run.split.is_none());
    let keys: BTreeMap<[u8; 32], Content> = open.map(|shown| (*shown.key().as_bytes(), shown.key())).collect();
    let count = |part: f64| if part > 0.0 { ((part * keys.len() as f64).round() as usize).max(1) } else { 0 };
    let is_part = |part: f64| (0.0..1.0).contains(&part);
    if !is_part(validation) || !is_part(test) || validation + test >= 1.0 {
        return Err(Error::SplitParts { validation, test });
    }
    let (validated, tested) = (count(validation), count(test));
    if !keys.is_empty() && keys.len() <= validated + tested {
        return Err(Error::TooFewStimuli { found: keys.len(), needed: validated + tested + 1 });
    }
    let split = |place: usize| match place {
        place if place < validated => Split::Validation,
        place if place < validated + tested => Split::Test,
        _ => Split::Train,
    };
    Ok(keys.into_values().enumerate().map(|(place, key)| (key, split(place))).collect())
}

fn disjoint(shown: &[Shown], splits: &[Split]) -> Result<(), Error> {
    let mut first: HashMap<Content, (Split, &StudyRun)> = HashMap::new();
    for (shown, &split) in shown.iter().zip(splits) {
        for (content, path) in &shown.files {
            let (before, run) = *first.entry(*content).or_insert((split, shown.run));
            if before != split {
                let runs = Box::new([run.path(), shown.run.path()]);
                return Err(Error::SharedStimulus { runs, splits: [before, split], stimulus: path.clone() });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::bold::BoldFile;
    use crate::stimulus::Source;

    /// A run that shows a file of this content.
    fn run(folder: &Path, number: usize, content: u8, split: Option<Split>) -> StudyRun {
        let path = folder.join(format!("{number}.mp4"));
        std::fs::write(&path, [content]).unwrap();
        StudyRun {
            subject: "sub-01".into(),
            source: Source::Video { path, transcript: None },
            bold: BoldFile::Npy(format!("{number}_bold.npy").into()),
            tr_s: None,
            onset_s: 0.0,
            split,
        }
    }

    #[test]
    fn the_same_content_under_two_names_is_in_one_split() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(0, Some(Split::Train)), (1, Some(Split::Test))];
        let runs = [run(folder.path(), first.0, 7, first.1), run(folder.path(), second.0, 7, second.1)];
        let refusal = splits(&runs, SplitRule::default()).unwrap_err().to_string();
        for named in ["0_bold.npy", "1_bold.npy", "the train split", "the test split", "1.mp4"] {
            assert!(refusal.contains(named), "{refusal}");
        }
    }

    #[test]
    fn one_stimulus_cannot_be_split() {
        let folder = tempfile::tempdir().unwrap();
        let runs = [run(folder.path(), 0, 7, None), run(folder.path(), 1, 7, None)];
        let refusal = splits(&runs, SplitRule::default()).unwrap_err();
        assert!(matches!(refusal, Error::TooFewStimuli { found: 1, needed: 2 }), "{refusal}");
        let nothing = SplitRule { validation: 0.0, test: 0.0 };
        assert_eq!(splits(&runs, nothing).unwrap(), [Split::Train; 2]);
        let everything = SplitRule { validation: 0.7, test: 0.5 };
        assert!(matches!(splits(&runs, everything), Err(Error::SplitParts { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn no_stimulus_is_on_both_sides(contents in prop::collection::vec(0u8..12, 6..30), validation in 0.0..0.4f64, test in 0.0..0.4f64) {
            let folder = tempfile::tempdir().unwrap();
            let runs: Vec<StudyRun> =
                contents.iter().enumerate().map(|(number, content)| run(folder.path(), number, *content, None)).collect();
            let distinct: BTreeSet<u8> = contents.iter().copied().collect();
            match splits(&runs, SplitRule { validation, test }) {
                Ok(splits) => {
                    let of = |split| -> BTreeSet<u8> {
                        contents.iter().zip(&splits).filter(|(_, found)| **found == split).map(|(content, _)| *content).collect()
                    };
                    let [train, held_out, kept] = [Split::Train, Split::Validation, Split::Test].map(of);
                    prop_assert!(!train.is_empty());
                    prop_assert!(train.is_disjoint(&held_out) && train.is_disjoint(&kept) && held_out.is_disjoint(&kept));
                    prop_assert!(validation == 0.0 || !held_out.is_empty());
                }
                Err(Error::TooFewStimuli { found, .. }) => prop_assert_eq!(found, distinct.len()),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }
}
