//! Tensors made from a seed: the weights of an untrained model, the same on every machine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Normal};
use safetensors::tensor::{Dtype, TensorView};
use tch::{Kind, Tensor};

use super::{Error, Init, Source, Weights};

/// Draws each tensor from a stream of its own, so that the order of asking does not matter.
pub(super) struct Generator {
    seed: u64,
    made: RefCell<BTreeMap<String, Made>>,
}

/// A tensor as it is saved: float32, little-endian.
struct Made {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, made: RefCell::default() }
    }

    pub(super) fn tensor(&self, name: &str, shape: &[i64], init: Init) -> Tensor {
        let elements = shape.iter().product::<i64>() as usize;
        let values: Vec<f32> = match init {
            Init::Zeros => vec![0.0; elements],
            Init::Ones => vec![1.0; elements],
            Init::Normal(deviation) => {
                let stream = blake3::keyed_hash(blake3::hash(&self.seed.to_le_bytes()).as_bytes(), name.as_bytes());
                let normal =
                    Normal::new(0.0, deviation as f32).expect("a standard deviation is finite. This is a bug.");
                normal.sample_iter(ChaCha8Rng::from_seed(*stream.as_bytes())).take(elements).collect()
            }
        };
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let tensor = Tensor::from_data_size(&bytes, shape, Kind::Float);
        let shape = shape.iter().map(|&size| size as usize).collect();
        self.made.borrow_mut().insert(name.to_owned(), Made { shape, bytes });
        tensor
    }
}

/// Writes every tensor that models have taken from a seeded tree, as a float32 safetensors file.
pub fn save_safetensors(weights: &Weights, path: &Path) -> Result<(), Error> {
    let Source::Seeded(generator) = &weights.tree.source else {
        return Err(Error::Malformed {
            path: path.display().to_string(),
            reason: "its source was read, not made".into(),
        });
    };
    let made = generator.made.borrow();
    let failed = |error: safetensors::SafeTensorError| Error::Malformed {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let views = made
        .iter()
        .map(|(name, made)| {
            let view = TensorView::new(Dtype::F32, made.shape.clone(), &made.bytes).map_err(failed)?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    safetensors::serialize_to_file(views, None, path).map_err(failed)
}
