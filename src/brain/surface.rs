//! The cortical surfaces that nilearn ships for fsaverage5, or the same files of another mesh.

use std::io;

use super::gifti::{self, DataArray, Values};
use super::mni152::to_mni152;
use super::subdivision::Subdivision;
use super::{Error, Hemisphere, Mesh};

const POINTS: &str = "NIFTI_INTENT_POINTSET";
const TRIANGLES: &str = "NIFTI_INTENT_TRIANGLE";
const SHAPE: &str = "NIFTI_INTENT_SHAPE";

/// A triangulated surface.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// A vertex each (mm).
    pub coordinates: Vec<[f32; 3]>,
    /// Vertex indices, counter-clockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
}

impl Surface {
    /// Reads a `.surf.gii` file, gzipped or not. In the result every coordinate is finite and every triangle names
    /// vertices that exist.
    pub fn from_gifti(bytes: &[u8]) -> Result<Self, Error> {
        let arrays = gifti::read(bytes)?.arrays;
        let coordinates = triples(floats(&arrays, POINTS, 3)?);
        let triangles = triples(ints(&arrays, TRIANGLES, 3)?);
        let vertices = coordinates.len();
        let vertex = |index: i32| match u32::try_from(index) {
            Ok(vertex) if (vertex as usize) < vertices => Ok(vertex),
            _ => Err(Error::NoSuchVertex { index: index.into(), vertices }),
        };
        let triangles = triangles.into_iter().map(|[a, b, c]| Ok([vertex(a)?, vertex(b)?, vertex(c)?]));
        Ok(Self { coordinates, triangles: triangles.collect::<Result<_, Error>>()? })
    }
}

/// Reads a `.shape.gii` file, gzipped or not: one finite value a vertex.
fn shape_from_gifti(bytes: &[u8]) -> Result<Vec<f32>, Error> {
    Ok(floats(&gifti::read(bytes)?.arrays, SHAPE, 1)?.to_vec())
}

/// What is known of the shape of one hemisphere. All its surfaces have the same vertices and triangles, and the two
/// hemispheres have the same triangles.
#[derive(Clone, Debug)]
pub struct HemisphereSurfaces {
    /// Between white and grey matter, MNI305.
    pub white: Surface,
    /// Between grey matter and fluid, MNI305.
    pub pial: Surface,
    /// Blown up until the sulci are visible; around the origin.
    pub inflated: Surface,
    /// Sulcal depth as FreeSurfer computes it, a vertex each: positive in sulci, negative on gyri.
    pub sulcal_depth: Vec<f32>,
}

/// The surfaces of both hemispheres.
#[derive(Clone, Debug)]
pub struct Surfaces {
    left: HemisphereSurfaces,
    right: HemisphereSurfaces,
    mesh: Mesh,
    subdivision: Subdivision,
}

impl Surfaces {
    /// Reads `{white,pial,infl,sulc}_{left,right}.gii.gz`, the names of nilearn's fsaverage5 files, by way of `read`,
    /// which returns the bytes of the file with that name.
    pub fn load(read: impl Fn(&str) -> io::Result<Vec<u8>>) -> Result<Self, Error> {
        let hemisphere = |hemisphere| HemisphereSurfaces::load(hemisphere, &read);
        let (left, right) = (hemisphere(Hemisphere::Left)?, hemisphere(Hemisphere::Right)?);
        let mesh = Mesh::with_vertices(left.sulcal_depth.len() + right.sulcal_depth.len())?;
        same_vertices(right.sulcal_depth.len(), left.sulcal_depth.len())?;
        if right.white.triangles != left.white.triangles {
            return Err(Error::Triangles);
        }
        let subdivision = Subdivision::of(&left.white.triangles, mesh)?;
        Ok(Self { left, right, mesh, subdivision })
    }

    pub fn of(&self, hemisphere: Hemisphere) -> &HemisphereSurfaces {
        match hemisphere {
            Hemisphere::Left => &self.left,
            Hemisphere::Right => &self.right,
        }
    }

    /// The mesh that the surfaces are given on.
    pub fn mesh(&self) -> Mesh {
        self.mesh
    }

    /// Brings a response row of any mesh to the vertices of these surfaces: linearly from a coarser mesh, by leaving out
    /// the vertices that these lack from a finer one.
    pub fn resample(&self, row: &[f32]) -> Result<Vec<f32>, Error> {
        let mesh = Mesh::with_vertices(row.len())?;
        Ok(Hemisphere::BOTH.into_iter().flat_map(|side| self.subdivision.resample(&row[mesh.range(side)])).collect())
    }

    /// Where each vertex of a hemisphere lies in MNI152 (mm): midway between its white and its pial position.
    pub fn mni152(&self, hemisphere: Hemisphere) -> Vec<[f64; 3]> {
        let surfaces = self.of(hemisphere);
        let ends = surfaces.white.coordinates.iter().zip(&surfaces.pial.coordinates);
        ends.map(|(white, pial)| {
            to_mni152([0, 1, 2].map(|axis| (f64::from(white[axis]) + f64::from(pial[axis])) / 2.0))
        })
        .collect()
    }

    /// For each vertex of these surfaces, left hemisphere first, the place in a response row of `mesh` that speaks for
    /// it: its own, or that of the coarse vertex nearest to it on the white surface.
    pub(super) fn places_in(&self, mesh: Mesh) -> [Vec<u32>; 2] {
        Hemisphere::BOTH.map(|side| {
            let start = mesh.range(side).start as u32;
            let nearest = self.subdivision.nearest(mesh, &self.of(side).white.coordinates);
            nearest.into_iter().map(|vertex| start + vertex).collect()
        })
    }
}

impl HemisphereSurfaces {
    fn load(hemisphere: Hemisphere, read: &impl Fn(&str) -> io::Result<Vec<u8>>) -> Result<Self, Error> {
        let white = in_file(format!("white_{hemisphere}.gii.gz"), read, Surface::from_gifti)?;
        let like_white = |bytes: &[u8]| {
            let surface = Surface::from_gifti(bytes)?;
            same_vertices(surface.coordinates.len(), white.coordinates.len())?;
            if surface.triangles == white.triangles { Ok(surface) } else { Err(Error::Triangles) }
        };
        let pial = in_file(format!("pial_{hemisphere}.gii.gz"), read, like_white)?;
        let inflated = in_file(format!("infl_{hemisphere}.gii.gz"), read, like_white)?;
        let sulcal_depth = in_file(format!("sulc_{hemisphere}.gii.gz"), read, |bytes| {
            let depth = shape_from_gifti(bytes)?;
            same_vertices(depth.len(), white.coordinates.len()).map(|()| depth)
        })?;
        Ok(Self { white, pial, inflated, sulcal_depth })
    }
}

fn in_file<T>(
    name: String,
    read: &impl Fn(&str) -> io::Result<Vec<u8>>,
    parse: impl Fn(&[u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    let parsed = read(&name).map_err(Error::Read).and_then(|bytes| parse(&bytes));
    parsed.map_err(|source| Error::SurfaceFile { name, source: Box::new(source) })
}

fn same_vertices(found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::VertexCount { found, expected }) }
}

/// The finite values of the first array of an intent.
fn floats<'a>(arrays: &'a [DataArray], intent: &'static str, columns: usize) -> Result<&'a [f32], Error> {
    match &array(arrays, intent, columns)?.values {
        Values::Float(values) if values.iter().all(|value| value.is_finite()) => Ok(values),
        Values::Float(_) => Err(Error::NotFinite),
        Values::Int(_) => Err(Error::NoArray { intent, columns }),
    }
}

fn ints<'a>(arrays: &'a [DataArray], intent: &'static str, columns: usize) -> Result<&'a [i32], Error> {
    match &array(arrays, intent, columns)?.values {
        Values::Int(values) => Ok(values),
        Values::Float(_) => Err(Error::NoArray { intent, columns }),
    }
}

fn array<'a>(arrays: &'a [DataArray], intent: &'static str, columns: usize) -> Result<&'a DataArray, Error> {
    let fits = |array: &&DataArray| array.intent == intent && array.columns() == columns;
    arrays.iter().find(fits).ok_or(Error::NoArray { intent, columns })
}

fn triples<T: Copy>(values: &[T]) -> Vec<[T; 3]> {
    values.as_chunks().0.to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures::{sphere, surface_gifti, surfaces};
    use super::*;

    #[test]
    fn a_surface_is_read() {
        let (points, triangles) = sphere(Mesh::Fsaverage3);
        let surface = Surface::from_gifti(&surface_gifti(&points, &triangles)).unwrap();
        assert_eq!(surface, Surface { coordinates: points, triangles });
    }

    #[test]
    fn a_triangle_without_its_vertex_is_refused() {
        let refusal = Surface::from_gifti(&surface_gifti(&[[0.0; 3]; 4], &[[0, 1, 4]])).unwrap_err();
        assert_eq!(refusal.to_string(), "a triangle names vertex 4 of a surface that has 4");
    }

    #[test]
    fn a_coordinate_that_is_not_finite_is_refused() {
        let refusal = Surface::from_gifti(&surface_gifti(&[[0.0, f32::NAN, 0.0]], &[]));
        assert!(matches!(refusal, Err(Error::NotFinite)));
    }

    #[test]
    fn the_file_that_cannot_be_used_is_named() {
        let refusal = Surfaces::load(|_| Err(io::ErrorKind::NotFound.into())).unwrap_err();
        assert_eq!(refusal.to_string(), "cannot use the surface file white_left.gii.gz");
    }

    #[test]
    fn a_row_of_any_mesh_comes_to_the_vertices_of_the_surfaces() {
        let surfaces = surfaces(Mesh::Fsaverage4);
        let fine: Vec<f32> = (0..Mesh::Fsaverage5.vertices()).map(|place| place as f32).collect();
        let row = surfaces.resample(&fine).unwrap();
        assert_eq!(row.len(), Mesh::Fsaverage4.vertices());
        assert_eq!(row[2_562], 10_242.0, "the right hemisphere begins with its first vertex");
        let coarse = vec![2.5; Mesh::Fsaverage3.vertices()];
        assert_eq!(surfaces.resample(&coarse).unwrap(), vec![2.5; Mesh::Fsaverage4.vertices()]);
        assert!(matches!(surfaces.resample(&[0.0; 7]), Err(Error::UnknownMesh { vertices: 7 })));
    }

    #[test]
    fn the_surfaces_that_nilearn_ships_are_read() {
        let Some(read) = crate::brain::fixtures::nilearn_surfaces() else {
            eprintln!("SKIPPED: VIRTUAL_ENV holds no nilearn, whose fsaverage5 surfaces this test reads");
            return;
        };
        let surfaces = Surfaces::load(read).unwrap();
        assert_eq!(surfaces.mesh(), Mesh::Fsaverage5);
        let (left, right) = (surfaces.of(Hemisphere::Left), surfaces.of(Hemisphere::Right));
        assert_eq!((left.white.coordinates.len(), left.white.triangles.len()), (10_242, 20_480));
        let middle = |surface: &Surface| surface.coordinates.iter().map(|point| point[0]).sum::<f32>() / 10_242.0;
        assert!(middle(&left.pial) < -25.0 && middle(&right.pial) > 25.0);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = Surface::from_gifti(&bytes);
        }

        #[test]
        fn arbitrary_triangles_never_panic(corners in prop::collection::vec(any::<[u32; 3]>(), 0..20), vertices in 0usize..8) {
            let _ = Surface::from_gifti(&surface_gifti(&vec![[1.0; 3]; vertices], &corners));
        }
    }
}
