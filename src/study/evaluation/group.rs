//! One prediction for all who saw the same stimulus, beside how well they predict each other.
//!
//! A stimulus is gone through twice: once for the sum of its responses, once for each person against it. Memory is that of one
//! run and the sum, however many people there are.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};

use super::heads::Head;
use super::report::{GroupMember, GroupReport, mean};
use crate::analysis::encoding::{ScoreSums, Scores};
use crate::study::states::StateReader;
use crate::study::{Error, StudyRun};

/// Scores over all stimuli that two people or more saw.
pub(super) struct Group {
    predicted_by: String,
    stimuli: usize,
    /// The prediction with the mean of everybody.
    pub(super) scores: Scores,
    /// A person each: name, the mean of the others with the person, the prediction with the person.
    members: Vec<(String, Scores, Scores)>,
}

/// Compares the prediction for everybody with these runs; a person's first run of a stimulus counts. `None` where no stimulus
/// was seen by two.
pub(super) fn group(
    runs: &[&StudyRun],
    reader: &mut StateReader,
    head: &Head,
    step: &mut dyn FnMut(),
) -> Result<Option<Group>, Error> {
    let outputs = head.model.weights().nrows();
    let mut all = ScoreSums::new(outputs);
    let mut members: BTreeMap<String, [ScoreSums; 2]> = BTreeMap::new();
    let mut stimuli = 0;
    for seen in shared(runs)? {
        let first = reader.read(seen[0])?;
        let place = (first.first, first.states.nrows());
        let mut sum = Array2::<f32>::zeros(first.measured.dim());
        let mut counted = Vec::new();
        for run in seen {
            let read = reader.read(run)?;
            step();
            if (read.first, read.states.nrows()) == place {
                sum += &read.measured;
                counted.push(run);
            }
        }
        if counted.len() < 2 {
            continue;
        }
        stimuli += 1;
        let people = counted.len() as f32;
        let predicted = head.model.predict(first.states.view())?;
        all.add(predicted.view(), (&sum / people).view())?;
        for run in counted {
            let own = reader.read(run)?.measured;
            let others = (&sum - &own) / (people - 1.0);
            let sums = members.entry(run.subject.clone()).or_insert_with(|| [(); 2].map(|()| ScoreSums::new(outputs)));
            sums[0].add(others.view(), own.view())?;
            sums[1].add(predicted.view(), own.view())?;
        }
    }
    let scored = |(name, [others, predicted]): (String, [ScoreSums; 2])| (name, others.scores(), predicted.scores());
    Ok((stimuli > 0).then(|| Group {
        predicted_by: head.name.clone(),
        stimuli,
        scores: all.scores(),
        members: members.into_iter().map(scored).collect(),
    }))
}

/// For each stimulus that several people saw, the first run of each of them.
pub(super) fn shared<'a>(runs: &[&'a StudyRun]) -> Result<Vec<Vec<&'a StudyRun>>, Error> {
    let mut stimuli: BTreeMap<[u8; 32], Vec<&StudyRun>> = BTreeMap::new();
    for run in runs {
        let seen = stimuli.entry(*run.source.content()?.as_bytes()).or_default();
        if seen.iter().all(|other| other.subject != run.subject) {
            seen.push(run);
        }
    }
    Ok(stimuli.into_values().filter(|seen| seen.len() > 1).collect())
}

impl Group {
    pub(super) fn report(&self) -> GroupReport {
        let member = |(subject, others, predicted): &(String, Scores, Scores)| GroupMember {
            subject: subject.clone(),
            predictivity: mean(&others.r),
            r: mean(&predicted.r),
        };
        GroupReport {
            predicted_by: self.predicted_by.clone(),
            stimuli: self.stimuli,
            mean_r: mean(&self.scores.r),
            people: self.members.iter().map(member).collect(),
            share_exceeded: mean(&self.share_exceeded()),
        }
    }

    /// The share of people whose group-predictivity R_group exceeds, an output each.
    fn share_exceeded(&self) -> Array1<f32> {
        let share = |(output, group): (usize, &f32)| {
            let known: Vec<f32> =
                self.members.iter().map(|(_, others, _)| others.r[output]).filter(|r| r.is_finite()).collect();
            if group.is_nan() {
                return f32::NAN;
            }
            known.iter().filter(|r| *r < group).count() as f32 / known.len() as f32
        };
        self.scores.r.iter().enumerate().map(share).collect()
    }
}
