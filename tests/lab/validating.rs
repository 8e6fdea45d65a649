//! The table of the paper's contrasts: it must be able to say yes, no, and that something is missing.

use std::path::Path;

use encortex::experiment::Spec;
use encortex::export::{Origin, ScalarMap, Statistic, cifti};
use encortex::scanner::{Benchmark, Desk, Order, Scanner, Space, ValidationReport};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use tokio_util::sync::CancellationToken;

use crate::workplace::{MESH, Tested, files_that, scanner, shared, stimuli};

fn validated(scanner: &Scanner, stimuli: &Path, maps: &Path, atlas: Option<&str>) -> Tested<ValidationReport> {
    let workdir = tempfile::tempdir()?;
    let benchmark = Benchmark { stimuli, maps, atlas, space: Space::Mni152, subject: None };
    Ok(scanner.validate(benchmark, workdir.path(), &mut |_, _| (), &CancellationToken::new())?)
}

/// A map of nothing in particular.
fn write_random(path: &Path) -> Tested {
    let mut generator = ChaCha8Rng::seed_from_u64(11);
    let values: Vec<f32> = (0..MESH.vertices()).map(|_| StandardNormal.sample(&mut generator)).collect();
    let origin =
        Origin { mesh: MESH, label: "noise", warns: false, of: String::new(), by: String::new(), entries: Vec::new() };
    let map = ScalarMap { name: "noise", statistic: Statistic::Value, values: &values };
    let mut file = Vec::new();
    cifti::write_dscalar(&mut file, &[map], origin)?;
    Ok(std::fs::write(path, file)?)
}

/// Runs a localizer as `encortex experiment run` does, and copies one of its maps to where a measured one would lie.
fn plant(scanner: &Scanner, localizer: &str, map: &str, stimuli: &Path, maps: &Path) -> Tested {
    let out = tempfile::tempdir()?;
    let workdir = tempfile::tempdir()?;
    let no_uploads = |_: &str| unreachable!("the spec names files");
    let desk = Desk { folder: Some(stimuli), upload: &no_uploads, workdir: workdir.path() };
    let has_folder = stimuli.join(localizer).is_dir();
    let spec = Spec {
        localizer: Some(localizer.to_owned()),
        stimuli_folder: has_folder.then(|| localizer.to_owned()),
        ..Spec::default()
    };
    let intake = scanner.take_in(spec, desk)?;
    let find = |stimulus: &_| desk.find(stimulus);
    let order = Order { spec: &intake.spec, events: &intake.events, warnings: &[], find: &find };
    scanner.scan(order, out.path(), &mut |_| (), &CancellationToken::new())?;
    for (side, of) in [("hemi-L", "L"), ("hemi-R", "R")] {
        let file = &files_that(out.path(), |name| name.contains(side) && name.contains(map))?[0];
        std::fs::copy(file, maps.join(format!("{localizer}.{of}.func.gii")))?;
    }
    Ok(())
}

#[test]
fn the_table_says_yes_to_its_own_predictions_and_no_to_noise() -> Tested {
    let Some(folder) = stimuli()? else { return Ok(()) };
    let stimuli = folder.path().join("stimuli");
    let scanner = scanner();
    let maps = tempfile::tempdir()?;
    plant(&scanner, "faces", "contrast-faces_stat-effect", &stimuli, maps.path())?;
    plant(&scanner, "speech_sounds", "contrast-speech_stat-z", &stimuli, maps.path())?;
    write_random(&maps.path().join("places.dscalar.nii"))?;
    write_random(&maps.path().join("motion.dscalar.nii"))?;
    std::fs::write(maps.path().join("bodies.nii.gz"), b"no volume")?;

    let report = validated(&scanner, &stimuli, maps.path(), None)?;
    for row in &report.rows {
        eprintln!("{} {:?} {:?} published {}: {:?}", row.localizer, row.r, row.n, row.published_r, row.missing);
    }
    assert_eq!((report.rows.len(), report.over.as_str(), report.trained), (10, "vertices", false));
    let row = |name: &str| report.rows.iter().find(|row| row.localizer == name).ok_or("no such row");
    for (name, statistic, published) in [("faces", "effect", 0.64), ("speech_sounds", "z", 0.45)] {
        let row = row(name)?;
        assert!((row.r.ok_or("no R")? - 1.0).abs() < 1e-6, "{name}");
        assert_eq!((row.statistic.as_str(), row.published_r, row.n), (statistic, published, Some(MESH.vertices())));
    }
    let noise = row("places")?.r.ok_or("no R")?;
    assert!(noise.abs() < 0.05, "noise agrees by {noise}");
    assert!(row("bodies")?.missing.as_ref().is_some_and(|missing| missing.contains("NIfTI")));
    assert!(row("objects")?.missing.as_ref().is_some_and(|missing| missing.starts_with("there is no map for objects")));

    let elsewhere = tempfile::tempdir()?;
    let report = validated(&scanner, elsewhere.path(), maps.path(), None)?;
    let missing = report.rows[0].missing.as_ref().ok_or("faces ran without stimuli")?;
    assert!(missing.starts_with("there is no folder of stimuli"), "{missing}");
    Ok(())
}

#[test]
fn over_the_papers_parcels_there_are_360_of_them() -> Tested {
    let (Some(folder), Some(atlases)) = (stimuli()?, shared("assets/atlases")) else { return Ok(()) };
    let stimuli = folder.path().join("stimuli");
    let scanner = scanner();
    let files = ["u16", "json"].map(|ending| atlases.join(format!("hcpmmp1_fsaverage5.{ending}")));
    scanner.atlases.add("hcpmmp", &files, "accepted by a test", MESH)?;
    let maps = tempfile::tempdir()?;
    plant(&scanner, "faces", "contrast-faces_stat-effect", &stimuli, maps.path())?;
    let report = validated(&scanner, &stimuli, maps.path(), Some("hcpmmp"))?;
    let faces = &report.rows[0];
    assert_eq!((report.over.as_str(), faces.n), ("parcels of hcpmmp", Some(360)));
    assert!((faces.r.ok_or("no R")? - 1.0).abs() < 1e-6);
    Ok(())
}
