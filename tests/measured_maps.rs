//! Measured maps of real subjects, from their files to the surface: `../shared/data`, each with its README.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::brain::{Atlas, Hemisphere, MeasuredMap, Mesh, Patch, Region, Surfaces, VolumeSpace, Volumes};

type Tested = Result<(), Box<dyn Error>>;

const MESH: Mesh = Mesh::Fsaverage5;
/// The subjects' maps of an experiment, and the group's t map that was computed from them elsewhere.
#[derive(Clone, Copy)]
struct Experiment {
    name: &'static str,
    subjects: &'static str,
    group: &'static str,
}

const FACES: Experiment = Experiment {
    name: "maps_faces_words_kellan2024/faces_gt_scrambled",
    subjects: "subjects_con_n16",
    group: "group_t_n16",
};
const WORDS: Experiment = Experiment {
    name: "maps_faces_words_kellan2024/auditory_words",
    subjects: "subjects_con_n14",
    group: "group_t_n14",
};
const SPEECH: Experiment = Experiment {
    name: "maps_auditory_langloc_qlab/intact_gt_degraded_speech",
    subjects: "subjects_z_n22",
    group: "group_t_n22",
};

/// `../shared/data`; says so where it is absent.
fn data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.is_dir() {
        eprintln!("SKIPPED: {} is absent, whose measured maps this test reads", data.display());
        return None;
    }
    Some(data)
}

/// The surfaces that come with nilearn; says so where there are none.
fn surfaces() -> Result<Option<Surfaces>, Box<dyn Error>> {
    let python = match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    };
    let script = "import nilearn, pathlib; print(pathlib.Path(nilearn.__file__).parent)";
    let output = Command::new(&python).args(["-c", script]).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        eprintln!("SKIPPED: {} has no nilearn, whose surfaces this test reads", python.display());
        return Ok(None);
    };
    let folder = Path::new(String::from_utf8(output.stdout)?.trim()).join("datasets/data/fsaverage5");
    Ok(Some(Surfaces::load(|name| fs::read(folder.join(name)))?))
}

fn volumes(data: &Path, experiment: &str, map: &str) -> Result<Volumes, Box<dyn Error>> {
    Ok(Volumes::from_nifti(&fs::read(data.join(format!("{experiment}_{map}.nii.gz")))?)?)
}

/// One-sample t over the maps; NaN where they do not differ.
fn one_sample_t(maps: &[Vec<f32>]) -> Vec<f32> {
    let n = maps.len() as f64;
    let at = |voxel: usize| {
        let values = || maps.iter().map(move |map| f64::from(map[voxel]));
        let mean = values().sum::<f64>() / n;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        if variance > 0.0 { (mean / (variance / n).sqrt()) as f32 } else { f32::NAN }
    };
    (0..maps[0].len()).map(at).collect()
}

/// Little-endian floats of a `.npy` file of one axis.
fn npy(path: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    Ok(ndarray_npy::read_npy::<_, ndarray::Array1<f32>>(path)?.to_vec())
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / n, y + pair.1 / n));
    let sum = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    let covariance = sum(&|pair| (pair.0 - x) * (pair.1 - y));
    covariance / (sum(&|pair| (pair.0 - x).powi(2)) * sum(&|pair| (pair.1 - y).powi(2))).sqrt()
}

/// The group's map, on the surface.
fn group(
    data: &Path,
    surfaces: &Surfaces,
    experiment: Experiment,
    space: VolumeSpace,
) -> Result<MeasuredMap, Box<dyn Error>> {
    let maps = volumes(data, experiment.name, experiment.group)?.on_surface(space, surfaces, MESH)?;
    Ok(MeasuredMap::select(maps, None)?)
}

#[test]
fn group_maps_are_reproduced_from_the_subjects() -> Tested {
    let Some(data) = data() else { return Ok(()) };
    for Experiment { name: experiment, subjects, group } in [FACES, WORDS, SPEECH] {
        let subjects = volumes(&data, experiment, subjects)?;
        let group = volumes(&data, experiment, group)?;
        assert_eq!((subjects.shape(), subjects.affine()), (group.shape(), group.affine()));
        let t = one_sample_t(subjects.maps());
        // The shipped maps hold 0 where the subjects do not differ or were not all measured.
        let both = || t.iter().zip(&group.maps()[0]).filter(|(t, expected)| t.is_finite() && **expected != 0.0);
        let norm =
            |values: &mut dyn Iterator<Item = f32>| values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt();
        let error =
            norm(&mut both().map(|(t, expected)| t - expected)) / norm(&mut both().map(|(_, expected)| *expected));
        let largest =
            |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, |largest: f32, value| largest.max(value.abs()));
        let worst = largest(&mut both().map(|(t, expected)| t - expected))
            / largest(&mut both().map(|(_, expected)| *expected));
        eprintln!(
            "{experiment}: relative error {error:.1e}, at worst {worst:.1e} of the largest t, {} voxels",
            both().count()
        );
        assert!(both().count() > 50_000 && error < 1e-3 && worst < 1e-3);
    }
    Ok(())
}

#[test]
fn sampling_agrees_with_nilearn() -> Tested {
    let (Some(data), Some(surfaces)) = (data(), surfaces()?) else { return Ok(()) };
    for experiment in [FACES, WORDS, SPEECH] {
        let name = format!("{}_{}", experiment.name, experiment.group);
        // The shipped files were sampled as nilearn does it when it is given its own surfaces: without a transform.
        let shipped = npy(&data.join(format!("{name}_fsaverage5_20484.npy")))?;
        let largest = shipped.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
        let pairs = |space| -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
            let map = group(&data, &surfaces, experiment, space)?;
            let both = map
                .values()
                .iter()
                .zip(&shipped)
                .filter_map(|(ours, theirs)| Some(((*ours)?.into(), (*theirs).into())));
            Ok(both.collect())
        };
        let same = pairs(VolumeSpace::Mni305)?;
        let error = same.iter().fold(0.0, |largest: f64, (ours, theirs)| largest.max((ours - theirs).abs()));
        let transformed = correlation(&pairs(VolumeSpace::Mni152)?);
        eprintln!(
            "{name}: {} vertices, r = {:.6}, largest difference {error:.1e}; r = {transformed:.3} with the way to MNI152",
            same.len(),
            correlation(&same)
        );
        assert!(same.len() > 20_400 && error < 1e-5 * f64::from(largest));
        assert!(transformed > 0.95);
    }
    Ok(())
}

/// The speech component's group map over auditory cortex, at the places of a response row; NaN elsewhere.
fn speech_component(data: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = fs::read(data.join("natsound165_nh2015/component_significance_fsaverage5_f2.npy"))?;
    // (the group and 10 subjects, hemisphere, component, vertex), 16-bit floats; the fifth component is speech.
    let (subjects, components, vertices, speech) = (11, 6, MESH.vertices_per_hemisphere(), 4);
    let values = &bytes[bytes.len() - 2 * subjects * 2 * components * vertices..];
    let at = |place: usize| {
        let entry = 2 * ((place / vertices * components + speech) * vertices + place % vertices);
        half::f16::from_le_bytes([values[entry], values[entry + 1]]).to_f32()
    };
    Ok((0..MESH.vertices()).map(at).collect())
}

#[test]
fn two_independent_speech_maps_agree_within_auditory_cortex() -> Tested {
    let (Some(data), Some(surfaces)) = (data(), surfaces()?) else { return Ok(()) };
    let component = speech_component(&data)?;
    for space in [VolumeSpace::Mni305, VolumeSpace::Mni152] {
        let map = group(&data, &surfaces, SPEECH, space)?;
        let both = map.values().iter().zip(&component).filter(|(_, component)| component.is_finite());
        let pairs: Vec<(f64, f64)> =
            both.filter_map(|(t, component)| Some((f64::from((*t)?), f64::from(*component)))).collect();
        let r = correlation(&pairs);
        eprintln!("{space:?}: r = {r:.3} over {} vertices of auditory cortex", pairs.len());
        assert!(pairs.len() > 1_400 && (r - 0.64).abs() <= 0.02);
    }
    Ok(())
}

#[test]
fn face_peaks_of_the_fusiform_gyrus_fall_in_the_fusiform_spheres() -> Tested {
    let (Some(data), Some(surfaces)) = (data(), surfaces()?) else { return Ok(()) };
    let read = |name: &str| fs::read(data.join("../assets/atlases").join(name));
    let atlas =
        Atlas::from_table("aparc", &read("aparc_dk_fsaverage5.u16")?, &read("aparc_dk_fsaverage5.json")?, MESH)?;
    let (fusiform, ffa) = (atlas.find("fusiform")?, Region::find("FFA")?.patch(&surfaces, MESH)?);
    let faces = group(&data, &surfaces, FACES, VolumeSpace::Mni152)?;
    for side in Hemisphere::BOTH {
        assert!(peak_is_within("faces", faces.values(), &on(side, &fusiform), &ffa, &surfaces), "{side}");
    }
    let ofa = Region::find("OFA")?.patch(&surfaces, MESH)?;
    let occipital = MESH.range(Hemisphere::Left).collect::<Vec<_>>();
    assert!(peak_is_within("faces", faces.values(), &occipital, &ofa, &surfaces), "the left hemisphere's peak");
    Ok(())
}

#[test]
fn speech_peaks_fall_in_the_superior_temporal_spheres() -> Tested {
    let (Some(data), Some(surfaces)) = (data(), surfaces()?) else { return Ok(()) };
    let stg = Region::find("STG")?.patch(&surfaces, MESH)?;
    let sts = Region::find("STS")?.patch(&surfaces, MESH)?;
    let superior_temporal =
        Patch::new("STG or STS", MESH, Hemisphere::BOTH.map(|side| [stg.vertices(side), sts.vertices(side)].concat()));
    let speech = group(&data, &surfaces, SPEECH, VolumeSpace::Mni152)?;
    let words = group(&data, &surfaces, WORDS, VolumeSpace::Mni152)?;
    for side in Hemisphere::BOTH {
        let everywhere: Vec<usize> = MESH.range(side).collect();
        let is_within = |what: &str, values: &[Option<f32>]| {
            peak_is_within(what, values, &everywhere, &superior_temporal, &surfaces)
        };
        assert!(is_within("intact > degraded speech", speech.values()), "{side}");
        // The right peak of this one lies 2 mm outside, at the temporal pole.
        assert_eq!(is_within("words", words.values()), side == Hemisphere::Left);
    }
    Ok(())
}

/// The places of a patch in one hemisphere.
fn on(side: Hemisphere, patch: &Patch) -> Vec<usize> {
    patch.places().filter(|place| MESH.range(side).contains(place)).collect()
}

/// Whether the place of the largest value among those given is one of the patch's.
fn peak_is_within(what: &str, values: &[Option<f32>], places: &[usize], patch: &Patch, surfaces: &Surfaces) -> bool {
    let value = |place: usize| values[place].unwrap_or(f32::NEG_INFINITY);
    let peak = *places.iter().max_by(|a, b| value(**a).total_cmp(&value(**b))).expect("there are places");
    let side = Hemisphere::BOTH[peak / MESH.vertices_per_hemisphere()];
    let position = surfaces.mni152(side)[peak % MESH.vertices_per_hemisphere()].map(f64::round);
    let is_within = patch.places().any(|place| place == peak);
    eprintln!("{what}, {side}: {:.2} at {position:?}, within {}: {is_within}", value(peak), patch.name);
    is_within
}
