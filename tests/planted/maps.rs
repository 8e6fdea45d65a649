//! The maps of a contrast as their files hold them, and how well they tell planted vertices from the others.

use std::fs;
use std::path::Path;

use encortex::brain::{Hemisphere, MeasuredMap};

use super::cortex::MESH;

/// Maps of one contrast, a value a vertex.
#[derive(Debug, PartialEq)]
pub(crate) struct Maps {
    pub(crate) effect: Vec<f64>,
    pub(crate) t: Vec<f64>,
    pub(crate) q: Vec<f64>,
}

impl Maps {
    /// Reads the GIFTI files of an experiment's folder.
    pub(crate) fn read(folder: &Path, contrast: &str) -> Self {
        let map = |statistic| read(folder, contrast, statistic);
        Self { effect: map("effect"), t: map("t"), q: map("q") }
    }

    /// Places with a q below 0.05.
    pub(crate) fn found(&self) -> Vec<usize> {
        below(&self.q)
    }
}

/// One map of a contrast, a value a vertex.
pub(crate) fn read(folder: &Path, contrast: &str, statistic: &str) -> Vec<f64> {
    let [left, right] = Hemisphere::BOTH.map(|side| {
        let marks = [
            format!("_hemi-{}_", side.letter()),
            format!("_contrast-{contrast}_"),
            format!("_stat-{statistic}_"),
            ".func.gii".to_owned(),
        ];
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let named = |path: &std::path::PathBuf| marks.iter().all(|mark| path.to_string_lossy().contains(mark));
        let path = entries.into_iter().find(named).unwrap_or_else(|| panic!("no map has {marks:?}"));
        fs::read(path).expect("a map")
    });
    let maps = MeasuredMap::from_gifti(&left, &right, MESH).expect("a pair of GIFTI files");
    let values = maps[0].values().iter();
    values.map(|value| f64::from(value.expect("every vertex has a value"))).collect()
}

/// Places with a p or q below 0.05.
pub(crate) fn below(map: &[f64]) -> Vec<usize> {
    (0..map.len()).filter(|place| map[*place] < 0.05).collect()
}

/// The share of pairs of a place inside and one outside of which the inner has the larger value; ties count half.
pub(crate) fn area_under_curve(map: &[f64], inside: &[usize]) -> f64 {
    let mut is_inside = vec![false; map.len()];
    inside.iter().for_each(|place| is_inside[*place] = true);
    let outer: Vec<f64> = (0..map.len()).filter(|place| !is_inside[*place]).map(|place| map[place]).collect();
    let smaller = |value: f64| -> f64 {
        outer.iter().map(|other| if value > *other { 1.0 } else { 0.5 * f64::from(u8::from(value == *other)) }).sum()
    };
    let pairs: f64 = inside.iter().map(|place| smaller(map[*place])).sum();
    pairs / (inside.len() * outer.len()) as f64
}

#[test]
fn the_area_counts_pairs() {
    assert_eq!(area_under_curve(&[3.0, 1.0, 1.0, 0.0], &[0]), 1.0);
    assert_eq!(area_under_curve(&[3.0, 1.0, 1.0, 0.0], &[1]), (0.5 + 1.0) / 3.0);
}
