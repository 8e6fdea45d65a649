//! The encoder against outputs of the published reference, from its own features.

use std::path::{Path, PathBuf};

use ndarray::{Array3, Array4, ArrayView3, Axis, s};
use safetensors::SafeTensors;

use super::{AVERAGE, Artefact, BrainEncoder};
use crate::features::{Compute, DeviceChoice, Modality, Precision};

/// The largest ‖y − reference‖ / ‖reference‖ in float32.
const TOLERANCE: f64 = 1e-5;

/// The folder of goldens; `None`, said loudly, where a clone has none.
fn golden(path: &str) -> Option<PathBuf> {
    let path = Path::new("../shared/golden").join(path);
    if !path.exists() {
        eprintln!("SKIPPED: ../shared is absent");
        return None;
    }
    Some(path)
}

/// The arrays of a golden file.
struct Arrays(Vec<u8>);

impl Arrays {
    fn open(path: &Path) -> Self {
        Self(std::fs::read(path).unwrap())
    }

    fn shape_and_values(&self, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).ok()?;
        let values = tensor.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
        Some((tensor.shape().to_vec(), values.collect()))
    }

    /// `(window, layer group, width, sample)`
    fn features(&self, name: &str) -> Option<Array4<f32>> {
        let (shape, values) = self.shape_and_values(name)?;
        Some(Array4::from_shape_vec([shape[0], shape[1], shape[2], shape[3]], values).unwrap())
    }

    /// `(window, time, vertex)`, of which the reference has the last two the other way round.
    fn response(&self, name: &str) -> Array3<f32> {
        let (shape, values) = self.shape_and_values(name).unwrap();
        Array3::from_shape_vec([shape[0], shape[1], shape[2]], values).unwrap().permuted_axes([0, 2, 1])
    }
}

fn relative_error(response: ArrayView3<'_, f32>, reference: ArrayView3<'_, f32>) -> f64 {
    assert_eq!(response.shape(), reference.shape());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let difference = norm(&mut response.iter().zip(reference).map(|(&a, &b)| f64::from(a) - f64::from(b)));
    difference / norm(&mut reference.iter().map(|&value| f64::from(value)))
}

fn load(folder: &Path, precision: Precision) -> BrainEncoder {
    let compute = Compute::new(DeviceChoice::Cpu, Some(precision)).unwrap();
    BrainEncoder::load(&Artefact::open(folder).unwrap(), compute).unwrap()
}

/// The response of one subject, `(window, time, vertex)`.
fn predict(encoder: &BrainEncoder, features: &[Option<&Array4<f32>>], subject: &str) -> Array3<f32> {
    predict_all(encoder, features, &[subject.to_owned()]).index_axis_move(Axis(0), 0)
}

/// `(subject, window, time, vertex)`
fn predict_all(encoder: &BrainEncoder, features: &[Option<&Array4<f32>>], subjects: &[String]) -> Array4<f32> {
    let windows = features.iter().flatten().next().unwrap().len_of(Axis(0));
    let views: Vec<_> = features.iter().map(|features| features.map(|features| features.view())).collect();
    encoder.predict(&views, windows, subjects).unwrap()
}

/// Relative errors of all that the reference computed with three subjects and the average one.
fn errors_with_subjects(encoder: &BrainEncoder, golden: &Arrays) -> Vec<(&'static str, f64)> {
    let [text, audio, video] = ["in.text", "in.audio", "in.video"].map(|name| golden.features(name).unwrap());
    let silence = Array4::zeros(text.raw_dim());
    let heard = [Some(&text), Some(&audio), Some(&video)];
    let errors = [
        ("subjects", predict_own_subjects(encoder, &heard), "out.subjects"),
        ("average", predict(encoder, &heard, AVERAGE), "out.average"),
        ("audio absent", predict_own_subjects(encoder, &[Some(&text), None, Some(&video)]), "out.audio_absent"),
        (
            "text zero features",
            predict_own_subjects(encoder, &[Some(&silence), Some(&audio), Some(&video)]),
            "out.text_zero_features",
        ),
    ];
    errors.map(|(case, response, name)| (case, relative_error(response.view(), golden.response(name).view()))).to_vec()
}

/// The response of a subject of its own for each window, as the reference was asked for, from one pass for all.
fn predict_own_subjects(encoder: &BrainEncoder, features: &[Option<&Array4<f32>>]) -> Array3<f32> {
    const SUBJECT_OF_WINDOW: [usize; 3] = [0, 2, 1];
    let names: Vec<String> = encoder.subjects().into_iter().map(str::to_owned).collect();
    let responses = predict_all(encoder, features, &names);
    let of_window = |(window, &subject)| responses.slice(s![subject, window, .., ..]);
    let own: Vec<_> = SUBJECT_OF_WINDOW.iter().enumerate().map(of_window).collect();
    ndarray::stack(Axis(0), &own).unwrap()
}

fn error_of_stimulus(encoder: &BrainEncoder, name: &str) -> Option<f64> {
    let arrays = Arrays::open(&golden(&format!("expected/{name}.golden.safetensors"))?);
    let features: Vec<Option<Array4<f32>>> = encoder
        .settings()
        .modalities
        .iter()
        .map(|settings| match settings.modality {
            Modality::Text => arrays.features("features.text"),
            Modality::Audio => arrays.features("features.audio"),
            Modality::Video => arrays.features("features.video"),
        })
        .collect();
    let features: Vec<_> = features.iter().map(Option::as_ref).collect();
    let response = predict(encoder, &features, AVERAGE);
    Some(relative_error(response.view(), arrays.response("prediction_full_window").view()))
}

fn assert_within(model: &str, case: &str, error: f64, tolerance: f64) {
    eprintln!("{model}, {case}: relative error {error:.1e}");
    assert!(error <= tolerance, "{model}, {case}: relative error {error:.1e} is above {tolerance:.0e}");
}

#[test]
fn subjects_average_absence_and_silence_equal_the_reference() {
    let Some(folder) = golden("tribe_tiny_subjects") else { return };
    let arrays = Arrays::open(&folder.join("encoder.golden.safetensors"));
    for (case, error) in errors_with_subjects(&load(&folder, Precision::Float32), &arrays) {
        assert_within("tribe_tiny_subjects", case, error, TOLERANCE);
    }
}

#[test]
fn bfloat16_stays_near_the_reference() {
    let Some(folder) = golden("tribe_tiny_subjects") else { return };
    let arrays = Arrays::open(&folder.join("encoder.golden.safetensors"));
    for (case, error) in errors_with_subjects(&load(&folder, Precision::Bfloat16), &arrays) {
        assert_within("tribe_tiny_subjects in bfloat16", case, error, 1e-2);
    }
}

#[test]
fn stimuli_equal_the_reference() {
    let Some(folder) = golden("tribe_tiny") else { return };
    let encoder = load(&folder, Precision::Float32);
    for stimulus in ["hamlet", "clip"] {
        let Some(error) = error_of_stimulus(&encoder, stimulus) else { return };
        assert_within("tribe_tiny", stimulus, error, TOLERANCE);
    }
}

#[test]
fn a_converted_model_is_the_same_model() {
    let Some(folder) = golden("tribe_tiny_subjects") else { return };
    let converted = tempfile::tempdir().unwrap();
    let published = Artefact::open(&folder).unwrap();
    published.convert(converted.path()).unwrap();
    let artefact = Artefact::open(converted.path()).unwrap();
    assert_eq!(artefact.settings(), published.settings());
    assert_eq!(artefact.parameters(), published.parameters());
    let arrays = Arrays::open(&folder.join("encoder.golden.safetensors"));
    for (case, error) in errors_with_subjects(&load(converted.path(), Precision::Float32), &arrays) {
        assert_within("tribe_tiny_subjects, converted", case, error, TOLERANCE);
    }
}
