//! The JSON files that BIDS puts beside the data.

use serde_json::{Value, json};

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
    fields["SpatialReference"] = json!(format!("fsaverage ({mesh}, MNI305)"));
    fields["Density"] = json!({ mesh.density(): density });
    pretty(&fields)
}

/// For the files in the volume.
pub fn volume(provenance: &Provenance, map: &VolumeMap) -> String {
    let mut fields = common(provenance);
    fields["SpatialReference"] = json!(brain::SPACE);
    fields["Resolution"] = json!({ "2": "2 mm isotropic, 91 x 109 x 91 voxels" });
    fields["SurfaceToVolumeMapping"] = json!(map.mapping());
    pretty(&fields)
}

/// Describes a folder of files as a BIDS derivative dataset.
pub fn dataset_description(provenance: &Provenance) -> String {
    pretty(&json!({
        "Name": format!("Predicted BOLD response ({})", provenance.label()),
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "License": provenance.licence,
        "GeneratedBy": [{
            "Name": env!("CARGO_PKG_NAME"),
            "Version": env!("CARGO_PKG_VERSION"),
            "Description": format!("brain encoding model {}", provenance.model),
        }],
    }))
}

fn common(provenance: &Provenance) -> Value {
    json!({
        "TaskName": provenance.task,
        "RepetitionTime": provenance.tr_s,
        "StartTime": provenance.bold_time_s(0),
        "HemodynamicLagRemoved": provenance.lag_s,
        "TimeOrigin": "scanner time: the response to stimulus second t is at t + HemodynamicLagRemoved",
        "Units": "arbitrary (z-scored training targets)",
        "IsPrediction": true,
        "Description": format!("predicted BOLD response ({}, not measured)", provenance.label()),
        "Model": provenance.model,
        "Trained": provenance.training.is_trained(),
        "TrainedOnSimulatedResponses": provenance.training.is_simulated(),
        "WeightsSHA256": provenance.weights_sha256,
        "License": provenance.licence,
        "Subject": provenance.subject,
        "StimulusBLAKE3": provenance.stimulus_blake3,
        "SoftwareVersion": SOFTWARE,
    })
}

fn pretty(fields: &Value) -> String {
    format!("{fields:#}\n")
}

#[cfg(test)]
mod tests {
    use super::super::Training;
    use super::super::fixtures::provenance;
    use super::*;
    use crate::brain::Mesh;

    #[test]
    fn the_sidecar_states_scanner_time_and_provenance() {
        let mut provenance = provenance(Mesh::Fsaverage5);
        provenance.training = Training::None;
        let fields: Value = serde_json::from_str(&surface(&provenance)).unwrap();
        assert_eq!(fields["RepetitionTime"], 1.0);
        assert_eq!(fields["StartTime"], 5.0);
        assert_eq!(fields["IsPrediction"], true);
        assert_eq!(fields["Trained"], false);
        assert!(fields["Description"].as_str().unwrap().contains("model prediction, untrained"));
        assert!(fields["Density"]["10k"].as_str().unwrap().starts_with("10242 vertices per hemisphere"));
    }

    #[test]
    fn the_dataset_is_a_derivative() {
        let fields: Value = serde_json::from_str(&dataset_description(&provenance(Mesh::Fsaverage5))).unwrap();
        assert_eq!(fields["DatasetType"], "derivative");
        assert_eq!(fields["GeneratedBy"][0]["Name"], "encortex");
        assert_eq!(fields["License"], "CC BY-NC 4.0");
    }
}
