//! From the cortical surface to the MNI152 volume.

use flate2::read::GzDecoder;

use super::gifti::decompress;
use super::{Error, Hemisphere, Mesh, Surfaces};

/// Voxels along `x`, `y` and `z` of FSL's and HCP's 2 mm grid.
pub const GRID: [usize; 3] = [91, 109, 91];

/// Voxel indices to millimetres on that grid: the three rows of the affine transform.
pub const AFFINE: [[f32; 4]; 3] = [[-2.0, 0.0, 0.0, 90.0], [0.0, 2.0, 0.0, -126.0], [0.0, 0.0, 2.0, -72.0]];

/// The space of the grid, by its TemplateFlow name.
pub const SPACE: &str = "MNI152NLin6Asym";

const VOXELS: usize = GRID[0] * GRID[1] * GRID[2];

/// FreeSurfer's linear transform from MNI305, where fsaverage lies, to MNI152.
/// Source: "Coordinate systems" in the FreeSurfer wiki, use case 8.
const MNI305_TO_MNI152: [[f64; 4]; 3] =
    [[0.9975, -0.0073, 0.0176, -0.0429], [0.0146, 1.0009, -0.0024, 1.5496], [-0.0130, -0.0093, 0.9971, 1.1840]];

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
                let line = Line { from: to_mni152(*white), to: to_mni152(*pial) };
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
        let unpacked = match bytes {
            [0x1f, 0x8b, ..] => decompress(GzDecoder::new(bytes), expected)?,
            plain => plain.to_vec(),
        };
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

fn to_mni152(point: [f32; 3]) -> [f64; 3] {
    let [x, y, z] = point.map(f64::from);
    MNI305_TO_MNI152.map(|row| row[0] * x + row[1] * y + row[2] * z + row[3])
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
