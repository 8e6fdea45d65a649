//! The runs that a model is fitted on, kept as moments by the group that they are left out with.

use ndarray::ArrayView2;

use super::{Error, Moments};

/// Runs, dealt out to a fixed number of groups in the order in which they come. A penalty is chosen on groups that were
/// left out, so that a run is never on both sides; memory is that of a [`Moments`] a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    groups: Vec<Moments>,
    count: usize,
}

impl Runs {
    /// For `groups` groups; with as many groups as runs each is left out alone.
    ///
    /// # Errors
    /// [`Error::TooFewFolds`] for fewer than two groups, and what [`Moments::new`] says.
    pub fn new(features: usize, outputs: usize, groups: usize) -> Result<Self, Error> {
        if groups < 2 {
            return Err(Error::TooFewFolds { found: groups });
        }
        let empty = Moments::new(features, outputs)?;
        Ok(Self { groups: vec![empty; groups], count: 0 })
    }

    /// Adds a run: features `(time, feature)`, with their delays, and responses `(time, output)`, both standardised where
    /// their level and scale differ from run to run.
    ///
    /// # Errors
    /// As [`Moments::add`].
    pub fn add(&mut self, features: ArrayView2<'_, f32>, responses: ArrayView2<'_, f32>) -> Result<(), Error> {
        let group = self.count % self.groups.len();
        self.groups[group].add(features, responses)?;
        self.count += 1;
        Ok(())
    }

    /// How many runs were added.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn features(&self) -> usize {
        self.groups[0].features()
    }

    pub fn outputs(&self) -> usize {
        self.groups[0].outputs()
    }

    /// The moments of all runs together.
    pub fn total(&self) -> Moments {
        let mut total = self.groups[0].clone();
        for group in &self.groups[1..] {
            total.merge(group).expect("groups have the same features and outputs. This is a bug.");
        }
        total
    }

    /// The same runs with some of the features, in the order given.
    #[must_use]
    pub fn select(&self, features: &[usize]) -> Self {
        Self { groups: self.groups.iter().map(|group| group.select(features)).collect(), count: self.count }
    }

    /// The groups that have runs.
    ///
    /// # Errors
    /// [`Error::TooFewRuns`] where they are fewer than two.
    pub(super) fn groups(&self) -> Result<Vec<&Moments>, Error> {
        let groups: Vec<&Moments> = self.groups.iter().filter(|group| group.rows() > 0).collect();
        if groups.len() < 2 { Err(Error::TooFewRuns { found: groups.len() }) } else { Ok(groups) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn one_run_leaves_nothing_to_choose_on() {
        let mut runs = Runs::new(2, 3, 5).unwrap();
        runs.add(normal(9, 2, 0).view(), normal(9, 3, 1).view()).unwrap();
        assert_eq!(runs.groups().unwrap_err(), Error::TooFewRuns { found: 1 });
        assert_eq!(Runs::new(2, 3, 1), Err(Error::TooFewFolds { found: 1 }));
    }

    #[test]
    fn more_runs_than_groups_share_groups() {
        let mut runs = Runs::new(2, 3, 2).unwrap();
        for run in 0..3 {
            runs.add(normal(9, 2, run).view(), normal(9, 3, run).view()).unwrap();
        }
        let rows: Vec<usize> = runs.groups().unwrap().iter().map(|group| group.rows()).collect();
        assert_eq!((rows.as_slice(), runs.total().rows(), runs.count()), ([18, 9].as_slice(), 27, 3));
    }
}
