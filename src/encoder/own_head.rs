//! The head of a subject of one's own: fitted to their measured responses on the frozen encoder, kept beside it.

use std::path::Path;

use ndarray::{Array1, Array2, Axis};
use safetensors::tensor::{Dtype, TensorView};
use tch::Tensor;

use super::Error;
use super::readout::{Layer, Readout};
use crate::features::compute::Compute;

const WEIGHT: &str = "weight";
const BIAS: &str = "bias";

/// Reads a subject's response off the transformer's output: `y = W x + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnHead {
    /// `(output, hidden)`
    pub weight: Array2<f32>,
    /// `(output)`
    pub bias: Array1<f32>,
}

impl OwnHead {
    /// Writes the head as safetensors, `weight` and `bias` in float32, as PyTorch's `Linear` holds them.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let refused = |reason: String| Error::OwnHead { path: path.display().to_string(), reason };
        let bytes = |values: &mut dyn Iterator<Item = &f32>| values.flat_map(|value| value.to_le_bytes()).collect();
        let (weight, bias): (Vec<u8>, Vec<u8>) = (bytes(&mut self.weight.iter()), bytes(&mut self.bias.iter()));
        let view = |shape: &[usize], bytes| TensorView::new(Dtype::F32, shape.to_vec(), bytes);
        let views = [(WEIGHT, view(self.weight.shape(), &weight)), (BIAS, view(self.bias.shape(), &bias))];
        let views = views.into_iter().map(|(name, view)| Ok((name, view?)));
        let views = views
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error: safetensors::SafeTensorError| refused(error.to_string()))?;
        safetensors::serialize_to_file(views, None, path).map_err(|error| refused(error.to_string()))
    }

    /// Reads what [`OwnHead::write`] wrote. The file is read, not mapped: nothing of a subject who is deleted stays.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| Error::Read { path: file.clone(), source })?;
        let refused = |reason: String| Error::OwnHead { path: file.clone(), reason };
        let tensors = safetensors::SafeTensors::deserialize(&bytes).map_err(|error| refused(error.to_string()))?;
        let tensor = |name: &str| {
            let tensor = tensors.tensor(name).map_err(|error| refused(error.to_string()))?;
            if tensor.dtype() != Dtype::F32 {
                return Err(refused(format!("{name} is of kind {:?}; it must be F32", tensor.dtype())));
            }
            let values: Vec<f32> = tensor.data().as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect();
            Ok((tensor.shape().to_vec(), values))
        };
        let ((weight_shape, weight), (bias_shape, bias)) = (tensor(WEIGHT)?, tensor(BIAS)?);
        match (&weight_shape[..], &bias_shape[..]) {
            (&[outputs, hidden], &[biases]) if outputs == biases => {
                let weight =
                    Array2::from_shape_vec((outputs, hidden), weight).map_err(|error| refused(error.to_string()))?;
                Ok(Self { weight, bias: bias.into() })
            }
            _ => Err(refused(format!(
                "weight is {weight_shape:?} and bias {bias_shape:?}; (output, hidden) and (output) are needed"
            ))),
        }
    }

    /// Reads the mean of each set of outputs in place of the outputs themselves, as [`Readout::means_of`].
    #[must_use]
    pub fn means_of<Set: Iterator<Item = usize>>(&self, sets: impl Iterator<Item = Set>) -> Self {
        let mean = |set: Set| {
            let places: Vec<usize> = set.collect();
            let weight = self.weight.select(Axis(0), &places).mean_axis(Axis(0));
            let bias = self.bias.select(Axis(0), &places).mean();
            (weight.unwrap_or_else(|| Array1::zeros(self.weight.ncols())), bias.unwrap_or(0.0))
        };
        let (weights, bias): (Vec<_>, Vec<_>) = sets.map(mean).unzip();
        let mut weight = Array2::zeros((weights.len(), self.weight.ncols()));
        weight.outer_iter_mut().zip(&weights).for_each(|(mut row, mean)| row.assign(mean));
        Self { weight, bias: bias.into() }
    }

    /// How the encoder reads a response by it.
    pub fn readout(&self, compute: Compute) -> Readout {
        let tensor = |values: &[f32], shape: &[i64]| {
            Tensor::from_slice(values).view(shape).to_device(compute.device).to_kind(compute.kind)
        };
        let (outputs, hidden) = self.weight.dim();
        let weight = self.weight.as_standard_layout();
        let weight = tensor(weight.as_slice().unwrap_or_default(), &[outputs as i64, hidden as i64]);
        let bias = tensor(self.bias.as_slice().unwrap_or_default(), &[outputs as i64]);
        Readout::new(Layer::Hidden, weight.transpose(0, 1), Some(bias))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tch::{Device, Kind};

    use super::*;

    fn head() -> OwnHead {
        let weight = Array2::from_shape_fn((5, 3), |(output, channel)| (output * 3 + channel) as f32 - 7.0);
        OwnHead { weight, bias: Array1::linspace(-1.0, 1.0, 5) }
    }

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head.safetensors");
        head().write(&path).unwrap();
        assert_eq!(OwnHead::read(&path).unwrap(), head());
    }

    #[test]
    fn a_response_is_weights_times_state_plus_bias() {
        let readout = head().readout(Compute { device: Device::Cpu, kind: Kind::Float });
        let state = Tensor::from_slice(&[1.0f32, -2.0, 0.5]).view([1, 3]);
        let read = Vec::<f32>::try_from(readout.forward(&state).view([-1])).unwrap();
        let expected = head().weight.dot(&Array1::from(vec![1.0, -2.0, 0.5])) + head().bias;
        assert_eq!(read, expected.to_vec());
    }

    #[test]
    fn the_mean_of_outputs_is_read_by_their_mean_weights() {
        let means = head().means_of([vec![0, 2], vec![4], vec![]].into_iter().map(Vec::into_iter));
        let states = Array1::from(vec![1.0, -2.0, 0.5]);
        let all = head().weight.dot(&states) + head().bias;
        let expected = [(all[0] + all[2]) / 2.0, all[4], 0.0];
        let found = means.weight.dot(&states) + means.bias;
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{found}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_head_or_an_error(bytes: Vec<u8>, at in 0..200usize, patch: u8) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("head.safetensors");
            std::fs::write(&path, bytes).unwrap();
            prop_assert!(OwnHead::read(&path).is_err());
            head().write(&path).unwrap();
            let mut damaged = std::fs::read(&path).unwrap();
            let place = at % damaged.len();
            damaged[place] ^= patch;
            std::fs::write(&path, damaged).unwrap();
            let _ = OwnHead::read(&path);
        }
    }
}
