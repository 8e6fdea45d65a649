//! The JSON files that BIDS puts beside the data.

use serde_json::{Map, Value, json};

use super::{Provenance, SOFTWARE};
use crate::brain::{self, VolumeMap};

/// For the files on the surface.
pub fn surface(provenance: &Provenance) -> String {
    let mesh = provenance.mesh;
    let density = format!(
        "{} vertices per hemisphere (subdivision order {} of the icosahedron)",
        mesh.vertices_per_hemisphere(),
        mesh.order()
    );
    let mut fields = common(provenance);
    fields.insert("SpatialReference".to_owned(), json!(format!("fsaverage ({mesh}, MNI305)")));
    fields.insert("Density".to_owned(), json!({ mesh.density(): density }));
    pretty(&fields)
}

/// For the files in the volume.
pub fn volume(provenance: &Provenance, map: &VolumeMap) -> String {
    let mut fields = common(provenance);
    fields.insert("SpatialReference".to_owned(), json!(brain::SPACE));
    fields.insert("Resolution".to_owned(), json!({ "2": "2 mm isotropic, 91 x 109 x 91 voxels" }));
    fields.insert("SurfaceToVolumeMapping".to_owned(), json!(map.mapping()));
    pretty(&fields)
}

/// Describes a folder of files as a BIDS derivative dataset.
pub fn dataset_description(provenance: &Provenance) -> String {
    let description = json!({
        "Name": format!("Predicted BOLD response ({})", provenance.label()),
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "License": provenance.licence,
        "GeneratedBy": [{
            "Name": env!("CARGO_PKG_NAME"),
            "Version": env!("CARGO_PKG_VERSION"),
            "Description": format!("brain encoding model {}", provenance.model),
        }],
    });
    format!("{description:#}\n")
}

fn common(provenance: &Provenance) -> Map<String, Value> {
    let fields = json!({
        "TaskName": provenance.task,
        "RepetitionTime": provenance.tr_s,
        "StartTime": provenance.bold_time_s(0),
        "HemodynamicLagRemoved": provenance.lag_s,
        "TimeOrigin": "scanner time: the response to stimulus second t is at t + HemodynamicLagRemoved",
        "Units": "arbitrary (z-scored training targets)",
        "IsPrediction": true,
        "Description": format!("predicted BOLD response ({}, not measured)", provenance.label()),
        "Model": provenance.model,
        "Trained": provenance.trained,
        "WeightsSHA256": provenance.weights_sha256,
        "License": provenance.licence,
        "Subject": provenance.subject,
        "StimulusBLAKE3": provenance.stimulus_blake3,
        "SoftwareVersion": SOFTWARE,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => unreachable!("an object was written above"),
    }
}

fn pretty(fields: &Map<String, Value>) -> String {
    format!("{:#}\n", Value::Object(fields.clone()))
}
