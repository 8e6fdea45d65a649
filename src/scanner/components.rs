//! What a subject's head is made of: independent components of the weights that every vertex is read by.

use std::path::Path;

use ndarray::s;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::compare::numbers;
use super::map_folder::{MapFolder, write_report};
use super::{Error, MapFile, Space};
use crate::analysis::{Components, Correlation, FastIca};
use crate::brain::{MeasuredMap, Mesh, Surfaces};
use crate::catalogue::ResolvedModel;
use crate::encoder::{Artefact, BrainEncoder};
use crate::export::{Names, Origin, SOFTWARE, Statistic, Training, png};
use crate::features::{Compute, DeviceChoice, Precision};
use crate::predict::Anatomy;

/// A report of this name lies beside the files.
const REPORT: &str = "components.json";
/// The share of vertices that is shown of a component, as in TRIBE v2's paper.
const TOP: f64 = 0.1;
const ORDER_AND_SIGN: &str = "Order and sign mean nothing. Components are listed by the variance that they explain, each \
                              turned so that its long tail is positive; correlations are without sign.";

/// What to take apart, and what to hold the parts against.
#[derive(Clone, Copy, Debug)]
pub struct ComponentsRequest<'a> {
    /// The model's default subject when left out.
    pub subject: Option<&'a str>,
    pub components: usize,
    pub seed: u64,
    /// The first map of a file, and the space that it is in where it is a volume.
    pub reference: Option<(&'a MapFile, Space)>,
}

/// The components of a subject's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComponentsReport {
    /// Always true: what a model has learned, not what was measured.
    pub is_prediction: bool,
    pub model: String,
    /// False for random weights: such components mean nothing.
    pub trained: bool,
    /// True where it was trained on simulated responses.
    #[serde(default)]
    pub simulated: bool,
    pub subject: String,
    /// What order and sign mean: nothing.
    pub order_and_sign: String,
    /// Whether the algorithm ended by itself; if not, the maps are where it stood.
    pub converged: bool,
    pub iterations: usize,
    pub seed: u64,
    /// The name of the map that components are correlated with.
    pub reference: Option<String>,
    pub components: Vec<ComponentRow>,
    pub files: Vec<String>,
}

/// One component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComponentRow {
    pub name: String,
    /// The share of the head's variance.
    pub explained: f64,
    /// |r| of Pearson's correlation with the reference over vertices, and the number of these.
    pub correlation: Option<f64>,
    pub vertices: Option<usize>,
}

/// FastICA of a subject's folded head `(vertex, hidden)`, vertices being the samples, as §5.10 of TRIBE v2's paper.
///
/// Writes each component and its top tenth as maps, and a picture of each. The encoder alone is opened: no extractor need
/// be there.
pub fn components(
    model: &ResolvedModel,
    request: ComponentsRequest,
    anatomy: &Anatomy,
    folder: &Path,
) -> Result<ComponentsReport, Error> {
    let artefact = Artefact::open(&model.folder)?;
    let settings = artefact.settings();
    let subject = request.subject.map(str::to_owned).or_else(|| settings.default_subject()).unwrap_or_default();
    let compute = Compute::new(DeviceChoice::Cpu, Some(Precision::Float32)).map_err(crate::predict::Error::from)?;
    let encoder = BrainEncoder::load(&artefact, compute)?;
    let head = encoder.head(&subject)?.weight.slice_move(s![..settings.vertices(), ..]);
    let mesh = Mesh::with_vertices(head.nrows())?;
    let surfaces = anatomy.surfaces()?;

    let ica = FastIca { components: request.components, seed: request.seed, ..FastIca::default() };
    let found = ica.fit(head.view())?;
    let reference = request.reference.map(|(file, space)| reference(file, space, &surfaces, mesh)).transpose()?;
    let correlations = match &reference {
        Some(map) => found.correlations(&numbers(map), None)?.into_iter().map(Some).collect(),
        None => vec![None; request.components],
    };

    let names = Names::of_weights(&subject, &model.name, settings.training(), mesh);
    let origin = origin(model, &artefact.weights_sha256()?, settings.training(), &subject, mesh);
    let files = write(&found, MapFolder::new(folder, names, origin, &surfaces))?;
    let report = ComponentsReport {
        is_prediction: true,
        model: model.name.clone(),
        trained: settings.trained,
        simulated: settings.simulated,
        subject,
        order_and_sign: ORDER_AND_SIGN.to_owned(),
        converged: found.converged,
        iterations: found.iterations,
        seed: request.seed,
        reference: reference.map(|map| map.name),
        components: rows(&found, &correlations),
        files,
    };
    write_report(folder, REPORT, &report)?;
    Ok(report)
}

fn reference(file: &MapFile, space: Space, surfaces: &Surfaces, mesh: Mesh) -> Result<MeasuredMap, Error> {
    Ok(MeasuredMap::select(file.maps(space, surfaces, mesh)?, None)?)
}

fn rows(found: &Components, correlations: &[Option<Correlation>]) -> Vec<ComponentRow> {
    let numbered = found.explained.iter().zip(correlations).enumerate();
    let row = |(index, (explained, correlation)): (usize, (&f64, &Option<Correlation>))| ComponentRow {
        name: name(index),
        explained: *explained,
        correlation: correlation.map(|correlation| correlation.r),
        vertices: correlation.map(|correlation| correlation.n),
    };
    numbered.map(row).collect()
}

fn write(found: &Components, mut maps: MapFolder) -> Result<Vec<String>, Error> {
    let top = found.top(TOP)?;
    for (index, (map, top)) in found.maps.rows().into_iter().zip(top.rows()).enumerate() {
        let name = name(index);
        let values: Vec<f32> = map.iter().map(|value| *value as f32).collect();
        let caption = png::Caption { what: &format!("independent {name}"), unit: "weight (standard deviations)" };
        maps.draw(&name, Statistic::Value, &values, caption)?;
        maps.add(&name, Statistic::Value, values)?;
        let is_top = top.iter().map(|is_top| f32::from(u8::from(*is_top))).collect();
        maps.add(&format!("{name} top 10 %"), Statistic::Value, is_top)?;
    }
    maps.finish()
}

fn name(index: usize) -> String {
    format!("component {}", index + 1)
}

fn origin(model: &ResolvedModel, weights_sha256: &str, training: Training, subject: &str, mesh: Mesh) -> Origin {
    let description =
        format!("independent component of the weights that a subject's response is read by. {ORDER_AND_SIGN}");
    Origin {
        mesh,
        label: match training {
            Training::None => "weights of an untrained model",
            Training::Simulated => "weights of a model that was trained on simulated responses",
            Training::Measured => "weights of a model",
        },
        warns: training.warns(),
        of: format!("head of subject {subject}"),
        by: format!("{} on {mesh}", model.name),
        entries: vec![
            ("Description", description),
            ("Model", model.name.clone()),
            ("Trained", training.is_trained().to_string()),
            ("TrainedOnSimulatedResponses", training.is_simulated().to_string()),
            ("WeightsSHA256", weights_sha256.to_owned()),
            ("License", model.card.licence.clone()),
            ("Subject", subject.to_owned()),
            ("Space", mesh.to_string()),
            ("SoftwareVersion", SOFTWARE.to_owned()),
        ],
    }
}
