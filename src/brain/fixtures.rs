//! Surfaces of known shape for tests: spheres, written as GIFTI and read back.

use std::collections::HashMap;
use std::fmt::Display;

use super::{Mesh, Surfaces};

/// Radius of the white and of the pial surface (mm), and how far the middle of a hemisphere lies from the midline.
pub(crate) const WHITE_MM: f32 = 30.0;
pub(crate) const PIAL_MM: f32 = 33.0;
pub(crate) const OFFSET_MM: f32 = 36.0;

/// Two spherical hemispheres; the sulcal depth is the height on the unit sphere.
pub(crate) fn surfaces(mesh: Mesh) -> Surfaces {
    let (points, triangles) = sphere(mesh);
    let ball = |radius: f32, offset: f32| -> Vec<[f32; 3]> {
        points.iter().map(|[x, y, z]| [x * radius + offset, y * radius, z * radius]).collect()
    };
    Surfaces::load(|name| {
        let side = if name.contains("left") { -OFFSET_MM } else { OFFSET_MM };
        Ok(match name.split('_').next() {
            Some("white") => surface_gifti(&ball(WHITE_MM, side), &triangles),
            Some("pial") => surface_gifti(&ball(PIAL_MM, side), &triangles),
            Some("infl") => surface_gifti(&ball(60.0, 0.0), &triangles),
            _ => gifti(&[array(
                "NIFTI_INTENT_SHAPE",
                "FLOAT32",
                &points.iter().map(|point| [point[2]]).collect::<Vec<_>>(),
            )]),
        })
    })
    .unwrap()
}

/// A `.surf.gii` in ASCII.
pub(crate) fn surface_gifti(points: &[[f32; 3]], triangles: &[[u32; 3]]) -> Vec<u8> {
    gifti(&[array("NIFTI_INTENT_POINTSET", "FLOAT32", points), array("NIFTI_INTENT_TRIANGLE", "INT32", triangles)])
}

fn gifti(arrays: &[String]) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?>\n<GIFTI Version=\"1.0\">\n{}</GIFTI>\n", arrays.concat()).into_bytes()
}

fn array<T: Display, const N: usize>(intent: &str, kind: &str, rows: &[[T; N]]) -> String {
    let values: Vec<String> = rows.as_flattened().iter().map(T::to_string).collect();
    let dims = if N == 1 {
        format!("Dimensionality=\"1\" Dim0=\"{}\"", rows.len())
    } else {
        format!("Dimensionality=\"2\" Dim0=\"{}\" Dim1=\"{N}\"", rows.len())
    };
    format!(
        "<DataArray Intent=\"{intent}\" DataType=\"NIFTI_TYPE_{kind}\" ArrayIndexingOrder=\"RowMajorOrder\" {dims} \
         Encoding=\"ASCII\" Endian=\"LittleEndian\"><Data>{}</Data></DataArray>\n",
        values.join(" ")
    )
}

/// The vertices and triangles of one hemisphere of a mesh, on the unit sphere.
pub(crate) fn sphere(mesh: Mesh) -> (Vec<[f32; 3]>, Vec<[u32; 3]>) {
    let (mut points, mut triangles) = icosahedron();
    for _ in 0..mesh.order() {
        let mut middles = HashMap::new();
        let mut finer = Vec::new();
        for &[a, b, c] in &triangles {
            let mut middle = |x: u32, y: u32| {
                *middles.entry((x.min(y), x.max(y))).or_insert_with(|| {
                    let [p, q] = [points[x as usize], points[y as usize]];
                    let sum = [p[0] + q[0], p[1] + q[1], p[2] + q[2]];
                    let length = sum.iter().map(|value: &f32| value * value).sum::<f32>().sqrt();
                    points.push(sum.map(|value| value / length));
                    points.len() as u32 - 1
                })
            };
            let [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
            finer.extend([[a, ab, ca], [b, bc, ab], [c, ca, bc], [ab, bc, ca]]);
        }
        triangles = finer;
    }
    (points, triangles)
}

fn icosahedron() -> (Vec<[f32; 3]>, Vec<[u32; 3]>) {
    let golden = (1.0 + 5f32.sqrt()) / 2.0;
    let scale = (1.0 + golden * golden).sqrt().recip();
    let mut points = Vec::new();
    for (long, short) in [(golden, 1.0), (golden, -1.0), (-golden, 1.0), (-golden, -1.0)] {
        points.extend([[0.0, short, long], [short, long, 0.0], [long, 0.0, short]].map(|p| p.map(|v: f32| v * scale)));
    }
    let close = |a: usize, b: usize| (0..3).map(|axis| (points[a][axis] - points[b][axis]).powi(2)).sum::<f32>() < 1.2;
    let mut triangles = Vec::new();
    for a in 0..12 {
        for b in a + 1..12 {
            for c in b + 1..12 {
                if close(a, b) && close(b, c) && close(a, c) {
                    triangles.push([a as u32, b as u32, c as u32]);
                }
            }
        }
    }
    (points, triangles)
}

/// Reads the surfaces of the nilearn that lies in the virtual environment, if there is one.
pub(crate) fn nilearn_surfaces() -> Option<impl Fn(&str) -> std::io::Result<Vec<u8>>> {
    let environment = std::path::PathBuf::from(std::env::var_os("VIRTUAL_ENV")?);
    let pythons = std::fs::read_dir(environment.join("lib")).ok()?;
    let folders = pythons.flatten().map(|python| python.path().join("site-packages/nilearn/datasets/data/fsaverage5"));
    let folder = folders.into_iter().find(|folder| folder.is_dir())?;
    Some(move |name: &str| std::fs::read(folder.join(name)))
}
