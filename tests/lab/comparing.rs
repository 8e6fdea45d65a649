//! Maps in all formats compared, and what cannot be compared refused.

use std::path::Path;

use encortex::brain::{Hemisphere, Mesh};
use encortex::export::volume_map::{self, VoxelGrid};
use encortex::export::{Origin, ScalarMap, Statistic, cifti, gifti};
use encortex::predict::Anatomy;
use encortex::scanner::{Agreement, CompareOptions, Error, MapFile, compare};

use crate::workplace::{MESH, Tested, anatomy, atlases, shared};

fn origin(mesh: Mesh) -> Origin {
    Origin { mesh, label: "made up", warns: false, of: String::new(), by: String::new(), entries: Vec::new() }
}

/// Maps that vary smoothly over the cortex: height, and height with some depth.
fn smooth(mesh: Mesh, depth: f32) -> Tested<Vec<f32>> {
    let surfaces = anatomy().surfaces()?;
    let of = |side| surfaces.of(side).white.coordinates.iter().take(mesh.vertices_per_hemisphere());
    Ok(Hemisphere::BOTH.into_iter().flat_map(of).map(|[_, y, z]| z + depth * y).collect())
}

fn cifti_of(values: &[f32], mesh: Mesh) -> Tested<MapFile> {
    let mut file = Vec::new();
    let map = ScalarMap { name: "height", statistic: Statistic::Value, values };
    cifti::write_dscalar(&mut file, &[map], origin(mesh))?;
    Ok(MapFile::Cifti(file))
}

fn gifti_of(values: &[f32], mesh: Mesh) -> Tested<MapFile> {
    let map = ScalarMap { name: "height", statistic: Statistic::Value, values };
    let side = |side| -> Tested<Vec<u8>> {
        let mut file = Vec::new();
        gifti::write_map(&mut file, &map, side, origin(mesh))?;
        Ok(file)
    };
    Ok(MapFile::Gifti { left: side(Hemisphere::Left)?, right: side(Hemisphere::Right)? })
}

/// A map of ones, on a mesh of so many vertices a hemisphere, which may be any.
fn ascii_gifti(vertices: usize) -> Vec<u8> {
    let ones = "1 ".repeat(vertices);
    format!(
        "<GIFTI><DataArray Intent=\"NIFTI_INTENT_TTEST\" DataType=\"NIFTI_TYPE_FLOAT32\" Dimensionality=\"1\" \
         Dim0=\"{vertices}\" Encoding=\"ASCII\" Endian=\"LittleEndian\"><Data>{ones}</Data></DataArray></GIFTI>"
    )
    .into_bytes()
}

/// Height in a box of voxels around the brain, or around a place beside it.
fn volume_of(centre_x: f64) -> Tested<MapFile> {
    let shape = [48, 60, 50];
    let affine = [[4.0, 0.0, 0.0, centre_x - 94.0], [0.0, 4.0, 0.0, -130.0], [0.0, 0.0, 4.0, -80.0]];
    let values: Vec<f32> = (0..shape.iter().product::<usize>())
        .map(|voxel| 4.0 * (voxel / (shape[0] * shape[1])) as f32 - 80.0 + 0.5)
        .collect();
    let map = ScalarMap { name: "height", statistic: Statistic::Value, values: &values };
    let mut file = Vec::new();
    volume_map::write(&mut file, &map, &VoxelGrid { shape, affine, space: 4 }, &origin(MESH))?;
    Ok(MapFile::Volume(file))
}

fn compared(predicted: &MapFile, measured: &MapFile, options: &CompareOptions) -> Result<Agreement, Error> {
    compare(predicted, measured, options, &anatomy(), &atlases())
}

fn without_spins() -> CompareOptions {
    CompareOptions { spins: 0, ..CompareOptions::default() }
}

#[test]
fn the_same_map_agrees_with_itself_whatever_files_it_comes_in() -> Tested {
    let height = smooth(MESH, 0.0)?;
    let (cifti, gifti, volume) = (cifti_of(&height, MESH)?, gifti_of(&height, MESH)?, volume_of(0.0)?);
    let found = compared(&cifti, &gifti, &CompareOptions { spins: 99, ..CompareOptions::default() })?;
    assert_eq!((found.vertices.n, found.mesh.as_str(), found.dice), (20_484, "fsaverage5", 1.0));
    assert!((found.vertices.pearson - 1.0).abs() < 1e-9 && (found.vertices.spearman - 1.0).abs() < 1e-9);
    assert_eq!((found.vertices.p_spin, found.vertices.spins), (Some(0.01), 99));

    let found = compared(&cifti, &volume, &without_spins())?;
    eprintln!("height on the surface and in the volume: r = {:.4}", found.vertices.pearson);
    assert!(found.vertices.pearson > 0.99 && found.vertices.p_spin.is_none());
    Ok(())
}

#[test]
fn maps_of_a_coarser_mesh_are_compared_on_it_with_its_own_spheres() -> Tested {
    let coarse = Mesh::Fsaverage3;
    let (height, slant) = (smooth(coarse, 0.0)?, smooth(MESH, 1.0)?);
    let options = CompareOptions { spins: 50, seed: 4, ..CompareOptions::default() };
    let found = compared(&gifti_of(&height, coarse)?, &cifti_of(&slant, MESH)?, &options)?;
    assert_eq!((found.mesh.as_str(), found.vertices.n), ("fsaverage3", coarse.vertices()));
    assert!((0.3..0.95).contains(&found.vertices.pearson), "{}", found.vertices.pearson);
    assert_eq!(compared(&gifti_of(&height, coarse)?, &cifti_of(&slant, MESH)?, &options)?, found, "the seed");
    Ok(())
}

#[test]
fn parcels_are_those_of_an_installed_atlas() -> Tested {
    let Some(folder) = shared("assets/atlases") else { return Ok(()) };
    let files = ["u16", "json"].map(|ending| folder.join(format!("hcpmmp1_fsaverage5.{ending}")));
    atlases().add("hcp", &files, "accepted by a test", MESH)?;
    let (height, slant) = (smooth(MESH, 0.0)?, smooth(MESH, 0.3)?);
    let options = CompareOptions { atlas: Some("hcp".to_owned()), ..without_spins() };
    let parcels =
        compared(&cifti_of(&height, MESH)?, &cifti_of(&slant, MESH)?, &options)?.parcels.ok_or("no parcels")?;
    assert_eq!((parcels.atlas.as_str(), parcels.correlations.n, parcels.empty), ("hcp", 360, 0));
    let unknown = CompareOptions { atlas: Some("glasser".to_owned()), ..without_spins() };
    let refusal = compared(&cifti_of(&height, MESH)?, &cifti_of(&slant, MESH)?, &unknown).unwrap_err().sentence();
    assert!(refusal.starts_with("there is no atlas \"glasser\""), "{refusal}");
    Ok(())
}

#[test]
fn a_map_with_nan_of_another_mesh_or_elsewhere_is_refused_and_says_why() -> Tested {
    let height = smooth(MESH, 0.0)?;
    let good = cifti_of(&height, MESH)?;
    let refusal = |other: &MapFile| compared(&good, other, &without_spins()).unwrap_err().sentence();

    let MapFile::Cifti(bytes) = &good else { return Err("it is CIFTI".into()) };
    let mut broken = bytes.clone();
    let value = broken.len() - 4;
    broken[value..].copy_from_slice(&f32::NAN.to_le_bytes());
    let nan = refusal(&MapFile::Cifti(broken));
    assert!(nan.contains("1 values that are not finite") && nan.contains("vertex 10241 of the right"), "{nan}");

    let MapFile::Gifti { left, .. } = gifti_of(&height, MESH)? else { return Err("it is GIFTI".into()) };
    let side = refusal(&MapFile::Gifti { right: left.clone(), left });
    assert!(side.contains("right hemisphere's file says that it is of the left"), "{side}");

    let fs_lr = ascii_gifti(32_492);
    let other = refusal(&MapFile::Gifti { left: fs_lr.clone(), right: fs_lr });
    assert!(other.contains("a hemisphere has 32492 vertices, as fs_LR 32k has; for fsaverage5 10242"), "{other}");

    let elsewhere = refusal(&volume_of(400.0)?);
    assert!(elsewhere.contains("of 20484 vertices lie within the volume: it is of another space"), "{elsewhere}");

    let unnamed = CompareOptions { map: Some("depth".to_owned()), ..without_spins() };
    let unknown = compared(&good, &good, &unnamed).unwrap_err().sentence();
    assert!(unknown.contains("depth") && unknown.contains("height"), "{unknown}");
    Ok(())
}

#[test]
fn a_spin_test_without_spheres_names_the_remedy() -> Tested {
    let folder = tempfile::tempdir()?;
    for file in std::fs::read_dir(anatomy().surfaces)? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default();
        if !name.to_string_lossy().starts_with("sphere") {
            std::fs::copy(&path, folder.path().join(name))?;
        }
    }
    let map = cifti_of(&smooth(MESH, 0.0)?, MESH)?;
    let anatomy = Anatomy { surfaces: folder.path().to_owned(), volume_table: None };
    let refusal = compare(&map, &map, &CompareOptions::default(), &anatomy, &atlases()).unwrap_err().sentence();
    assert!(refusal.contains("run scripts/setup"), "{refusal}");
    assert!(Path::new(&anatomy.surfaces).join("white_left.gii.gz").exists());
    Ok(())
}
