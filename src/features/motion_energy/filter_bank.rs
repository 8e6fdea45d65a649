//! The filters of a pyramid as matrices, and their responses to luminance.
//!
//! A filter is a spatial grating times a temporal one, each in quadrature. Filters that share a grating share its product
//! with the film: five gratings a place serve 23 filters. Computed in double precision, for a filter that sees little is the
//! difference of large sums.

use std::f64::consts::PI;

use tch::{Device, Kind, Tensor};

use super::pyramid::Filter;

/// Parts of a filter that are smaller than this are left out.
const MASK_LIMIT: f64 = 0.001;
/// Standard deviation of the temporal envelope, in filter lengths.
const TEMPORAL_ENVELOPE: f64 = 0.3;
/// Keeps the logarithm finite.
const LOG_OFFSET: f64 = 1e-5;

/// The log energy of darkness.
pub fn darkness() -> f64 {
    LOG_OFFSET.ln()
}

/// All filters of a pyramid for pictures of one size and films of one rate.
pub struct FilterBank {
    /// `(grating sine, then cosine; pixel)`.
    gratings: Tensor,
    /// A column a temporal frequency: `(sine, then cosine; 1, frame)`, last frame first as convolutions want it.
    courses: Vec<Tensor>,
    /// Where each filter's energy stands among those of all temporal frequencies, ways and gratings.
    places: Tensor,
    /// Frames of a filter.
    length: i64,
}

/// The film as all gratings see it, frame after frame.
pub struct Responses<'a> {
    bank: &'a FilterBank,
    /// Products of the latest frames, which the next ones are filtered with.
    held: Tensor,
}

impl FilterBank {
    /// For square pictures of `side` pixels and films of `hz` frames a second.
    pub fn new(filters: &[Filter], side: i64, hz: f64, device: Device) -> Self {
        let mut gratings: Vec<Filter> = Vec::new();
        let mut frequencies: Vec<f64> = Vec::new();
        let mut places = Vec::with_capacity(filters.len());
        for filter in filters {
            let grating = place_of(filter.grating(), &mut gratings);
            let frequency = place_of(filter.temporal_frequency, &mut frequencies);
            places.push((grating, frequency, filter.direction >= 180.0));
        }
        let length = (hz * 2.0 / 3.0) as i64;
        let count = gratings.len() as i64;
        let places = places.into_iter().map(|(grating, frequency, is_opposite)| {
            (2 * frequency as i64 + i64::from(is_opposite)) * count + grating as i64
        });
        let (sines, cosines): (Vec<Tensor>, Vec<Tensor>) =
            gratings.iter().map(|grating| spatial(grating, side)).unzip();
        Self {
            gratings: Tensor::stack(&sines.into_iter().chain(cosines).collect::<Vec<_>>(), 0).to_device(device),
            courses: frequencies.iter().map(|hertz| temporal(*hertz, hz, length).to_device(device)).collect(),
            places: Tensor::from_slice(&places.collect::<Vec<_>>()).to_device(device),
            length,
        }
    }

    /// A film that is yet to be seen. Before it and after it is darkness.
    pub fn responses(&self) -> Responses<'_> {
        let held = self.nothing(self.length - self.ahead() - 1);
        Responses { bank: self, held }
    }

    /// Frames after the one that a response belongs to.
    fn ahead(&self) -> i64 {
        (self.length + 1) / 2 - 1
    }

    fn nothing(&self, frames: i64) -> Tensor {
        Tensor::zeros([self.gratings.size()[0], frames], (Kind::Double, self.gratings.device()))
    }

    /// Log energies `(filter, frame)` of products `(grating, frame)`; there are `length - 1` frames fewer.
    fn energies(&self, products: &Tensor) -> Tensor {
        let of_course = |course: &Tensor| {
            let filtered = products.unsqueeze(1).conv1d(course, None::<Tensor>, 1, 0, 1, 1);
            let halves = filtered.chunk(2, 0);
            let [sine_sine, sine_cosine] = [0, 1].map(|course| halves[0].select(1, course));
            let [cosine_sine, cosine_cosine] = [0, 1].map(|course| halves[1].select(1, course));
            let energy = |sine: Tensor, cosine: Tensor| (sine.square() + cosine.square()).sqrt();
            let as_labelled = energy(&sine_cosine + &cosine_sine, &cosine_cosine - &sine_sine);
            let opposite = energy(&cosine_sine - &sine_cosine, &cosine_cosine + &sine_sine);
            Tensor::cat(&[as_labelled, opposite], 0)
        };
        let all = Tensor::cat(&self.courses.iter().map(of_course).collect::<Vec<_>>(), 0);
        (all.index_select(0, &self.places) + LOG_OFFSET).log().to_kind(Kind::Float)
    }
}

impl Responses<'_> {
    /// Shows the next frames, `(frame, pixel)` of luminance, and returns the log energies `(filter, frame)` of those that
    /// can be told by now.
    pub fn next(&mut self, frames: &Tensor) -> Tensor {
        let products = self.bank.gratings.mm(&frames.transpose(0, 1).to_kind(Kind::Double));
        self.filter(&products)
    }

    /// The log energies of the last frames.
    pub fn end(mut self) -> Tensor {
        let darkness = self.bank.nothing(self.bank.ahead());
        self.filter(&darkness)
    }

    fn filter(&mut self, products: &Tensor) -> Tensor {
        let products = Tensor::cat(&[&self.held, products], 1);
        let (frames, length) = (products.size()[1], self.bank.length);
        let kept = frames.min(length - 1);
        self.held = products.narrow(1, frames - kept, kept);
        if frames < length {
            return Tensor::zeros([self.bank.places.size()[0], 0], (Kind::Float, products.device()));
        }
        self.bank.energies(&products)
    }
}

/// Where a value stands in a list, to which it is added where it is new.
fn place_of<T: PartialEq>(value: T, list: &mut Vec<T>) -> usize {
    list.iter().position(|known| *known == value).unwrap_or_else(|| {
        list.push(value);
        list.len() - 1
    })
}

/// A grating under its Gaussian: sine and cosine, `(pixel)`.
fn spatial(grating: &Filter, side: i64) -> (Tensor, Tensor) {
    let axis = |centre: f64| Tensor::linspace(0.0, 1.0, side, (Kind::Double, Device::Cpu)) - centre;
    let [x, y] = [axis(grating.centre[0]).unsqueeze(0), axis(grating.centre[1]).unsqueeze(1)];
    let angle = grating.direction.to_radians();
    let frequency = 2.0 * PI * grating.spatial_frequency;
    let envelope = ((x.square() + y.square()) / (-2.0 * grating.envelope.powi(2))).exp();
    let phase = &y * (frequency * angle.sin()) - &x * (frequency * angle.cos());
    let (sine, cosine) = (&envelope * phase.sin(), &envelope * phase.cos());
    let is_inside = (sine.abs() + cosine.abs()).gt(MASK_LIMIT);
    let masked = |part: Tensor| (part * &is_inside).flatten(0, -1);
    (masked(sine), masked(cosine))
}

/// The course of a temporal frequency: sine and cosine `(2, 1, frame)`, backwards.
fn temporal(hertz: f64, hz: f64, length: i64) -> Tensor {
    let instants = Tensor::arange(length, (Kind::Double, Device::Cpu)) / length as f64 - 0.5;
    let envelope = (instants.square() / (-2.0 * TEMPORAL_ENVELOPE.powi(2))).exp();
    let phase = instants * (2.0 * PI * hertz * length as f64 / hz);
    let pair = Tensor::stack(&[&envelope * phase.sin(), &envelope * phase.cos()], 0);
    pair.flip([1]).unsqueeze(1)
}
