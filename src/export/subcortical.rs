//! The subcortical part of a response, which files of the whole brain take beside the cortical one.

use std::ops::Range;

use super::rows::finite_columns;
use super::{Error, Rows};
use crate::brain::{GRID, Structure, Subcortex};

/// A series of voxels, and where they lie.
pub struct Subcortical<'a> {
    /// `(time, voxel)`.
    pub rows: &'a mut dyn Rows,
    pub subcortex: &'a Subcortex,
}

impl Subcortical<'_> {
    /// Refuses rows of other lengths than there are voxels or seconds of the cortex.
    pub(super) fn check(&self, seconds: usize) -> Result<(), Error> {
        let expected = (seconds, self.subcortex.voxels().len());
        match self.rows.shape() {
            found if found == expected => Ok(()),
            found => Err(Error::SubcorticalShape { found, expected }),
        }
    }

    /// Gives the series of each voxel of a structure to `write`, in order, reading blocks of at most `block_values` values.
    pub(super) fn for_each_series(
        &mut self,
        structure: &Structure,
        block_values: usize,
        mut write: impl FnMut(&[f32]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let seconds = self.rows.shape().0;
        let (Some(&first), Some(&last)) = (structure.places.first(), structure.places.last()) else { return Ok(()) };
        let columns = (block_values / seconds).max(1);
        let mut block = vec![0.0; columns * seconds];
        let mut places = structure.places.iter().copied().peekable();
        for start in (first..=last).step_by(columns) {
            let range: Range<usize> = start..(start + columns).min(last + 1);
            let block = &mut block[..range.len() * seconds];
            finite_columns(self.rows, range.clone(), block)?;
            while let Some(place) = places.next_if(|place| range.contains(place)) {
                write(&block[(place - start) * seconds..][..seconds])?;
            }
        }
        Ok(())
    }
}

/// The part of CIFTI-2's XML that tells where voxels lie: the volume, then a model of each structure from `offset` on.
pub(super) fn cifti_models(subcortex: &Subcortex, offset: usize) -> (String, String) {
    let [nx, ny, nz] = GRID;
    let row = |[x, y, z, origin]: [f32; 4]| format!("{x} {y} {z} {origin}");
    let matrix = crate::brain::AFFINE.map(row).join("\n");
    let volume = format!(
        r#"<Volume VolumeDimensions="{nx},{ny},{nz}">
<TransformationMatrixVoxelIndicesIJKtoXYZ MeterExponent="-3">{matrix}
0 0 0 1</TransformationMatrixVoxelIndicesIJKtoXYZ>
</Volume>
"#
    );
    let (mut models, mut offset) = (String::new(), offset);
    for Structure { name, places } in subcortex.structures() {
        let indices = places.iter().map(|place| subcortex.voxels()[*place].indices);
        let indices: Vec<String> = indices.map(|[i, j, k]| format!("{i} {j} {k}")).collect();
        models += &format!(
            r#"<BrainModel IndexOffset="{offset}" IndexCount="{}" ModelType="CIFTI_MODEL_TYPE_VOXELS" BrainStructure="{name}">
<VoxelIndicesIJK>{}</VoxelIndicesIJK>
</BrainModel>
"#,
            places.len(),
            indices.join("\n")
        );
        offset += places.len();
    }
    (volume, models)
}

#[cfg(test)]
mod tests {
    use super::super::SliceRows;
    use super::*;
    use crate::brain::Voxel;

    fn subcortex() -> Subcortex {
        let voxel = |i, label| Voxel { indices: [i, 0, 0], label };
        Subcortex::new(vec![voxel(1, 10), voxel(2, 49), voxel(3, 10), voxel(4, 10)]).unwrap()
    }

    #[test]
    fn each_voxel_of_a_structure_is_followed_over_time_whatever_the_block() {
        let values = [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0];
        let subcortex = subcortex();
        let thalamus = &subcortex.structures()[0];
        for block_values in [1, 4, 100] {
            let mut rows = SliceRows::new(&values, 4);
            let mut series = Vec::new();
            let mut of = Subcortical { rows: &mut rows, subcortex: &subcortex };
            of.check(2).unwrap();
            of.for_each_series(thalamus, block_values, |one| {
                series.push(one.to_vec());
                Ok(())
            })
            .unwrap();
            assert_eq!(series, [[0.0, 10.0], [2.0, 12.0], [3.0, 13.0]]);
            assert!(matches!(of.check(3), Err(Error::SubcorticalShape { expected: (3, 4), .. })));
        }
    }

    #[test]
    fn the_models_follow_each_other_without_a_gap() {
        let (volume, models) = cifti_models(&subcortex(), 20);
        assert!(volume.contains("VolumeDimensions=\"91,109,91\"") && volume.contains(">-2 0 0 90\n0 2 0 -126\n"));
        assert!(models.contains(r#"IndexOffset="20" IndexCount="3""#) && models.contains("1 0 0\n3 0 0\n4 0 0<"));
        assert!(models.contains(r#"IndexOffset="23" IndexCount="1""#));
    }
}
