//! The filters of a pyramid: where each of them looks, at which frequencies, and which way.
//!
//! Parameters and order are those of pymoten 0.1.3, so that a column here is a column there.

/// Directions of movement (degrees), as pymoten labels them: see [`Filter::preferred_direction`].
const DIRECTIONS: [f64; 8] = [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0];
/// Temporal frequencies (Hz).
const TEMPORAL_HZ: [f64; 3] = [0.0, 2.0, 4.0];
/// Standard deviation of the spatial envelope, in periods of the grating, and at most (in picture heights).
const ENVELOPE_IN_PERIODS: f64 = 0.6;
const WIDEST_ENVELOPE: f64 = 0.3;
/// From one filter to its neighbour, in standard deviations of the envelope.
const SPACING: f64 = 3.5;

/// One filter: a grating that drifts under a Gaussian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filter {
    /// Centre from the left and from the top (picture heights).
    pub centre: [f64; 2],
    /// Of the grating, as pymoten labels it (degrees).
    pub direction: f64,
    /// Cycles in a picture; 0 for a blob of light.
    pub spatial_frequency: f64,
    /// Standard deviation of the envelope (picture heights).
    pub envelope: f64,
    /// Hz.
    pub temporal_frequency: f64,
}

impl Filter {
    /// The movement that excites the filter most (degrees, 0 to the right, 90 up): opposite to the label, for filters
    /// are convolved with the film. `None` for one that does not tell directions apart.
    pub fn preferred_direction(&self) -> Option<f64> {
        let is_directed = self.spatial_frequency > 0.0 && self.temporal_frequency > 0.0;
        is_directed.then_some((self.direction + 180.0) % 360.0)
    }

    /// The same grating whichever way it drifts: its label is below 180°.
    pub(super) fn grating(&self) -> Self {
        Self { direction: self.direction % 180.0, temporal_frequency: 0.0, ..*self }
    }
}

/// The filters of a square picture, for these spatial frequencies (cycles in a picture) and a blob beside each: 23 a
/// place and frequency.
pub fn filters(spatial_frequencies: &[f64]) -> Vec<Filter> {
    let mut filters = Vec::new();
    for &spatial_frequency in spatial_frequencies {
        let envelope = (ENVELOPE_IN_PERIODS / spatial_frequency).min(WIDEST_ENVELOPE);
        let centres = centres(envelope);
        for direction in DIRECTIONS {
            for &x in &centres {
                for &y in &centres {
                    for temporal_frequency in TEMPORAL_HZ {
                        // What stands still is the same from either side.
                        if temporal_frequency == 0.0 && direction >= 180.0 {
                            continue;
                        }
                        let grating =
                            Filter { centre: [x, y], direction, spatial_frequency, envelope, temporal_frequency };
                        filters.push(grating);
                        if direction == 0.0 {
                            filters.push(Filter { spatial_frequency: 0.0, ..grating });
                        }
                    }
                }
            }
        }
    }
    filters
}

/// Where filters of an envelope are centred along a side.
fn centres(envelope: f64) -> Vec<f64> {
    let spacing = SPACING * envelope;
    let on_a_side = (((1.0 - spacing) / spacing / 2.0).floor().max(0.0)) as i64;
    (-on_a_side..=on_a_side).map(|place| 0.5 + spacing * place as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_filters_as_in_pymoten_and_in_the_paper() {
        assert_eq!(filters(&[2.0, 4.0, 8.0, 16.0]).len(), 1380);
        assert_eq!(filters(&[2.0, 4.0, 8.0, 16.0, 32.0]).len(), 6555);
    }

    #[test]
    fn filters_stand_in_pymotens_order() {
        let filters = filters(&[2.0, 4.0]);
        let labels = |place: usize| {
            let Filter { direction, spatial_frequency, temporal_frequency, .. } = filters[place];
            (spatial_frequency, direction, temporal_frequency)
        };
        let first =
            [(2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (2.0, 0.0, 2.0), (0.0, 0.0, 2.0), (2.0, 0.0, 4.0), (0.0, 0.0, 4.0)];
        assert_eq!([0, 1, 2, 3, 4, 5].map(labels), first);
        assert_eq!(labels(6), (2.0, 45.0, 0.0));
        assert_eq!(labels(15), (2.0, 180.0, 2.0), "nothing stands still at 180° and beyond");
        assert_eq!(filters[0].centre, [0.5, 0.5]);
    }

    #[test]
    fn a_filter_prefers_what_moves_against_its_label() {
        let rightward = Filter {
            centre: [0.5, 0.5],
            direction: 180.0,
            spatial_frequency: 4.0,
            envelope: 0.15,
            temporal_frequency: 4.0,
        };
        assert_eq!(rightward.preferred_direction(), Some(0.0));
        assert_eq!(Filter { temporal_frequency: 0.0, ..rightward }.preferred_direction(), None);
    }
}
