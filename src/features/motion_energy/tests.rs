//! Energies as pymoten gives them, and films of which it is known what moves.

use tch::{Device, Kind, Tensor};

use super::*;

const DIMS: [i64; 3] = [48, 96, 96];

/// Pictures that change everywhere: `(frame, pixel)`.
fn pattern() -> Tensor {
    let axis = |axis: usize| {
        let shape: Vec<i64> = (0..3).map(|other| if other == axis { DIMS[axis] } else { 1 }).collect();
        Tensor::arange(DIMS[axis], (Kind::Double, Device::Cpu)).reshape(shape)
    };
    let [t, y, x] = [0, 1, 2].map(axis);
    let drift = (&x * 0.13 + &t * 0.31).sin() * 20.0 + (&y * 0.21 - &t * 0.17).cos() * 15.0;
    let chirp = (&x * &y * 0.005 + &t * 0.4).sin() * 10.0;
    (drift + chirp + 50.0).to_kind(Kind::Float).flatten(1, 2)
}

/// Log energies `(filter, frame)` of a film that is shown a few frames at a time.
fn energies(bank: &FilterBank, film: &Tensor, at_once: i64) -> Tensor {
    let mut responses = bank.responses();
    let frames = film.size()[0];
    let mut known: Vec<Tensor> = (0..frames)
        .step_by(at_once as usize)
        .map(|from| responses.next(&film.narrow(0, from, at_once.min(frames - from))))
        .collect();
    known.push(responses.end());
    Tensor::cat(&known, 1)
}

/// What `moten.core.project_stimulus` of pymoten 0.1.3 gives for the pattern in double precision, at frames 0, 12, 30, 47.
#[test]
fn energies_are_pymotens() {
    let coarse = [
        (0, [11.99394, 12.32086, 12.15277, 12.16847]),
        (1, [13.87928, 14.64306, 14.64008, 14.16959]),
        (5, [12.3651, 11.51892, 11.51586, 12.49441]),
        (100, [5.43033, 5.4384, 5.97157, 5.49414]),
        (777, [2.09287, 0.52632, -0.1852, 2.2171]),
        (1379, [5.25956, 4.20016, 4.19641, 5.12961]),
    ];
    let fine = [
        (2, [11.56304, 11.84386, 11.80859, 11.84763]),
        (12, [8.71513, 9.26261, 9.32504, 8.98543]),
        (1000, [3.23692, 1.41126, 2.12533, 3.09128]),
        (6554, [1.0918, -0.19677, -0.04867, 0.43433]),
    ];
    for (grain, hz, sum, expected) in
        [(Grain::Coarse, 24.0, 255_938.530_7, &coarse[..]), (Grain::Fine, 16.0, 454_965.900_1, &fine)]
    {
        let filters = pyramid::filters(grain.spatial_frequencies());
        let bank = FilterBank::new(&filters, SIDE, hz, Device::Cpu);
        let energies = energies(&bank, &pattern(), 48);
        assert_eq!(energies.size(), [filters.len() as i64, 48]);
        let total = energies.sum(Kind::Double).double_value(&[]);
        assert!((total - sum).abs() / sum < 1e-4, "{grain:?}: a sum of {total}");
        for (filter, values) in expected {
            for (frame, value) in [0, 12, 30, 47].into_iter().zip(values) {
                let found = energies.double_value(&[*filter, frame]);
                assert!((found - value).abs() < 1e-4 * value.abs().max(1.0), "filter {filter}, frame {frame}: {found}");
            }
        }
    }
}

#[test]
fn a_film_in_pieces_has_the_energies_of_the_whole() {
    let bank = FilterBank::new(&pyramid::filters(&[2.0, 4.0]), SIDE, HZ, Device::Cpu);
    let whole = energies(&bank, &pattern(), 48);
    for at_once in [1, 3, 7, 40] {
        let difference = (energies(&bank, &pattern(), at_once) - &whole).abs().max().double_value(&[]);
        assert!(difference < 1e-4, "{at_once} at once: {difference}");
    }
}

/// A grating that drifts to the right at the frequencies of a filter excites the one that prefers it.
#[test]
fn a_drifting_grating_excites_the_filter_that_prefers_its_direction() {
    let filters = pyramid::filters(&[4.0]);
    let bank = FilterBank::new(&filters, SIDE, HZ, Device::Cpu);
    let x = Tensor::arange(SIDE, (Kind::Float, Device::Cpu)) / (SIDE - 1) as f64;
    let frame = |t: f64| ((&x - t) * (2.0 * std::f64::consts::PI * 4.0)).sin().repeat([SIDE]) * 50.0;
    let film = Tensor::stack(&(0..32).map(|t| frame(f64::from(t) / HZ)).collect::<Vec<_>>(), 0);
    let energies = energies(&bank, &film, 32).select(1, 16);
    let best = filters
        .iter()
        .enumerate()
        .filter(|(_, filter)| filter.temporal_frequency == 4.0 && filter.spatial_frequency == 4.0)
        .max_by(|(one, _), (other, _)| {
            energies.double_value(&[*one as i64]).total_cmp(&energies.double_value(&[*other as i64]))
        });
    assert_eq!(best.and_then(|(_, filter)| filter.preferred_direction()), Some(0.0));
}
