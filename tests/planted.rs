//! Virtual experiments on a model whose response is known: what is planted is found, and nothing else.
//!
//! The extractors are the real ones; the brain encoder is a checkpoint that the test writes. Stimuli are striped pictures
//! of three colours. One patch of vertices answers to red, one to green, none to blue; every vertex answers to how
//! pictures of one colour differ, which is the variance that contrasts are tested against. There are 28 such ways to
//! differ and 1,284 vertices, so that vertices depend on each other, as Benjamini and Hochberg's rate allows where
//! the dependence is positive and as it is seen to allow here.

#![expect(clippy::print_stdout, reason = "the areas and rates are what the test is run for")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

mod planted {
    pub(crate) mod cortex;
    pub(crate) mod laboratory;
    pub(crate) mod maps;
    pub(crate) mod model;
    pub(crate) mod nulls;
    pub(crate) mod pictures;
    pub(crate) mod readout;
}

use encortex::scanner::{Progress, RegionRow, Step};
use planted::laboratory::{Laboratory, Run, SHOWN, laboratory};
use planted::maps::{self, area_under_curve};
use planted::nulls;
use planted::pictures::Colour;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

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
/// The least share of planted vertices that are found. The general linear model, in which trials eight seconds apart
/// share a response, finds fewer than the peak.
const FOUND: f64 = 0.85;
const EXPERIMENTS: u64 = 200;

fn spec(estimate: Value) -> Value {
    let contrast = |of: &Contrast| json!({ "name": of.name, "expression": of.expression });
    json!({
        "name": "colours",
        "stimuli_folder": "pictures",
        "modalities": ["video"],
        "design": { "kind": "event", "stimulus_s": 1.0, "asynchrony_s": 8.0, "seed": 1 },
        "estimate": estimate,
        "contrasts": CONTRASTS.iter().map(contrast).collect::<Vec<_>>(),
        "regions": ["atlas:patches/red", "atlas:patches/green"],
    })
}

/// How well an experiment shows what is planted.
struct Recovery {
    /// The least area under the curve of a patch and contrast, by effect or by t.
    area: f64,
    /// The least share of the planted vertices that a contrast finds, and the greatest of what it finds wrongly.
    found: f64,
    wrong: f64,
}

impl Recovery {
    fn of(laboratory: &Laboratory, run: &Run, estimate: &str) -> Self {
        let mut least = Self { area: 1.0, found: 1.0, wrong: 0.0 };
        for contrast in &CONTRASTS {
            let maps = run.maps(contrast.name);
            let patches = || laboratory.patches.iter().zip(contrast.planted).filter(|(_, planted)| *planted != 0.0);
            for (patch, planted) in patches() {
                let signed = |map: &[f64]| map.iter().map(|value| value * planted.signum()).collect::<Vec<f64>>();
                let [effect, t] = [&maps.effect, &maps.t].map(|map| area_under_curve(&signed(map), &patch.places));
                let (name, colour) = (contrast.name, patch.colour.name());
                println!("{estimate}, {name}: patch {colour} of {planted:+.1}: AUC {effect:.4} by effect, {t:.4} by t");
                least.area = least.area.min(effect).min(t);
            }
            let truth: Vec<usize> = patches().flat_map(|(patch, _)| patch.places.clone()).collect();
            let found = maps.found();
            let right = found.iter().filter(|place| truth.contains(place)).count();
            println!(
                "{estimate}, {}: {right} of {} planted vertices have q < 0.05, {} others",
                contrast.name,
                truth.len(),
                found.len() - right
            );
            least.found = least.found.min(right as f64 / truth.len() as f64);
            least.wrong = least.wrong.max((found.len() - right) as f64 / found.len().max(1) as f64);
        }
        least
    }
}

#[test]
fn every_estimate_recovers_what_is_planted_and_nothing_else() {
    let Some(laboratory) = laboratory() else { return };
    for estimate in ["peak", "glm", "timecourse"] {
        let run = laboratory.run(&laboratory.scanner, &spec(json!({ "kind": estimate })));
        let Recovery { area, found, wrong } = Recovery::of(laboratory, &run, estimate);
        assert!(area >= RECOVERED, "{estimate}: an area under the curve of {area}");
        assert!(found >= FOUND, "{estimate}: {found} of the planted vertices are found");
        assert!(wrong <= FALSE, "{estimate}: {wrong} of the discoveries are false");
    }
}

#[test]
fn a_planted_region_stands_out_from_every_random_patch() {
    let Some(laboratory) = laboratory() else { return };
    let run = laboratory.run(&laboratory.scanner, &spec(json!({ "kind": "peak" })));
    for (contrast, region) in run.report.contrasts.iter().zip(["red", "green"]) {
        let row = contrast.regions.iter().find(|row| row.region == region).expect("the region of the contrast");
        assert_eq!(row.patches_larger, Some(0.0), "{region}");
        assert!(row.t > Some(10.0) && row.cohens_d > Some(2.0), "{row:?}");
    }
    let other = &run.report.contrasts[1].regions[0];
    assert_eq!(other.region, "red");
    assert!(
        other.p > Some(0.05) && other.patches_larger > Some(0.0),
        "green and blue are one to red's patch: {other:?}"
    );
}

/// The means of regions by a head that was folded, and as the mean of the responses of their vertices.
#[test]
fn region_means_alone_are_those_of_the_long_way() {
    let Some(laboratory) = laboratory() else { return };
    let estimates = [
        json!({ "kind": "peak" }),
        json!({ "kind": "glm", "noise": "ols" }),
        json!({ "kind": "timecourse", "from_s": 0.0, "to_s": 8.0 }),
    ];
    let mut furthest: f64 = 0.0;
    for estimate in estimates {
        let long_way = spec(estimate);
        let mut folded = long_way.clone();
        folded["returns"] = json!(["region_means"]);
        let [long_way, folded] = [&long_way, &folded].map(|spec| laboratory.run(&laboratory.scanner, spec));
        assert_eq!(folded.report.files.iter().filter(|name| !name.ends_with(".tsv")).count(), 0, "no map is made");
        let rows = |run: &Run| -> Vec<RegionRow> {
            run.report.contrasts.iter().flat_map(|contrast| contrast.regions.clone()).collect()
        };
        assert_eq!(rows(&folded).len(), 4);
        for (folded, long_way) in rows(&folded).iter().zip(rows(&long_way)) {
            assert_eq!((&folded.region, folded.vertices), (&long_way.region, long_way.vertices));
            assert_eq!((folded.peak_vertex, folded.patches_larger), (None, None), "a vertex was looked at");
            let measures = |row: &RegionRow| [Some(row.mean), row.t, row.p, row.cohens_d, row.degrees_of_freedom];
            for (folded, long_way) in measures(folded).into_iter().zip(measures(&long_way)) {
                let (folded, long_way) = (folded.expect("a number"), long_way.expect("a number"));
                furthest = furthest.max((folded - long_way).abs() / long_way.abs().max(1.0));
            }
        }
        if folded.report.estimate == "timecourse" {
            let numbers = |run: &Run| -> Vec<f64> {
                let table = run.table("timecourses.tsv");
                table.split_whitespace().filter_map(|field| field.parse().ok()).collect()
            };
            let (folded, long_way) = (numbers(&folded), numbers(&long_way));
            assert_eq!((folded.len(), long_way.len()), (2 * 3 * 9 * 4, 2 * 3 * 9 * 4));
            furthest =
                folded.iter().zip(&long_way).fold(furthest, |furthest, (one, other)| furthest.max((one - other).abs()));
        }
    }
    println!("region means by the folded head differ by {furthest:.1e} at most");
    assert!(furthest <= 1e-5);
}

/// Five seconds after onset, as the model has it, and at no other time that is not near another trial.
#[test]
fn the_course_peaks_where_the_model_answers() {
    let Some(laboratory) = laboratory() else { return };
    let run = laboratory.run(&laboratory.scanner, &spec(json!({ "kind": "timecourse", "from_s": -2.0, "to_s": 12.0 })));
    let table = run.table("timecourses.tsv");
    let mut rows = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(table.as_bytes());
    let header = rows.headers().expect("a header").clone();
    assert_eq!(header.iter().take(4).collect::<Vec<_>>(), ["region", "condition", "after_s", "mean"]);
    let mut seen = 0;
    for row in rows.records() {
        let row = row.expect("a row");
        let (region, condition, after_s, mean) = (&row[0], &row[1], row[2].parse::<f64>(), row[3].parse::<f64>());
        let (after_s, mean) = (after_s.expect("a time"), mean.expect("a mean"));
        let expected = f64::from(u8::from(region == condition && after_s == 5.0));
        assert!((mean - expected).abs() < 0.15, "{region}, {condition}: {mean} after {after_s} s");
        seen += 1;
    }
    assert_eq!(seen, 2 * 3 * 15);
}

/// The same responses, of a model that says that they come without a lag.
#[test]
fn a_lag_that_is_not_the_responses_own_loses_what_is_planted() {
    let Some(laboratory) = laboratory() else { return };
    for estimate in ["peak", "glm"] {
        let spec = spec(json!({ "kind": estimate }));
        let [right, shifted] =
            [&laboratory.scanner, &laboratory.without_lag].map(|scanner| laboratory.run(scanner, &spec).maps("green"));
        let places = laboratory.places_of(Colour::Green);
        let area = |map: &[f64]| area_under_curve(map, places);
        println!("{estimate}: AUC {:.4}, and {:.4} five seconds off", area(&right.effect), area(&shifted.effect));
        assert!(area(&right.effect) >= RECOVERED && area(&shifted.effect) < 0.6, "{estimate}");
    }
}

#[test]
fn the_same_contrast_has_the_same_maps_however_it_is_written() {
    let Some(laboratory) = laboratory() else { return };
    let expression = spec(json!({ "kind": "peak" }));
    let mut weights = expression.clone();
    weights["contrasts"][0] = json!({ "name": "red", "weights": { "blue": -0.5, "green": -0.5, "red": 1.0 } });
    let mut reordered = expression.clone();
    let condition = |colour: &str| {
        let folder = expression["stimuli_folder"].as_str().expect("a folder");
        let files = laboratory.files(&format!("{folder}/{colour}"));
        json!({ "name": colour, "stimuli": files })
    };
    reordered["conditions"] = ["blue", "red", "green"].map(condition).into();
    reordered.as_object_mut().expect("a spec").remove("stimuli_folder");
    let [expression, weights, reordered] =
        [&expression, &weights, &reordered].map(|spec| laboratory.run(&laboratory.scanner, spec));
    assert_eq!(expression.maps("red"), weights.maps("red"));
    assert_ne!(expression.report.design, reordered.report.design, "the order of conditions is another order of trials");
    for contrast in CONTRASTS {
        let (one, other) = (expression.maps(contrast.name), reordered.maps(contrast.name));
        let pairs = one.effect.iter().zip(&other.effect).chain(one.q.iter().zip(&other.q));
        assert!(pairs.into_iter().all(|(one, other)| (one - other).abs() < 1e-4), "{}", contrast.name);
    }
}

#[test]
fn of_experiments_in_which_nothing_differs_one_in_twenty_finds_something() {
    let Some(laboratory) = laboratory() else { return };
    let limit = nulls::most_by_chance(EXPERIMENTS);
    let peak = nulls::by_peak(laboratory, EXPERIMENTS);
    let [stimuli, scans] = nulls::by_glm(laboratory, EXPERIMENTS);
    for (estimate, rates) in [("peak", peak), ("glm over stimuli", stimuli), ("glm over scans", scans)] {
        println!(
            "{estimate}: {} of {EXPERIMENTS} null experiments with any q < 0.05 ({:.1} %; {limit} are within chance), {} \
             with any p < 0.05; {:.2} % of all vertices with p < 0.05",
            rates.discoveries,
            rates.discoveries as f64 / EXPERIMENTS as f64 * 100.0,
            rates.uncorrected,
            100.0 * rates.vertices
        );
    }
    for rates in [peak, stimuli] {
        assert!(rates.discoveries <= limit, "{rates:?}");
        assert!((0.03..0.07).contains(&rates.vertices), "{rates:?}");
        assert!(rates.uncorrected as u64 > EXPERIMENTS / 2, "without a correction something is found: {rates:?}");
    }
    assert!(scans.discoveries > limit, "scans say nothing about other stimuli: {scans:?}");
}

#[test]
fn permutations_recover_what_is_planted_and_nothing_else() {
    let Some(laboratory) = laboratory() else { return };
    let mut spec = spec(json!({ "kind": "peak" }));
    spec["contrasts"].as_array_mut().expect("contrasts").push(json!({ "name": "alone", "expression": "red" }));
    spec["statistics"] = json!({ "permutations": { "n": 999, "seed": 1 } });
    let run = laboratory.run(&laboratory.scanner, &spec);
    let [both, red, green] = [&[Colour::Red, Colour::Green][..], &[Colour::Red], &[Colour::Green]].map(|colours| {
        let places = colours.iter().flat_map(|colour| laboratory.places_of(*colour));
        places.copied().collect::<BTreeSet<usize>>()
    });
    let expected = [("red", "labels", 3, both), ("green", "labels", 2, green), ("alone", "signs", 1, red)];
    for (report, (name, exchange, conditions, planted)) in run.report.contrasts.iter().zip(expected) {
        let [p, corrected] = ["pperm", "pfwe"].map(|statistic| run.map(name, statistic));
        assert!(p.iter().zip(&corrected).all(|(p, corrected)| *p >= 0.001 - 1e-9 && p <= corrected), "{name}");
        let found: BTreeSet<usize> = maps::below(&corrected).into_iter().collect();
        let right = found.intersection(&planted).count();
        println!(
            "{name}: {right} of {} planted vertices have a family-wise p < 0.05, {} others",
            planted.len(),
            found.len() - right
        );
        assert!(found.is_subset(&planted) && right as f64 >= FOUND * planted.len() as f64, "{name}: {found:?}");
        let told = report.permutations.as_ref().expect("permutations");
        assert_eq!(json!(told.exchange), exchange);
        assert_eq!((told.stimuli, told.permutations), (conditions * SHOWN, 1000));
        assert_eq!(told.significant_vertices, found.len());
    }
    assert!(run.report.notes.iter().any(|note| note.starts_with("Permutations exchange stimuli")));
}

#[test]
fn permutations_find_something_in_one_of_twenty_experiments_in_which_nothing_differs() {
    let Some(laboratory) = laboratory() else { return };
    let found = nulls::by_permutations(laboratory, EXPERIMENTS);
    println!("permutations: {found} of {EXPERIMENTS} null experiments with any family-wise p of 0.05 or less");
    assert!(found <= nulls::most_by_chance(EXPERIMENTS), "{found} of {EXPERIMENTS}");
}

#[test]
fn the_parcels_of_an_atlas_are_tested_among_each_other() {
    let Some(laboratory) = laboratory() else { return };
    let mut spec = spec(json!({ "kind": "peak" }));
    spec["regions"] = json!(["FFA", "atlas:patches/green"]);
    spec["statistics"] = json!({ "fdr": { "over": "parcels", "atlas": "patches" } });
    let run = laboratory.run(&laboratory.scanner, &spec);
    let green = &run.report.contrasts[1];
    let names: Vec<&str> = green.regions.iter().map(|row| row.region.as_str()).collect();
    assert_eq!(names, ["FFA", "green", "red"], "those that are asked for, then the other parcels");
    let [sphere, green_row, red_row] = &green.regions[..] else { panic!("three regions") };
    assert_eq!(sphere.q, None, "a sphere is no parcel");
    let (p, q) = ([green_row.p, red_row.p].map(Option::unwrap), [green_row.q, red_row.q].map(Option::unwrap));
    assert!(p[0] < p[1]);
    assert_eq!(q, [f64::min(2.0 * p[0], p[1]), p[1]], "Benjamini and Hochberg's of two");
    assert!(q[0] < 1e-6 && q[1] > 0.05, "{q:?}");
    assert_eq!(green.significant_parcels, Some(1));
    let table = run.table("regions.tsv");
    assert!(table.starts_with("contrast\tregion\t") && table.lines().next().unwrap().contains("\tp\tq\t"), "{table}");
    assert!(run.report.notes.iter().any(|note| note.contains("among the parcels of patches")));
}

#[test]
fn a_permutation_test_is_cancelled() {
    let Some(laboratory) = laboratory() else { return };
    let mut spec = spec(json!({ "kind": "peak" }));
    spec["returns"] = json!(["regions"]);
    spec["statistics"] = json!({ "permutations": { "n": 1_000_000 } });
    let cancel = CancellationToken::new();
    let mut since = None;
    let mut listen = |progress: Progress| {
        if progress.step == Step::Contrast && since.is_none() {
            since = Some(Instant::now());
            let cancel = cancel.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(500));
                cancel.cancel();
            });
        }
    };
    let scanned = laboratory.scan(&laboratory.scanner, &spec, &mut listen, &cancel);
    assert!(scanned.is_err_and(|error| error.is_cancelled()));
    let seconds = since.expect("a contrast").elapsed().as_secs_f64();
    println!("half a second into a million permutations they are cancelled, and the scan ends after {seconds:.1} s");
    assert!(seconds < 20.0, "all of them take longer");
}

#[test]
fn of_all_that_is_found_one_part_in_twenty_is_false() {
    let Some(laboratory) = laboratory() else { return };
    let (wrong, found) = nulls::planted(laboratory, EXPERIMENTS);
    println!(
        "{EXPERIMENTS} planted experiments: {:.2} % of the discoveries are false, {:.0} % of the planted vertices are \
         found or more",
        100.0 * wrong,
        100.0 * found
    );
    assert!(wrong <= FALSE && found >= 0.95);
}
