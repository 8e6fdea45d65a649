//! What is in each segment of the film: features that people annotated, and the words that they described it with.

use std::error::Error;
use std::path::Path;

use encortex::features::lexical::{Lexical, VALUES};
use encortex::stimulus::Word;
use ndarray::{Array1, Array2, Axis};
use ndarray_npy::read_npy;

/// Features at each sample, `(time, feature)`.
pub(crate) fn features(folder: &Path) -> Result<Array2<f32>, Box<dyn Error>> {
    let mut table = csv::Reader::from_path(folder.join("features_per_tr.csv"))?;
    let mut rows = 0;
    let mut values: Vec<f32> = Vec::new();
    for record in table.records() {
        for value in record?.iter().skip(2) {
            values.push(value.parse()?);
        }
        rows += 1;
    }
    Ok(Array2::from_shape_vec((rows, values.len() / rows), values)?)
}

/// Lexical features of the words of the descriptions, `(time, feature)`: the words of a segment are spread over its samples,
/// and a sample has the sum of its words.
pub(crate) fn words(folder: &Path) -> Result<Array2<f32>, Box<dyn Error>> {
    let segment_of: Array1<i16> = read_npy(folder.join("tr_to_segment.npy"))?;
    let mut words = Vec::new();
    let mut samples = Vec::new();
    for (segment, record) in csv::Reader::from_path(folder.join("segments.csv"))?.records().enumerate() {
        let of_segment = |&sample: &usize| usize::try_from(segment_of[sample]) == Ok(segment);
        let shown: Vec<usize> = (0..segment_of.len()).filter(of_segment).collect();
        let description = record?[6].to_owned();
        let said: Vec<&str> = description.split_whitespace().collect();
        if shown.is_empty() {
            continue;
        }
        for (index, text) in said.iter().enumerate() {
            samples.push(shown[index * shown.len() / said.len()]);
            words.push(word(text));
        }
    }
    let features = Lexical.words(&words, &mut |_| Ok(()))?;
    let mut by_sample = Array2::zeros((segment_of.len(), VALUES));
    for (word, sample) in samples.into_iter().enumerate() {
        let mut row = by_sample.row_mut(sample);
        row += &features.index_axis(Axis(0), 0).column(word);
    }
    Ok(by_sample)
}

fn word(text: &str) -> Word {
    Word { text: text.to_owned(), start: 0.0, duration: 0.0, context: String::new(), surface: String::new() }
}
