//! Group statistics of measured maps, held against those that were computed elsewhere.

use encortex::brain::{Mesh, Volumes};
use encortex::export::{Names, Origin, ScalarMap, Statistic, cifti};
use encortex::scanner::{self, MapFile, Space};

use crate::workplace::{Tested, anatomy, files_that, map_of, shared};

/// A group's t map and the maps of its subjects, in `../shared/data`.
const GROUPS: [(&str, &str, usize); 3] = [
    ("maps_faces_words_kellan2024/faces_gt_scrambled_subjects_con_n16", "group_t_n16", 16),
    ("maps_faces_words_kellan2024/auditory_words_subjects_con_n14", "group_t_n14", 14),
    ("maps_auditory_langloc_qlab/intact_gt_degraded_speech_subjects_z_n22", "group_t_n22", 22),
];

#[test]
fn the_t_file_of_a_group_is_the_one_that_was_published_with_its_subjects() -> Tested {
    for (subjects, group, n) in GROUPS {
        let Some(file) = shared(&format!("data/{subjects}.nii.gz")) else { return Ok(()) };
        let stem = subjects.split("_subjects").next().unwrap_or_default();
        let Some(expected) = shared(&format!("data/{stem}_{group}.nii.gz")) else { return Ok(()) };
        let folder = tempfile::tempdir()?;
        let report = scanner::group(&[MapFile::open(&file)?], Space::Mni152, &anatomy(), folder.path())?;
        assert_eq!((report.n, report.degrees_of_freedom, report.is_prediction), (n, n - 1, false));

        let t = &files_that(folder.path(), |name| name.contains("stat-t") && name.ends_with(".nii.gz"))?[0];
        let (found, expected) =
            (Volumes::from_nifti(&std::fs::read(t)?)?, Volumes::from_nifti(&std::fs::read(expected)?)?);
        assert_eq!((found.shape(), found.affine()), (expected.shape(), expected.affine()));
        let (found, expected) = (&found.maps()[0], &expected.maps()[0]);
        let pairs = || found.iter().zip(expected).filter(|(_, expected)| **expected != 0.0);
        let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|value| f64::from(value).powi(2)).sum::<f64>();
        let error = norm(&mut pairs().map(|(a, b)| a - b)) / norm(&mut pairs().map(|(_, b)| *b));
        let more = found.iter().zip(expected).filter(|(found, expected)| **found != 0.0 && **expected == 0.0).count();
        eprintln!(
            "{stem}: relative error {:.1e} over {} voxels, {more} tested beside them, largest t {:.2}",
            error.sqrt(),
            pairs().count(),
            report.largest_t
        );
        assert!(pairs().count() > 50_000 && error.sqrt() < 1e-3);
    }
    Ok(())
}

#[test]
fn surfaces_of_several_files_are_tested_at_their_vertices() -> Tested {
    let mesh = Mesh::Fsaverage5;
    let folder = tempfile::tempdir()?;
    let origin =
        Origin { mesh, label: "made up", warns: false, of: String::new(), by: String::new(), entries: Vec::new() };
    let mut maps = Vec::new();
    for subject in [1.0_f32, 2.0, 3.0] {
        let mut values = vec![subject; mesh.vertices()];
        values[7] = -subject;
        values[8] = 0.5;
        let map = ScalarMap { name: "subject", statistic: Statistic::Value, values: &values };
        let mut file = Vec::new();
        cifti::write_dscalar(&mut file, &[map], &origin)?;
        maps.push(MapFile::Cifti(file));
    }
    let report = scanner::group(&maps, Space::Mni152, &anatomy(), folder.path())?;
    assert_eq!((report.places.as_str(), report.tested), ("vertices of fsaverage5", mesh.vertices() - 1));
    let file = std::fs::read(folder.path().join(Names::of_group(mesh).contrasts_cifti()))?;
    let maps = encortex::brain::MeasuredMap::from_cifti(&file, mesh)?;
    assert_eq!(maps.len(), 5);
    let t = &maps[1];
    let at = |vertex: usize| t.values()[vertex].unwrap_or(f32::NAN);
    assert!((at(0) - 12_f32.sqrt()).abs() < 1e-5 && (at(7) + 12_f32.sqrt()).abs() < 1e-5 && at(8) == 0.0);
    assert!(map_of(folder.path(), "mean").is_ok());

    let volume = MapFile::Volume(Vec::new());
    assert!(scanner::group(&[volume], Space::Mni152, &anatomy(), folder.path()).is_err());
    Ok(())
}
