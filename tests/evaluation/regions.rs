//! Regions: the parcels of an atlas beside the built-in ones, and runs that were measured region by region.

use std::path::Path;

use encortex::brain::{Mesh, Patch, Region, Surfaces};
use ndarray::{Array2, Axis};
use ndarray_npy::{read_npy, write_npy};
use serde_json::{Value, json};

use super::laboratory::{Laboratory, Outcome, refusal, succeeded};
use super::own_subjects::gain;

/// Vertices of fsaverage5, which atlases are of.
const VERTICES: usize = 20_484;

pub(crate) fn of_an_atlas_are_scored(laboratory: &Laboratory) -> Outcome {
    let numbers: Vec<u8> = (0..VERTICES).flat_map(|vertex| (vertex as u16 % 3).to_le_bytes()).collect();
    std::fs::write(laboratory.path("thirds.u16"), numbers)?;
    std::fs::write(laboratory.path("thirds.json"), json!({"labels": ["none", "odd", "even"]}).to_string())?;
    let add = ["atlas", "add", "thirds.u16", "thirds.json", "--name", "thirds", "--licence", "CC0"];
    succeeded(&laboratory.encortex(&add)?);
    succeeded(&laboratory.evaluate(&["--atlas", "thirds", "--out", "by-parcel"])?);
    let report = laboratory.report("by-parcel")?;
    let regions = report["people"][0]["regions"].as_array().unwrap();
    assert_eq!(regions.len(), Region::builtin().len() + 2);
    let [even, face] = [regions.last().unwrap(), &regions[0]];
    assert!(even["vertices"] == 428 && even["mean_r"].is_f64() && face["region"] == "FFA", "{regions:?}");
    let refused = refusal(&laboratory.evaluate(&["--atlas", "glasser"])?);
    assert!(refused.contains("there is no atlas \"glasser\"; there are thirds"), "{refused}");
    Ok(())
}

/// The built-in regions on the mesh of the model.
fn built_in() -> Vec<Patch> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5");
    let surfaces = Surfaces::load(|name| std::fs::read(folder.join(name))).unwrap();
    Region::builtin().iter().map(|region| region.patch(&surfaces, Mesh::Fsaverage3).unwrap()).collect()
}

pub(crate) fn that_were_measured_are_scored_and_fitted_to(laboratory: &Laboratory) -> Outcome {
    let vertices = std::fs::read_to_string(laboratory.path("study.toml"))?;
    let patches = built_in();
    for (_, _, _, name) in Laboratory::runs() {
        let whole: Array2<f32> = read_npy(laboratory.path(&name))?;
        let mut series = Array2::zeros((whole.nrows(), patches.len()));
        for (patch, mut column) in patches.iter().zip(series.columns_mut()) {
            let places: Vec<usize> = patch.places().collect();
            column.assign(&whole.select(Axis(1), &places).mean_axis(Axis(1)).unwrap());
        }
        write_npy(laboratory.path(&format!("regions-{name}")), &series)?;
    }
    let places: Vec<Vec<usize>> = patches.iter().map(|patch| patch.places().collect()).collect();
    std::fs::write(laboratory.path("regions.json"), json!(places).to_string())?;
    std::fs::write(laboratory.path("study.toml"), vertices.replace("bold = '", "bold = 'regions-"))?;

    succeeded(&laboratory.evaluate(&["--regions", "builtin", "--out", "by-region"])?);
    let report = laboratory.report("by-region")?;
    assert_eq!((&report["outputs"], &report["space"]), (&patches.len().into(), &Value::Null));
    let person = &report["people"][0];
    assert!(person["linear"]["mean_r"].is_f64() && person["ceiling"]["r"].is_f64(), "{person}");
    let rows = person["regions"].as_array().unwrap();
    assert!(rows.iter().zip(&patches).all(|(row, patch)| row["vertices"] == patch.len() && row["r"] == row["mean_r"]));

    let refused = refusal(&laboratory.evaluate(&["--regions", "thirds"])?);
    assert!(refused.contains("has the shape [108, 24]") && refused.contains("of 2 outputs is needed"), "{refused}");
    assert!(refusal(&laboratory.evaluate(&[])?).contains("has the shape [108, 24]"));
    assert!(refusal(&laboratory.evaluate(&["--regions", "nobody's"])?).contains("there is no atlas \"nobody's\""));

    for (name, method) in [("dan", "ridge"), ("eve", "low-rank")] {
        let card = succeeded(&laboratory.fit(name, &["--regions", "builtin", "--method", method])?);
        let card: Value = serde_json::from_str(&card)?;
        assert_eq!((&card["regions"], &card["method"]), (&patches.len().into(), &method.into()));
        assert!(gain(&card) > -0.02, "{card}");
        let by = format!("by-{name}");
        succeeded(&laboratory.evaluate(&["--regions", "builtin", "--as", name, "--out", &by])?);
        let r = laboratory.report(&by)?["people"][0]["mean_r"].as_f64();
        assert!(r > card["scores"]["average_r"].as_f64(), "it was fitted to these runs too: {r:?} {card}");
    }
    std::fs::write(laboratory.path("study.toml"), vertices)?;
    Ok(())
}
