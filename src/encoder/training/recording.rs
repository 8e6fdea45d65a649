//! What a model learns from: stimuli as features, with the responses that were measured to them.

use std::path::Path;

use ndarray::{Array2, Array3, Axis, Slice};
use tch::{Kind, Tensor};

use super::Window;
use crate::bold::Prepared;
use crate::encoder::{Error, Settings, SubjectRow};
use crate::features::weights::{MappedFile, View};

/// A stimulus, and what was measured of those who perceived it.
#[derive(Debug)]
pub struct Recording {
    /// Of each modality in the order of the settings, `(layer group, width, sample)` over the whole stimulus; `None` is a
    /// modality that it is without.
    pub features: Vec<Option<Array3<f32>>>,
    /// Rows of a response that the stimulus lasts.
    pub scans: usize,
    pub responses: Vec<Response>,
}

/// What was measured of one subject, at the times of the rows that a model predicts.
#[derive(Debug)]
pub struct Response {
    pub(super) subject: SubjectRow,
    /// The row that the first of `rows` stands for.
    pub(super) first: usize,
    /// `(row, output)`
    pub(super) rows: Tensor,
}

impl Response {
    /// A run that was made ready. Its file is mapped for the life of the process, and read as its windows come up.
    ///
    /// # Errors
    /// The file cannot be read, or does not hold what `prepared` says.
    pub fn open(subject: SubjectRow, prepared: &Prepared) -> Result<Self, Error> {
        let rows = mapped(&prepared.path, prepared.rows, prepared.outputs)?;
        Ok(Self { subject, first: prepared.first, rows })
    }

    /// Rows of a subject's response from row `first` of the stimulus on, `(row, output)`.
    pub fn of(subject: SubjectRow, first: usize, rows: &Array2<f32>) -> Self {
        let values: Vec<f32> = rows.iter().copied().collect();
        let rows = Tensor::from_slice(&values).view([rows.nrows() as i64, rows.ncols() as i64]);
        Self { subject, first, rows }
    }

    /// The rows that lie in a window, and the place of the first of them in it.
    pub(super) fn within(&self, first_scan: usize, scans: usize) -> Option<(i64, Tensor)> {
        let from = self.first.max(first_scan);
        let to = (self.first + self.rows.size()[0] as usize).min(first_scan + scans);
        let rows = || self.rows.narrow(0, (from - self.first) as i64, (to - from) as i64);
        (from < to).then(|| ((from - first_scan) as i64, rows()))
    }
}

/// The array of a `.npy` file, `(row, output)`, which the values end.
fn mapped(path: &Path, rows: usize, outputs: usize) -> Result<Tensor, Error> {
    let bytes = MappedFile::open(path)?.bytes();
    let needed = rows * outputs * Kind::Float.elt_size_in_bytes();
    let values = bytes.len().checked_sub(needed).map(|start| &bytes[start..]);
    let view = values.and_then(|values| View::new(Kind::Float, vec![rows as i64, outputs as i64], values));
    let cut_short = || Error::State { path: path.display().to_string(), reason: format!("it holds under {rows} rows") };
    Ok(view.ok_or_else(cut_short)?.tensor())
}

impl Recording {
    /// The features of a window that starts at one of the recording's scans, `(layer group, width, sample)` of each modality;
    /// zeros past the end.
    pub(super) fn cut(&self, window: Window, settings: &Settings) -> Vec<Option<Array3<f32>>> {
        let samples = settings.window_samples() as usize;
        let start = (window.first_scan as f64 * settings.tr_s * settings.feature_hz).round_ties_even() as usize;
        self.features.iter().map(|features| Some(cut(features.as_ref()?, start, samples))).collect()
    }
}

/// So many samples from a place on.
fn cut(features: &Array3<f32>, start: usize, samples: usize) -> Array3<f32> {
    let (groups, width, there) = features.dim();
    let found = features.slice_axis(Axis(2), Slice::from(start.min(there)..(start + samples).min(there)));
    let mut window = Array3::zeros((groups, width, samples));
    window.slice_axis_mut(Axis(2), Slice::from(0..found.len_of(Axis(2)))).assign(&found);
    window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_past_the_end_is_filled_with_zeros() {
        let features = Array3::from_shape_fn((1, 2, 6), |(_, channel, sample)| (10 * channel + sample) as f32);
        let of = |start| cut(&features, start, 4).into_iter().collect::<Vec<f32>>();
        assert_eq!(of(1), [1.0, 2.0, 3.0, 4.0, 11.0, 12.0, 13.0, 14.0]);
        assert_eq!(of(4), [4.0, 5.0, 0.0, 0.0, 14.0, 15.0, 0.0, 0.0]);
        assert_eq!(of(9), [0.0; 8]);
    }

    #[test]
    fn a_response_gives_the_rows_that_a_window_shares_with_it() {
        let rows = Array2::from_shape_fn((10, 2), |(row, output)| (10 * row + output) as f32);
        let response = Response::of(SubjectRow(0), 3, &rows);
        let within = |first_scan| {
            let (place, rows) = response.within(first_scan, 4)?;
            Some((place, rows.size()[0], rows.double_value(&[0, 1])))
        };
        assert_eq!(within(0), Some((3, 1, 1.0)));
        assert_eq!(within(5), Some((0, 4, 21.0)));
        assert_eq!(within(11), Some((0, 2, 81.0)));
        assert_eq!(within(13), None);
    }
}
