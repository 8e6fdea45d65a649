//! Virtual experiments on a model whose response is known: what is planted is found, and nothing else.
//!
//! The extractors are the real ones; the brain encoder is a checkpoint that the test writes. Stimuli are striped pictures
//! of three colours. One patch of vertices answers to red, one to green, none to blue; every vertex answers to how
//! pictures of one colour differ, which is the variance that contrasts are tested against.

mod planted {
    pub(crate) mod cortex;
    pub(crate) mod laboratory;
    pub(crate) mod maps;
    pub(crate) mod model;
    pub(crate) mod nulls;
    pub(crate) mod pictures;
    pub(crate) mod readout;
}

use planted::laboratory::{Laboratory, Run, laboratory};
use planted::maps::area_under_curve;
use planted::pictures::Colour;
use serde_json::{Value, json};

/// A contrast with what is planted in the patches of red and of green.
struct Contrast {
    name: &'static str,
    expression: &'static str,
    planted: [f64; 2],
}

const CONTRASTS: [Contrast; 2] = [
    Contrast { name: "red", expression: "red - (green + blue) / 2", planted: [1.0, -0.5] },
    Contrast { name: "green", expression: "green - blue", planted: [0.0, 1.0] },
];

/// The smallest area under the curve that counts as recovered.
const RECOVERED: f64 = 0.99;
/// The greatest share of false discoveries.
const FALSE: f64 = 0.05;

fn spec(estimate: Value) -> Value {
    let contrasts: Vec<Value> =
        CONTRASTS.iter().map(|contrast| json!({ "name": contrast.name, "expression": contrast.expression })).collect();
    json!({
        "name": "colours",
        "stimuli_folder": "pictures",
        "modalities": ["video"],
        "design": { "kind": "event", "stimulus_s": 1.0, "asynchrony_s": 8.0, "seed": 1 },
        "estimate": estimate,
        "contrasts": contrasts,
        "regions": ["atlas:patches/red", "atlas:patches/green"],
    })
}

/// The least area under the curve of any patch and contrast, the one of `t` where `by_t`, and the greatest share of
/// discoveries that are false.
fn recovery(laboratory: &Laboratory, run: &Run, estimate: &str) -> (f64, f64) {
    let (mut least, mut most_false) = (1.0_f64, 0.0_f64);
    for contrast in &CONTRASTS {
        let maps = run.maps(contrast.name);
        let found = maps.found();
        let patches = laboratory.patches.iter().zip(contrast.planted).filter(|(_, planted)| *planted != 0.0);
        let truth: Vec<usize> = patches.clone().flat_map(|(patch, _)| patch.places.clone()).collect();
        for (patch, planted) in patches {
            let signed = |map: &[f64]| map.iter().map(|value| value * planted.signum()).collect::<Vec<f64>>();
            let [by_effect, by_t] = [&maps.effect, &maps.t].map(|map| area_under_curve(&signed(map), &patch.places));
            let mean = patch.places.iter().map(|place| maps.effect[*place]).sum::<f64>() / patch.places.len() as f64;
            println!(
                "{estimate}, {}: patch {} planted {planted:+.1}, effect {mean:+.3}, AUC {by_effect:.4} by effect, {by_t:.4} by t",
                contrast.name,
                patch.colour.name()
            );
            least = least.min(by_effect).min(by_t);
        }
        let right = found.iter().filter(|place| truth.contains(place)).count();
        let share = (found.len() - right) as f64 / found.len().max(1) as f64;
        println!(
            "{estimate}, {}: {} vertices with q < 0.05, {right} of {} planted ones among them, {:.1} % false",
            contrast.name,
            found.len(),
            truth.len(),
            100.0 * share
        );
        most_false = most_false.max(share);
    }
    (least, most_false)
}

#[test]
fn every_estimate_recovers_what_is_planted() {
    let Some(laboratory) = laboratory() else { return };
    for estimate in ["peak", "glm", "timecourse"] {
        let run = laboratory.run(&laboratory.scanner, &spec(json!({ "kind": estimate })));
        let (least, most_false) = recovery(laboratory, &run, estimate);
        println!("{least} {most_false}");
        if estimate == "timecourse" {
            println!("{}", run.table("timecourses.tsv"));
        }
        println!("{:#?}", run.report.contrasts);
    }
    let run = laboratory.run(&laboratory.without_lag, &spec(json!({ "kind": "glm" })));
    recovery(laboratory, &run, "glm nolag");
}

#[test]
fn nulls() {
    let Some(laboratory) = laboratory() else { return };
    let nulls = planted::nulls::Nulls::of(laboratory);
    println!("{:?} bound {}", nulls.by_peak(200), planted::nulls::most_by_chance(200));
    let t = std::time::Instant::now();
    println!("ols {:?}", nulls.by_glm(200, encortex::analysis::NoiseModel::Ols));
    println!("{:?}", t.elapsed());
    println!("ar1 {:?}", nulls.by_glm(200, encortex::analysis::NoiseModel::Ar1));
    println!("{:?}", t.elapsed());
}
