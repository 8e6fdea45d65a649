//! File names by the Brain Imaging Data Structure (BIDS).
//!
//! The mesh is called `space-fsaverage` with a density, as BIDS recommends over `space-fsaverage5`.

use super::{Provenance, Statistic, Training};
use crate::brain::{self, Hemisphere, Mesh};

/// The file that describes the folder as a BIDS dataset.
pub const DATASET_DESCRIPTION: &str = "dataset_description.json";

/// Which voxel each value of the subcortex is of.
pub const SUBCORTEX: &str = "space-MNI152NLin6Asym_res-2_desc-subcortex_dseg.nii.gz";

/// All subjects' responses in one HDF5 file.
pub const HDF5: &str = "prediction.h5";

/// All files in one archive.
pub const ARCHIVE: &str = "prediction.zip";

/// What the files of one subject are called.
#[derive(Clone, Debug)]
pub struct Names {
    stem: String,
    mesh: Mesh,
    description: String,
}

impl Names {
    pub fn new(provenance: &Provenance) -> Self {
        let Provenance { model, training, mesh, subject, task, .. } = provenance;
        let stem = format!("sub-{}_task-{}", label(subject), label(task));
        Self { stem, mesh: *mesh, description: description(model, *training) }
    }

    /// What the names of a subject's files begin with.
    pub fn of_subject(subject: &str) -> String {
        format!("sub-{}_", label(subject))
    }

    /// Names of maps of a model's weights, which are of a subject and of no stimulus.
    pub fn of_weights(subject: &str, model: &str, training: Training, mesh: Mesh) -> Self {
        Self { stem: format!("sub-{}", label(subject)), mesh, description: description(model, training) }
    }

    /// Names of the maps of a group of measured people.
    pub fn of_group(mesh: Mesh) -> Self {
        Self { stem: "group".to_owned(), mesh, description: "measured".to_owned() }
    }

    /// Where in a BIDS dataset the files lie.
    pub fn folder(&self) -> String {
        format!("{}/func", self.stem.split('_').next().unwrap_or_default())
    }

    /// The response of one hemisphere.
    pub fn gifti(&self, hemisphere: Hemisphere) -> String {
        format!("{}_hemi-{}_{}_{}_bold.func.gii", self.stem, hemisphere.letter(), self.surface(), self.desc())
    }

    /// The response of both hemispheres.
    pub fn cifti(&self) -> String {
        self.on_surface("bold.dtseries.nii")
    }

    /// The response as a matrix.
    pub fn npy(&self) -> String {
        self.on_surface("bold.npy")
    }

    /// The response of the subcortex as a matrix.
    pub fn subcortical_npy(&self) -> String {
        self.in_volume("", "bold.npy")
    }

    /// What goes with the files on the surface.
    pub fn surface_sidecar(&self) -> String {
        self.on_surface("bold.json")
    }

    /// The response in the volume.
    pub fn nifti(&self) -> String {
        self.in_volume("", "bold.nii.gz")
    }

    /// What goes with the response in the volume.
    pub fn volume_sidecar(&self) -> String {
        self.in_volume("", "bold.json")
    }

    /// The mean over time in the volume.
    pub fn mean_nifti(&self) -> String {
        self.in_volume("_stat-mean", "statmap.nii.gz")
    }

    /// What goes with the mean in the volume.
    pub fn mean_sidecar(&self) -> String {
        self.in_volume("_stat-mean", "statmap.json")
    }

    /// A picture of the mean over time.
    pub fn png(&self) -> String {
        format!("{}_{}_stat-mean_{}_statmap.png", self.stem, self.surface(), self.desc())
    }

    /// One hemisphere of one map of a contrast.
    pub fn contrast_gifti(&self, hemisphere: Hemisphere, contrast: &str, statistic: Statistic) -> String {
        self.hemisphere_of(hemisphere, &contrast_map(contrast, statistic))
    }

    /// A picture of a map of a contrast.
    pub fn contrast_png(&self, contrast: &str, statistic: Statistic) -> String {
        self.picture_of(&contrast_map(contrast, statistic))
    }

    /// One hemisphere of a map that is no contrast's, such as a component.
    pub fn map_gifti(&self, hemisphere: Hemisphere, map: &str, statistic: Statistic) -> String {
        self.hemisphere_of(hemisphere, &other_map(map, statistic))
    }

    /// A picture of a map that is no contrast's.
    pub fn map_png(&self, map: &str, statistic: Statistic) -> String {
        self.picture_of(&other_map(map, statistic))
    }

    /// A map on the grid of the files that it was computed from.
    pub fn map_nifti(&self, map: &str, statistic: Statistic) -> String {
        format!("{}{}_{}_statmap.nii.gz", self.stem, other_map(map, statistic), self.desc())
    }

    /// The table of regions of all contrasts.
    pub fn regions_table(&self) -> String {
        format!("{}_{}_regions.tsv", self.stem, self.desc())
    }

    /// The courses of the response in regions.
    pub fn courses_table(&self) -> String {
        format!("{}_{}_timecourses.tsv", self.stem, self.desc())
    }

    /// The maps of all contrasts, both hemispheres.
    pub fn contrasts_cifti(&self) -> String {
        self.on_surface("statmap.dscalar.nii")
    }

    /// One map of a contrast in the volume.
    pub fn contrast_nifti(&self, contrast: &str, statistic: Statistic) -> String {
        self.in_volume(&contrast_map(contrast, statistic), "statmap.nii.gz")
    }

    fn on_surface(&self, suffix: &str) -> String {
        format!("{}_{}_{}_{suffix}", self.stem, self.surface(), self.desc())
    }

    fn in_volume(&self, statistic: &str, suffix: &str) -> String {
        format!("{}_space-{}_res-2{statistic}_{}_{suffix}", self.stem, brain::SPACE, self.desc())
    }

    fn hemisphere_of(&self, hemisphere: Hemisphere, map: &str) -> String {
        let (hemisphere, surface) = (hemisphere.letter(), self.surface());
        format!("{}_hemi-{hemisphere}_{surface}{map}_{}_statmap.func.gii", self.stem, self.desc())
    }

    fn picture_of(&self, map: &str) -> String {
        format!("{}_{}{map}_{}_statmap.png", self.stem, self.surface(), self.desc())
    }

    fn surface(&self) -> String {
        format!("space-fsaverage_den-{}", self.mesh.density())
    }

    fn desc(&self) -> String {
        format!("desc-{}", self.description)
    }
}

/// A model by its name, which says so where the model is untrained, or trained on simulated responses.
fn description(model: &str, training: Training) -> String {
    let model = label(model);
    let warning = match training {
        Training::None => "untrained",
        Training::Simulated => "simulated",
        Training::Measured => "",
    };
    if model.to_ascii_lowercase().contains(warning) { model } else { format!("{warning}{model}") }
}

/// The entities of a map, as nilearn names them.
fn contrast_map(contrast: &str, statistic: Statistic) -> String {
    format!("_contrast-{}_stat-{}", label(contrast), statistic.label())
}

/// The same for what is no contrast.
fn other_map(map: &str, statistic: Statistic) -> String {
    format!("_map-{}_stat-{}", label(map), statistic.label())
}

/// A BIDS label: the letters and digits of a name. One without any is spelt by its bytes in hexadecimal.
fn label(name: &str) -> String {
    let label: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if label.is_empty() { name.bytes().map(|byte| format!("{byte:02x}")).collect() } else { label }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::provenance;
    use super::*;

    #[test]
    fn names_follow_bids() {
        let names = Names::new(&provenance(Mesh::Fsaverage5));
        assert_eq!(names.folder(), "sub-average/func");
        let surface = "sub-average_task-clip";
        assert_eq!(
            names.gifti(Hemisphere::Left),
            format!("{surface}_hemi-L_space-fsaverage_den-10k_desc-tribev2_bold.func.gii")
        );
        assert_eq!(names.cifti(), format!("{surface}_space-fsaverage_den-10k_desc-tribev2_bold.dtseries.nii"));
        assert_eq!(names.nifti(), format!("{surface}_space-MNI152NLin6Asym_res-2_desc-tribev2_bold.nii.gz"));
        assert_eq!(
            names.mean_nifti(),
            format!("{surface}_space-MNI152NLin6Asym_res-2_stat-mean_desc-tribev2_statmap.nii.gz")
        );
    }

    #[test]
    fn a_map_is_named_by_its_contrast_and_statistic() {
        let names = Names::new(&provenance(Mesh::Fsaverage5));
        let t = Statistic::T { degrees_of_freedom: None };
        assert_eq!(
            names.contrast_gifti(Hemisphere::Right, "faces-places", t),
            "sub-average_task-clip_hemi-R_space-fsaverage_den-10k_contrast-facesplaces_stat-t_desc-tribev2_statmap.func.gii"
        );
        assert_eq!(
            names.contrast_nifti("speech", Statistic::Effect),
            "sub-average_task-clip_space-MNI152NLin6Asym_res-2_contrast-speech_stat-effect_desc-tribev2_statmap.nii.gz"
        );
    }

    #[test]
    fn a_map_of_something_else_is_named_by_what_it_is() {
        let names = Names::new(&provenance(Mesh::Fsaverage5));
        assert_eq!(
            names.map_png("component 1", Statistic::Value),
            "sub-average_task-clip_space-fsaverage_den-10k_map-component1_stat-value_desc-tribev2_statmap.png"
        );
        assert_eq!(
            Names::of_group(Mesh::Fsaverage5).map_nifti("mean", Statistic::Z),
            "group_map-mean_stat-z_desc-measured_statmap.nii.gz"
        );
    }

    #[test]
    fn an_untrained_model_is_called_so() {
        let mut provenance = provenance(Mesh::Fsaverage3);
        provenance.training = Training::None;
        assert!(Names::new(&provenance).npy().ends_with("_den-642_desc-untrainedtribev2_bold.npy"));
        provenance.model = "untrained".to_owned();
        assert!(Names::new(&provenance).npy().ends_with("_desc-untrained_bold.npy"));
        provenance.training = Training::Simulated;
        assert!(Names::new(&provenance).npy().ends_with("_desc-simulateduntrained_bold.npy"));
    }

    #[test]
    fn labels_are_letters_and_digits() {
        assert_eq!(label("Algonauts2025/sub-01"), "Algonauts2025sub01");
        assert_eq!(label("é"), "c3a9");
    }
}
