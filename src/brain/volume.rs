//! From the cortical surface to the MNI152 volume.

use super::mni152::to_mni152;
use super::unpack::gunzip;
use super::{Error, Hemisphere, Mesh, Surfaces};

/// Voxels along `x`, `y` and `z` of FSL's and HCP's 2 mm grid.
pub const GRID: [usize; 3] = [91, 109, 91];

/// Voxel indices to millimetres on that grid: the three rows of the affine transform.
pub const AFFINE: [[f32; 4]; 3] = [[-2.0, 0.0, 0.0, 90.0], [0.0, 2.0, 0.0, -126.0], [0.0, 0.0, 2.0, -72.0]];

/// The space of the grid, by its TemplateFlow name.
pub const SPACE: &str = "MNI152NLin6Asym";

const VOXELS: usize = GRID[0] * GRID[1] * GRID[2];

/// The largest table (bytes, decompressed) that is looked at.
const MAX_TABLE_BYTES: usize = 4 * VOXELS;

/// Which vertex's value each voxel of the grid shows.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeMap {
    mesh: Mesh,
    mapping: String,
    /// `(voxel, place in a response row)`, in the order of the voxels; `x` varies fastest.
    voxels: Vec<(u32, u32)>,
}

impl VolumeMap {
    /// Gives each voxel whose centre lies at most `within_mm` from the grey-matter ribbon its nearest vertex.
    ///
    /// A vertex is here the line from its white to its pial position, brought from MNI305 to MNI152. Where the response
    /// is on a coarser mesh than the surfaces, the coarse vertex next to that line is shown.
    pub fn from_surfaces(surfaces: &Surfaces, mesh: Mesh, within_mm: f64) -> Self {
        let mut nearest = vec![(within_mm * within_mm, u32::MAX); VOXELS];
        for (side, places) in Hemisphere::BOTH.into_iter().zip(surfaces.places_in(mesh)) {
            let hemisphere = surfaces.of(side);
            let lines = hemisphere.white.coordinates.iter().zip(&hemisphere.pial.coordinates);
            for ((white, pial), place) in lines.zip(places) {
                let line = Line { from: to_mni152(white.map(f64::from)), to: to_mni152(pial.map(f64::from)) };
                line.for_each_voxel_within(within_mm, |voxel, squared_distance| {
                    if squared_distance < nearest[voxel].0 {
                        nearest[voxel] = (squared_distance, place);
                    }
                });
            }
        }
        let assigned = nearest.into_iter().zip(0..).filter(|((_, place), _)| *place != u32::MAX);
        Self {
            mesh,
            mapping: format!(
                "nearest vertex of the grey-matter ribbon of {}, within {within_mm} mm, after FreeSurfer's linear transform \
                 from MNI305 to MNI152",
                surfaces.mesh()
            ),
            voxels: assigned.map(|((_, place), voxel)| (voxel, place)).collect(),
        }
    }

    /// Reads a table of fsaverage5 vertices, gzipped or not: a little-endian u16 for each voxel of the grid, `z` varying
    /// fastest; 0 for none, else the place in a response row counted from 1.
    pub fn from_table(bytes: &[u8]) -> Result<Self, Error> {
        let mesh = Mesh::Fsaverage5;
        let expected = 2 * VOXELS;
        let unpacked = gunzip(bytes, MAX_TABLE_BYTES).map_err(Error::Read)?;
        let unpacked = unpacked.ok_or(Error::TooLarge { limit: MAX_TABLE_BYTES })?;
        if unpacked.len() != expected {
            return Err(Error::TableLength { found: unpacked.len(), expected });
        }
        let [nx, ny, nz] = GRID;
        let mut voxels = Vec::new();
        for (k, j, i) in (0..nz).flat_map(|k| (0..ny).flat_map(move |j| (0..nx).map(move |i| (k, j, i)))) {
            let entry = 2 * ((i * ny + j) * nz + k);
            let label = u16::from_le_bytes([unpacked[entry], unpacked[entry + 1]]);
            if usize::from(label) > mesh.vertices() {
                return Err(Error::TableVertex { label, mesh });
            }
            if let Some(place) = label.checked_sub(1) {
                voxels.push((voxel_index([i, j, k]) as u32, place.into()));
            }
        }
        Ok(Self { mesh, mapping: "a voxel to vertex table given by the user".to_owned(), voxels })
    }

    /// The mesh whose response rows can be shown.
    pub fn mesh(&self) -> Mesh {
        self.mesh
    }

    /// How voxels were given their vertices, in words.
    pub fn mapping(&self) -> &str {
        &self.mapping
    }

    /// `(voxel, place in a response row)` of every voxel that shows a vertex, in the order of the voxels; `x` varies
    /// fastest.
    pub fn voxels(&self) -> &[(u32, u32)] {
        &self.voxels
    }
}

fn voxel_index([i, j, k]: [usize; 3]) -> usize {
    (k * GRID[1] + j) * GRID[0] + i
}

/// A straight line between two points (mm, MNI152).
struct Line {
    from: [f64; 3],
    to: [f64; 3],
}

impl Line {
    fn for_each_voxel_within(&self, distance: f64, mut visit: impl FnMut(usize, f64)) {
        let [i, j, k] = [0, 1, 2].map(|axis| {
            let (scale, origin) = (f64::from(AFFINE[axis][axis]), f64::from(AFFINE[axis][3]));
            let low = self.from[axis].min(self.to[axis]) - distance;
            let high = self.from[axis].max(self.to[axis]) + distance;
            let ends = [(low - origin) / scale, (high - origin) / scale];
            let first = ends[0].min(ends[1]).ceil().max(0.0) as usize;
            let past = (ends[0].max(ends[1]).floor() + 1.0).clamp(0.0, GRID[axis] as f64) as usize;
            first..past
        });
        for k in k {
            for j in j.clone() {
                for i in i.clone() {
                    let centre = [0, 1, 2].map(|axis| {
                        f64::from(AFFINE[axis][axis]) * [i, j, k][axis] as f64 + f64::from(AFFINE[axis][3])
                    });
                    visit(voxel_index([i, j, k]), self.squared_distance(centre));
                }
            }
        }
    }

    fn squared_distance(&self, point: [f64; 3]) -> f64 {
        let along = difference(self.to, self.from);
        let length = dot(along, along);
        let offset = difference(point, self.from);
        let part = if length > 0.0 { (dot(offset, along) / length).clamp(0.0, 1.0) } else { 0.0 };
        let nearest = difference(offset, along.map(|value| value * part));
        dot(nearest, nearest)
    }
}

fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::fixtures::{self, nilearn_surfaces, surfaces};
    use super::*;

    fn centre(voxel: u32) -> [f64; 3] {
        let (i, jk) = (voxel as usize % GRID[0], voxel as usize / GRID[0]);
        let indices = [i, jk % GRID[1], jk / GRID[1]];
        [0, 1, 2].map(|axis| f64::from(AFFINE[axis][axis]) * indices[axis] as f64 + f64::from(AFFINE[axis][3]))
    }

    fn length(vector: [f64; 3]) -> f64 {
        dot(vector, vector).sqrt()
    }

    #[test]
    fn each_voxel_shows_its_nearest_vertex() {
        let surfaces = surfaces(Mesh::Fsaverage4);
        let map = VolumeMap::from_surfaces(&surfaces, Mesh::Fsaverage4, 3.0);
        let lines: Vec<Line> = Hemisphere::BOTH
            .into_iter()
            .flat_map(|side| {
                let hemisphere = surfaces.of(side);
                hemisphere.white.coordinates.iter().zip(&hemisphere.pial.coordinates)
            })
            .map(|(white, pial)| Line { from: to_mni152(white.map(f64::from)), to: to_mni152(pial.map(f64::from)) })
            .collect();
        let distances = |voxel| lines.iter().map(move |line| line.squared_distance(centre(voxel)));
        for &(voxel, place) in map.voxels().iter().step_by(97) {
            let nearest = distances(voxel).fold(f64::INFINITY, f64::min);
            assert!(nearest <= 9.0);
            assert_eq!(lines[place as usize].squared_distance(centre(voxel)), nearest, "voxel {voxel}");
        }
        let assigned: std::collections::HashSet<u32> = map.voxels().iter().map(|(voxel, _)| *voxel).collect();
        for voxel in (0..VOXELS as u32).step_by(4_999).filter(|voxel| !assigned.contains(voxel)) {
            assert!(distances(voxel).fold(f64::INFINITY, f64::min) > 9.0, "voxel {voxel}");
        }
    }

    #[test]
    fn a_coarser_response_is_shown_by_the_vertices_it_has() {
        let surfaces = surfaces(Mesh::Fsaverage4);
        let map = VolumeMap::from_surfaces(&surfaces, Mesh::Fsaverage3, 3.0);
        let same_voxels = VolumeMap::from_surfaces(&surfaces, Mesh::Fsaverage4, 3.0);
        assert_eq!(map.voxels().len(), same_voxels.voxels().len());
        for &(voxel, place) in map.voxels().iter().step_by(101) {
            let side = if place < 642 { Hemisphere::Left } else { Hemisphere::Right };
            assert_eq!(centre(voxel)[0] < 0.0, side == Hemisphere::Left);
            let vertex = surfaces.of(side).pial.coordinates[place as usize % 642];
            let farthest =
                f64::from(fixtures::PIAL_MM) * 0.16 + 3.0 + f64::from(fixtures::PIAL_MM - fixtures::WHITE_MM);
            assert!(length(difference(centre(voxel), to_mni152(vertex.map(f64::from)))) < farthest);
        }
    }

    #[test]
    fn a_table_is_read_in_its_own_order() {
        let mut table = vec![0; 2 * VOXELS];
        let mut put = |[i, j, k]: [usize; 3], label: u16| {
            let entry = 2 * ((i * GRID[1] + j) * GRID[2] + k);
            table[entry..entry + 2].copy_from_slice(&label.to_le_bytes());
        };
        put([1, 2, 3], 7);
        put([90, 0, 0], 20_484);
        let map = VolumeMap::from_table(&table).unwrap();
        assert_eq!(map.voxels(), [(90, 20_483), ((3 * 109 + 2) * 91 + 1, 6)]);

        table[0..2].copy_from_slice(&20_485u16.to_le_bytes());
        assert!(matches!(VolumeMap::from_table(&table), Err(Error::TableVertex { label: 20_485, .. })));
        assert!(matches!(VolumeMap::from_table(&table[1..]), Err(Error::TableLength { .. })));
    }

    #[test]
    fn the_linear_transform_agrees_with_registration_fusion() {
        let table = Path::new("../shared/assets/surface_to_volume/rf_ants_mni152nlin6asym_2mm_to_fsaverage5.u16.gz");
        let (Ok(table), Some(read)) = (std::fs::read(table), nilearn_surfaces()) else {
            eprintln!("SKIPPED: ../shared is absent, or nilearn's surfaces are");
            return;
        };
        let fused = VolumeMap::from_table(&table).unwrap();
        assert_eq!(fused.voxels().len(), 128_715);
        let surfaces = Surfaces::load(read).unwrap();
        let linear = VolumeMap::from_surfaces(&surfaces, Mesh::Fsaverage5, 3.0);
        let places: std::collections::HashMap<u32, u32> = fused.voxels().iter().copied().collect();
        let point = |place: u32| {
            let side = Hemisphere::BOTH[place as usize / 10_242];
            surfaces.of(side).white.coordinates[place as usize % 10_242].map(f64::from)
        };
        let both = linear.voxels().iter().filter_map(|(voxel, place)| Some((*place, *places.get(voxel)?)));
        let mut apart: Vec<f64> = both.map(|(a, b)| length(difference(point(a), point(b)))).collect();
        apart.sort_by(f64::total_cmp);
        let (shared, median) = (apart.len() as f64 / fused.voxels().len() as f64, apart[apart.len() / 2]);
        eprintln!("{:.1} % of the voxels in both; their vertices are {median:.1} mm apart (median)", 100.0 * shared);
        assert!(shared > 0.8 && median < 5.0);
    }
}
