//! The cortical surfaces that nilearn ships for fsaverage5, or the same files of another mesh.

use std::io;

use super::gifti::{self, DataArray, Values};
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
        let arrays = gifti::read(bytes)?;
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
    Ok(floats(&gifti::read(bytes)?, SHAPE, 1)?.to_vec())
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
    let fits = |array: &&DataArray| array.intent == intent && array.dims.get(1).copied().unwrap_or(1) == columns;
    arrays.iter().find(fits).ok_or(Error::NoArray { intent, columns })
}

fn triples<T: Copy>(values: &[T]) -> Vec<[T; 3]> {
    values.as_chunks().0.to_vec()
}
