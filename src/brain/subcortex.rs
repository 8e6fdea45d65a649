//! The subcortex of a response: which voxel of the MNI152 grid each of its values is, and of which structure.
//!
//! A model that predicts it says so by a label volume on the grid of FSL and HCP (2 mm), with the numbers that FreeSurfer
//! and HCP give to structures. Values follow the voxels of the volume as NumPy's `data[labels > 0]` does: `z` varies fastest.

use super::nifti::{self, Limits, Nifti};
use super::volume::{AFFINE, GRID};

/// FreeSurfer's number of each structure, and its name in CIFTI-2. The ventricles have none of their own there.
const STRUCTURES: [(u8, &str); 16] = [
    (4, "CIFTI_STRUCTURE_OTHER"),
    (10, "CIFTI_STRUCTURE_THALAMUS_LEFT"),
    (11, "CIFTI_STRUCTURE_CAUDATE_LEFT"),
    (12, "CIFTI_STRUCTURE_PUTAMEN_LEFT"),
    (13, "CIFTI_STRUCTURE_PALLIDUM_LEFT"),
    (17, "CIFTI_STRUCTURE_HIPPOCAMPUS_LEFT"),
    (18, "CIFTI_STRUCTURE_AMYGDALA_LEFT"),
    (26, "CIFTI_STRUCTURE_ACCUMBENS_LEFT"),
    (43, "CIFTI_STRUCTURE_OTHER"),
    (49, "CIFTI_STRUCTURE_THALAMUS_RIGHT"),
    (50, "CIFTI_STRUCTURE_CAUDATE_RIGHT"),
    (51, "CIFTI_STRUCTURE_PUTAMEN_RIGHT"),
    (52, "CIFTI_STRUCTURE_PALLIDUM_RIGHT"),
    (53, "CIFTI_STRUCTURE_HIPPOCAMPUS_RIGHT"),
    (54, "CIFTI_STRUCTURE_AMYGDALA_RIGHT"),
    (58, "CIFTI_STRUCTURE_ACCUMBENS_RIGHT"),
];

/// Voxels with a value, in the order of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subcortex {
    voxels: Vec<Voxel>,
}

/// A voxel of the subcortex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voxel {
    /// Along `x`, `y` and `z` of the grid.
    pub indices: [u16; 3],
    /// FreeSurfer's number of its structure.
    pub label: u8,
}

/// The voxels of one structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// As CIFTI-2 has it.
    pub name: &'static str,
    /// Places in the subcortical part of a row.
    pub places: Vec<usize>,
}

/// Why a volume does not say where the values of a subcortex lie.
#[derive(Debug, thiserror::Error)]
pub enum SubcortexError {
    #[error(transparent)]
    Nifti(#[from] nifti::Error),
    #[error("its grid is {found:?}; it must be {GRID:?}, FSL's 2 mm grid of MNI152")]
    Grid { found: Vec<usize> },
    #[error("it does not lie where FSL's 2 mm grid of MNI152 does: its affine transform must be {AFFINE:?}")]
    Affine,
    #[error("it labels voxels {label}; structures have FreeSurfer's numbers: {}", known_labels())]
    Label { label: f32 },
}

impl Subcortex {
    /// Of these voxels, which are put in their order.
    ///
    /// # Errors
    /// [`SubcortexError::Label`] for a number that no structure has.
    pub fn new(mut voxels: Vec<Voxel>) -> Result<Self, SubcortexError> {
        if let Some(voxel) = voxels.iter().find(|voxel| name_of(voxel.label).is_none()) {
            return Err(SubcortexError::Label { label: voxel.label.into() });
        }
        voxels.sort_by_key(|voxel| voxel.indices);
        Ok(Self { voxels })
    }

    /// Reads a label volume, `.nii` or `.nii.gz`; 0 is outside.
    pub fn from_nifti(bytes: &[u8]) -> Result<Self, SubcortexError> {
        let volume = Nifti::read(bytes, Limits::MAPS)?;
        let dims = &volume.header.dims;
        if dims.get(..3) != Some(&GRID) || volume.header.values() != GRID.iter().product::<usize>() {
            return Err(SubcortexError::Grid { found: dims.clone() });
        }
        let affine = volume.header.affine.ok_or(SubcortexError::Affine)?.0;
        if affine.iter().flatten().zip(AFFINE.iter().flatten()).any(|(a, b)| (a - f64::from(*b)).abs() > 1e-3) {
            return Err(SubcortexError::Affine);
        }
        let mut voxels = Vec::new();
        for (index, label) in volume.values(0..volume.header.values()).into_iter().enumerate() {
            if label != 0.0 {
                let number = STRUCTURES.iter().map(|(number, _)| *number).find(|number| f32::from(*number) == label);
                let (column, k) = (index % (GRID[0] * GRID[1]), index / (GRID[0] * GRID[1]));
                let indices = [column % GRID[0], column / GRID[0], k].map(|along| along as u16);
                voxels.push(Voxel { indices, label: number.ok_or(SubcortexError::Label { label })? });
            }
        }
        Self::new(voxels)
    }

    /// In the order of a row.
    pub fn voxels(&self) -> &[Voxel] {
        &self.voxels
    }

    /// The labels as a volume, `x` varying fastest; what [`Subcortex::from_nifti`] reads.
    pub fn labels(&self) -> Vec<f32> {
        let mut volume = vec![0.0; GRID.iter().product()];
        self.voxels.iter().for_each(|voxel| volume[voxel.index()] = voxel.label.into());
        volume
    }

    /// Structures that have a voxel, each once.
    pub fn structures(&self) -> Vec<Structure> {
        let mut structures: Vec<Structure> = Vec::new();
        for (_, name) in STRUCTURES {
            let is_of = |voxel: &Voxel| name_of(voxel.label) == Some(name);
            if structures.iter().all(|known| known.name != name) {
                let places = (0..self.voxels.len()).filter(|place| is_of(&self.voxels[*place])).collect();
                structures.push(Structure { name, places });
            }
        }
        structures.retain(|structure| !structure.places.is_empty());
        structures
    }
}

impl Voxel {
    /// Where the voxel is in a volume whose first axis varies fastest.
    pub fn index(self) -> usize {
        let [i, j, k] = self.indices.map(usize::from);
        (k * GRID[1] + j) * GRID[0] + i
    }

    /// Centre (mm, MNI152).
    pub fn centre_mm(self) -> [f32; 3] {
        [0, 1, 2].map(|axis| AFFINE[axis][axis] * f32::from(self.indices[axis]) + AFFINE[axis][3])
    }
}

fn name_of(label: u8) -> Option<&'static str> {
    STRUCTURES.iter().find(|(number, _)| *number == label).map(|(_, name)| *name)
}

fn known_labels() -> String {
    STRUCTURES.map(|(number, _)| number.to_string()).join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_follow_the_voxels_with_z_fastest() {
        let voxel = |i, j, k, label| Voxel { indices: [i, j, k], label };
        let given = vec![voxel(3, 0, 0, 10), voxel(1, 2, 9, 49), voxel(1, 2, 3, 4), voxel(1, 4, 0, 43)];
        let subcortex = Subcortex::new(given).unwrap();
        let order: Vec<[u16; 3]> = subcortex.voxels().iter().map(|voxel| voxel.indices).collect();
        assert_eq!(order, [[1, 2, 3], [1, 2, 9], [1, 4, 0], [3, 0, 0]]);
        let places: Vec<_> = subcortex.structures().into_iter().map(|found| (found.name, found.places)).collect();
        let expected = [
            ("CIFTI_STRUCTURE_OTHER", vec![0, 2]),
            ("CIFTI_STRUCTURE_THALAMUS_LEFT", vec![3]),
            ("CIFTI_STRUCTURE_THALAMUS_RIGHT", vec![1]),
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn a_voxel_lies_where_its_indices_say() {
        let voxel = Voxel { indices: [45, 63, 36], label: 10 };
        assert_eq!(voxel.centre_mm(), [0.0, 0.0, 0.0]);
        assert_eq!(voxel.index(), (36 * 109 + 63) * 91 + 45);
    }

    #[test]
    fn a_label_of_no_structure_is_refused_by_its_number() {
        let refusal = Subcortex::new(vec![Voxel { indices: [0; 3], label: 9 }]).unwrap_err().to_string();
        assert!(refusal.starts_with("it labels voxels 9; ") && refusal.contains("54"), "{refusal}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_subcortex_or_an_error(bytes: Vec<u8>) {
            prop_assert!(Subcortex::from_nifti(&bytes).is_err());
        }
    }
}
