//! Whether the model is better than linear models of the same people, and by how much.

use ndarray::{Array1, Axis};

use super::linear::ratio;
use super::person::Person;
use super::report::{ComparisonReport, known, mean};
use crate::analysis::encoding::PairedTest;
use crate::study::Error;

/// A paired test over those who have a linear model: over their mean r, or where there is one person over their outputs; `None`
/// where nobody has.
pub(super) fn compare(people: &[Person]) -> Result<Option<ComparisonReport>, Error> {
    let pairs: Vec<_> =
        people.iter().filter_map(|person| Some((&person.scores.r, &person.linear.as_ref()?.scores.r))).collect();
    let (over, model, linear) = match &pairs[..] {
        [] => return Ok(None),
        [(model, linear)] => ("outputs", (*model).clone(), (*linear).clone()),
        many => {
            let mean_of = |r: &Array1<f32>| mean(r).map_or(f32::NAN, |mean| mean as f32);
            let (model, linear): (Vec<f32>, Vec<f32>) =
                many.iter().map(|(model, linear)| (mean_of(model), mean_of(linear))).unzip();
            ("people", Array1::from(model), Array1::from(linear))
        }
    };
    let ratio = ratio(mean(&model), mean(&linear));
    let test = PairedTest::new(model.insert_axis(Axis(1)).view(), linear.insert_axis(Axis(1)).view())?;
    Ok(known(test.difference[0]).map(|difference| ComparisonReport {
        over: over.to_owned(),
        pairs: test.pairs[0],
        ratio,
        difference,
        t: known(test.t[0]),
        p: known(test.p[0]),
    }))
}
