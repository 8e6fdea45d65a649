//! From a tensor to the features of an event.

use ndarray::Array3;
use tch::{Device, Kind, Tensor};

use super::Features;

/// `(group, item, width)` on any device, as [`Features`].
pub(super) fn features(series: &Tensor) -> Features {
    let (groups, items, width) = series.size3().expect("a series has three axes. This is a bug.");
    let values = series.transpose(1, 2).to_device(Device::Cpu).to_kind(Kind::Float).contiguous().flatten(0, -1);
    let values = Vec::<f32>::try_from(values).expect("a flat float32 tensor is a vector. This is a bug.");
    let shape = (groups as usize, width as usize, items as usize);
    Array3::from_shape_vec(shape, values).expect("a tensor has as many values as its shape. This is a bug.")
}
