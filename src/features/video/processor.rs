//! From a decoded frame to the pixels that V-JEPA 2 sees.
//!
//! A frame is resized and cropped in 8-bit integers when it is decoded, and kept so; it becomes standardised
//! floats only with the clip that is encoded.

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use crate::features::Error;
use crate::features::hub::{self, Configuration};

/// Pillow's number of bilinear interpolation.
const BILINEAR: u8 = 2;
/// How many times longer than the other a side of a frame may be.
const NARROWEST: i64 = 64;

/// What `video_preprocessor_config.json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct ProcessorConfig {
    pub size: ShortestEdge,
    pub crop_size: Size,
    pub image_mean: [f32; 3],
    pub image_std: [f32; 3],
    pub rescale_factor: f64,
    /// Interpolation, by Pillow's number.
    pub resample: u8,
    pub do_resize: bool,
    pub do_center_crop: bool,
    pub do_rescale: bool,
    pub do_normalize: bool,
}

impl Configuration for ProcessorConfig {
    const FILE: &'static str = "video_preprocessor_config.json";

    fn check(&self) -> Result<(), String> {
        let (edge, crop) = (self.size.shortest_edge, self.crop_size);
        hub::check_sizes(&[
            ("shortest_edge", edge),
            ("crop_size.height", crop.height),
            ("crop_size.width", crop.width),
        ])?;
        if crop.height.max(crop.width) > edge {
            return Err(format!("a crop of {} × {} pixels exceeds a shortest_edge of {edge}", crop.width, crop.height));
        }
        if !(self.do_resize && self.do_center_crop && self.do_rescale && self.do_normalize) {
            return Err("frames are always resized, cropped, rescaled and normalised".into());
        }
        if self.resample != BILINEAR {
            return Err(format!("resample is {}, frames are resized bilinearly ({BILINEAR})", self.resample));
        }
        Ok(())
    }
}

/// Pixels of the shorter side.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct ShortestEdge {
    pub shortest_edge: i64,
}

/// Pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Size {
    pub height: i64,
    pub width: i64,
}

/// Resizes frames until their shorter side has a length, and cuts them about their middle.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub shortest_edge: i64,
    pub crop: Size,
}

/// Resizes, crops and standardises.
#[derive(Debug)]
pub struct Processor {
    cut: Cut,
    /// `(channel, 1, 1)`, in 8-bit units.
    mean: Tensor,
    /// `(channel, 1, 1)`, in 8-bit units.
    deviation: Tensor,
}

impl Processor {
    pub fn new(config: ProcessorConfig, device: Device) -> Self {
        let in_8_bit_units =
            |values: &[f32]| (Tensor::from_slice(values) / config.rescale_factor).reshape([3, 1, 1]).to_device(device);
        let (mean, deviation) = (in_8_bit_units(&config.image_mean), in_8_bit_units(&config.image_std));
        let cut = Cut { shortest_edge: config.size.shortest_edge, crop: config.crop_size };
        Self { cut, mean, deviation }
    }

    /// How frames are resized and cropped.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// 8-bit pixels of any shape `(…, channel, height, width)`, standardised, in float32.
    pub fn standardise(&self, pixels: &Tensor) -> Tensor {
        (pixels.to_device(self.mean.device()).to_kind(Kind::Float) - &self.mean) / &self.deviation
    }
}

impl Cut {
    /// To a square of `side` pixels.
    pub fn square(side: i64) -> Self {
        Self { shortest_edge: side, crop: Size { height: side, width: side } }
    }

    /// RGB bytes `(height, width, channel)` → 8-bit `(channel, height, width)` of the crop.
    ///
    /// # Errors
    /// [`Error::FrameSize`] when the bytes are not those of such a frame, [`Error::FrameShape`] when it is so long
    /// and narrow that resizing it would take all memory.
    pub fn pixels(&self, frame: &[u8], size: Size) -> Result<Tensor, Error> {
        let Size { height, width } = size;
        if frame.is_empty() || frame.len() as i64 != 3 * height * width {
            return Err(Error::FrameSize { bytes: frame.len(), height, width });
        }
        if height.max(width) > NARROWEST * height.min(width) {
            return Err(Error::FrameShape { height, width, narrowest: NARROWEST });
        }
        let resized = self.resized(size);
        let image = Tensor::from_slice(frame).reshape([1, height, width, 3]).permute([0, 3, 1, 2]);
        let image = image.internal_upsample_bilinear2d_aa([resized.height, resized.width], false, None, None);
        let Size { height, width } = self.crop;
        let (top, left) = (margin(resized.height, height), margin(resized.width, width));
        Ok(image.squeeze_dim(0).narrow(1, top, height).narrow(2, left, width).contiguous())
    }

    /// The size that brings the shorter side to its length and keeps the proportions.
    fn resized(&self, size: Size) -> Size {
        let edge = self.shortest_edge;
        if size.height <= size.width {
            Size { height: edge, width: edge * size.width / size.height }
        } else {
            Size { height: edge * size.height / size.width, width: edge }
        }
    }
}

/// Pixels before a centred crop: half the difference, a half rounded to even.
fn margin(length: i64, crop: i64) -> i64 {
    ((length - crop) as f64 / 2.0).round_ties_even() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn processor() -> Processor {
        let config = ProcessorConfig {
            size: ShortestEdge { shortest_edge: 73 },
            crop_size: Size { height: 64, width: 64 },
            image_mean: [0.485, 0.456, 0.406],
            image_std: [0.229, 0.224, 0.225],
            rescale_factor: 1.0 / 255.0,
            resample: BILINEAR,
            do_resize: true,
            do_center_crop: true,
            do_rescale: true,
            do_normalize: true,
        };
        config.check().unwrap();
        Processor::new(config, Device::Cpu)
    }

    #[test]
    fn proportions_are_kept() {
        let resized = |height, width| processor().cut.resized(Size { height, width });
        assert_eq!(resized(240, 320), Size { height: 73, width: 97 });
        assert_eq!(resized(320, 240), Size { height: 97, width: 73 });
        assert_eq!(resized(9, 9), Size { height: 73, width: 73 });
    }

    #[test]
    fn margins_of_half_a_pixel_round_to_even() {
        assert_eq!([(73, 64), (97, 64), (64, 64), (67, 64)].map(|(length, crop)| margin(length, crop)), [4, 16, 0, 2]);
    }

    #[test]
    fn a_thread_of_a_frame_is_refused() {
        let refusal = processor().cut.pixels(&[0; 3 * 65], Size { height: 1, width: 65 }).unwrap_err();
        assert_eq!(refusal.to_string(), "frames of 65 × 1 pixels are too narrow: at most 1 : 64");
    }

    proptest! {
        #[test]
        fn frames_of_any_size_give_a_crop_of_their_colours(height in 1i64..200, width in 1i64..200, value in 0u8..=255) {
            let frame = vec![value; (3 * height * width) as usize];
            match processor().cut.pixels(&frame, Size { height, width }) {
                Ok(pixels) => {
                    prop_assert_eq!(pixels.size(), [3, 64, 64]);
                    prop_assert!(bool::try_from(pixels.eq(i64::from(value)).all()).unwrap());
                }
                Err(refusal) => prop_assert!(matches!(refusal, Error::FrameShape { .. }), "{refusal}"),
            }
        }

        #[test]
        fn bytes_of_another_size_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let refusal = processor().cut.pixels(&bytes, Size { height: 6, width: 6 });
            prop_assert!(matches!(refusal, Err(Error::FrameSize { .. })), "{refusal:?}");
        }
    }
}
