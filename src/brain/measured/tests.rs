//! Maps from files of each kind.

use proptest::prelude::*;

use super::*;
use crate::brain::cifti::tests::{SCALARS, file as cifti_file};
use crate::brain::fixtures::surfaces;

const MESH: Mesh = Mesh::Fsaverage3;
const VERTICES: usize = 642;

fn func_gifti(structure: &str, maps: &[(&str, Vec<f32>)]) -> Vec<u8> {
    let arrays = maps.iter().map(|(name, values)| {
        let text: Vec<String> = values.iter().map(f32::to_string).collect();
        format!(
            "<DataArray Intent=\"NIFTI_INTENT_TTEST\" DataType=\"NIFTI_TYPE_FLOAT32\" Dimensionality=\"1\" Dim0=\"{}\" \
             Encoding=\"ASCII\" Endian=\"LittleEndian\"><MetaData><MD><Name>Name</Name><Value>{name}</Value></MD></MetaData>\
             <Data>{}</Data></DataArray>",
            values.len(),
            text.join(" ")
        )
    });
    format!(
        "<GIFTI><MetaData><MD><Name>AnatomicalStructurePrimary</Name><Value>{structure}</Value></MD></MetaData>{}</GIFTI>",
        arrays.collect::<String>()
    )
    .into_bytes()
}

/// A NIfTI-1 of floats, 20 voxels of 10 mm a side, centred on the origin: `value(x, y, z, map)`, coordinates in mm.
fn nifti(maps: usize, codes: (i16, i16), value: impl Fn([f64; 3], usize) -> f32) -> Vec<u8> {
    let mut file = vec![0; 352];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348i32.to_le_bytes());
    for (axis, length) in [4, 20, 20, 20, maps as i16, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * axis, &i16::to_le_bytes(length));
    }
    put(70, &16i16.to_le_bytes());
    put(108, &352f32.to_le_bytes());
    put(252, &codes.0.to_le_bytes());
    put(254, &codes.1.to_le_bytes());
    for row in 0..3 {
        let mut affine = [0.0; 4];
        (affine[row], affine[3]) = (10.0f32, -95.0);
        for (column, value) in affine.into_iter().enumerate() {
            put(280 + 16 * row + 4 * column, &value.to_le_bytes());
        }
    }
    put(344, b"n+1\0");
    for map in 0..maps {
        for (k, j, i) in (0..20).flat_map(|k| (0..20).flat_map(move |j| (0..20).map(move |i| (k, j, i)))) {
            file.extend(value([i, j, k].map(|index| 10.0 * f64::from(index) - 95.0), map).to_le_bytes());
        }
    }
    file
}

#[test]
fn a_zero_that_scaled_integers_cannot_hold_is_restored() {
    let mut file = nifti(1, (0, 4), |[x, ..], _| f32::from_bits(u32::from(x > 0.0)));
    file[70..72].copy_from_slice(&4i16.to_le_bytes());
    file[112..116].copy_from_slice(&0.5f32.to_le_bytes());
    file[116..120].copy_from_slice(&(-0.2f32).to_le_bytes());
    let as_written = Volumes::from_nifti(&file).unwrap();
    let distinct = |volumes: &Volumes| {
        let mut values = volumes.maps()[0].clone();
        values.sort_by(f32::total_cmp);
        values.dedup();
        values
    };
    assert_eq!(distinct(&as_written), [-0.2, 0.3]);
    assert_eq!(distinct(&as_written.with_zeros_restored()), [0.0, 0.3]);
    let floats = Volumes::from_nifti(&nifti(1, (0, 4), |_, _| 1e-30)).unwrap();
    assert_eq!(distinct(&floats.with_zeros_restored()), [1e-30]);
}

#[test]
fn gifti_arrays_are_maps() {
    let row = |start: f32| (0..VERTICES).map(|vertex| start + vertex as f32).collect::<Vec<f32>>();
    let left = func_gifti("CortexLeft", &[("faces", row(0.0)), ("", row(5_000.0))]);
    let right = func_gifti("CortexRight", &[("faces", row(1_000.0)), ("", row(6_000.0))]);
    let maps = MeasuredMap::from_gifti(&left, &right, MESH).unwrap();
    assert_eq!(maps.iter().map(|map| map.name.as_str()).collect::<Vec<_>>(), ["faces", "map 2"]);
    assert_eq!((maps[0].values()[1], maps[0].values()[VERTICES]), (Some(1.0), Some(1_000.0)));
    assert_eq!(MeasuredMap::select(maps.clone(), Some("map 2")).unwrap(), maps[1]);
    assert_eq!(maps[0].clone().without_zeros().values()[..2], [None, Some(1.0)]);
    let refusal = MeasuredMap::select(maps, Some("places")).unwrap_err();
    assert_eq!(refusal.to_string(), "there is no map \"places\"; there are faces, map 2");
    assert!(matches!(MeasuredMap::from_gifti(&right, &left, MESH), Err(Error::WrongHemisphere { .. })));
}

#[test]
fn what_is_not_finite_is_refused_with_count_and_place() {
    let mut values = vec![0.0; VERTICES];
    let left = func_gifti("CortexLeft", &[("faces", values.clone())]);
    values[7] = f32::NAN;
    values[9] = f32::INFINITY;
    let right = func_gifti("CortexRight", &[("faces", values)]);
    assert_eq!(
        MeasuredMap::from_gifti(&left, &right, MESH).unwrap_err().to_string(),
        "the map \"faces\" has 2 values that are not finite; the first is at vertex 7 of the right hemisphere"
    );
    let cifti = cifti_file(SCALARS, 2, |row, map| if (row, map) == (3, 1) { f32::NAN } else { 0.0 });
    assert_eq!(
        MeasuredMap::from_cifti(&cifti, MESH).unwrap_err().to_string(),
        "the map \"places\" has 1 values that are not finite; the first is at vertex 3 of the left hemisphere"
    );
}

#[test]
fn a_map_of_another_mesh_is_refused() {
    let [left, right] = ["CortexLeft", "CortexRight"].map(|side| func_gifti(side, &[("z", vec![0.0; 32_492])]));
    let refusal = MeasuredMap::from_gifti(&left, &right, MESH).unwrap_err().to_string();
    assert!(refusal.starts_with("the map is of another mesh: a hemisphere has 32492 vertices, as fs_LR 32k has"));
}

#[test]
fn what_a_cifti_leaves_out_was_not_measured() {
    let maps = MeasuredMap::from_cifti(&cifti_file(SCALARS, 2, |row, map| (10 * row + map) as f32), MESH).unwrap();
    assert_eq!((maps[0].name.as_str(), maps[1].name.as_str()), ("faces", "places"));
    assert_eq!(maps[1].values()[..2], [None, Some(11.0)]);
    assert_eq!(maps[0].values()[VERTICES..VERTICES + 2], [None, Some(6_420.0)]);
}

#[test]
fn a_volume_is_sampled_midway_through_the_cortex() {
    let surfaces = surfaces(Mesh::Fsaverage4);
    // A linear field has the same mean along a line as at its middle.
    let field = |[x, y, z]: [f64; 3], map: usize| (x - 2.0 * y + 0.5 * z) as f32 + 100.0 * map as f32;
    let volumes = Volumes::from_nifti(&nifti(2, (0, 4), field)).unwrap();
    assert_eq!((volumes.shape(), volumes.maps().len()), ([20; 3], 2));
    let maps = volumes.on_surface(VolumeSpace::Mni152, &surfaces, MESH).unwrap();
    for side in Hemisphere::BOTH {
        for (vertex, position) in surfaces.mni152(side).into_iter().take(VERTICES).enumerate() {
            let place = MESH.range(side).start + vertex;
            let error = maps[1].values()[place].unwrap() - field(position, 1);
            assert!(error.abs() < 1e-3, "place {place}: {error}");
        }
    }
    let untransformed = volumes.on_surface(VolumeSpace::Mni305, &surfaces, MESH).unwrap();
    assert_ne!(untransformed[0], maps[0]);
    let refusal = volumes.on_surface(VolumeSpace::Mni152, &surfaces, Mesh::Fsaverage5);
    assert!(matches!(refusal, Err(Error::CoarseSurfaces { .. })));
}

#[test]
fn voxels_that_are_not_finite_were_not_measured() {
    let surfaces = surfaces(MESH);
    let half = |[x, ..]: [f64; 3], _| if x < 0.0 { f32::NAN } else { 1.0 };
    let map = Volumes::from_nifti(&nifti(1, (0, 2), half)).unwrap();
    let map = map.on_surface(VolumeSpace::Mni152, &surfaces, MESH).unwrap().remove(0);
    let (left, right) = map.values().split_at(VERTICES);
    assert!(left.iter().filter(|value| value.is_some()).count() < 10 && right.iter().all(Option::is_some));
}

#[test]
fn a_volume_that_cannot_be_placed_is_refused() {
    let refusal = |codes| Volumes::from_nifti(&nifti(1, codes, |_, _| 0.0)).unwrap_err().to_string();
    assert!(refusal((0, 0)).starts_with("the volume says nothing of where its voxels lie"));
    assert!(refusal((0, 3)).starts_with("the volume is in Talairach space (code 3)"));
    let mut singular = nifti(1, (0, 4), |_, _| 0.0);
    singular[280..284].fill(0);
    assert!(matches!(Volumes::from_nifti(&singular), Err(Error::Singular)));
    let mut elsewhere = nifti(1, (0, 4), |_, _| 0.0);
    elsewhere[292..296].copy_from_slice(&500f32.to_le_bytes());
    let elsewhere = Volumes::from_nifti(&elsewhere).unwrap();
    let refusal = elsewhere.on_surface(VolumeSpace::Mni152, &surfaces(MESH), MESH).unwrap_err().to_string();
    assert!(refusal.starts_with("only 0 of 1284 vertices lie within the volume: it is of another space"), "{refusal}");
    assert!(matches!(elsewhere.with_maps(vec![vec![0.0; 7]]), Err(Error::VoxelCount { found: 7, expected: 8_000 })));
}

#[test]
fn a_run_is_sampled_scan_by_scan_as_maps_are() {
    let surfaces = surfaces(MESH);
    let field = |[x, y, z]: [f64; 3], scan: usize| (x - 2.0 * y + 0.5 * z) as f32 * (scan + 1) as f32;
    let mut file = nifti(3, (0, 4), field);
    let maps = Volumes::from_nifti(&file).unwrap().on_surface(VolumeSpace::Mni152, &surfaces, MESH).unwrap();
    file[92..96].copy_from_slice(&1_500f32.to_le_bytes());
    for (units, step_s) in [(16, 1.5), (24, 0.0015), (8, 1_500.0), (0, 1_500.0)] {
        file[123] = 2 | units;
        let series = MeasuredSeries::from_nifti(&file, VolumeSpace::Mni152, &surfaces, MESH).unwrap();
        assert_eq!(series.step_s, Some(step_s));
        for (row, map) in series.values.outer_iter().zip(&maps) {
            assert!(row.iter().zip(map.values()).all(|(found, expected)| Some(*found) == *expected));
        }
    }
    file[92..96].fill(0);
    assert_eq!(MeasuredSeries::from_nifti(&file, VolumeSpace::Mni152, &surfaces, MESH).unwrap().step_s, None);
}

#[test]
fn the_scans_of_a_pair_and_of_a_dense_series_are_rows() {
    let scan = |start: f32| ("", (0..VERTICES).map(|vertex| start + vertex as f32).collect::<Vec<f32>>());
    let left = func_gifti("CortexLeft", &[scan(0.0), scan(1e4)]);
    let right = func_gifti("CortexRight", &[scan(2e4), scan(3e4)]);
    let series = MeasuredSeries::from_gifti(&left, &right, MESH).unwrap();
    assert_eq!(series.values.dim(), (2, 2 * VERTICES));
    assert_eq!((series.values[[1, 2]], series.values[[0, VERTICES + 3]]), (10_002.0, 20_003.0));
    let short = func_gifti("CortexRight", &[scan(0.0)]);
    assert!(matches!(MeasuredSeries::from_gifti(&left, &short, MESH), Err(Error::MapCount { left: 2, right: 1 })));

    let columns = "<MatrixIndicesMap AppliesToMatrixDimension=\"0\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_SERIES\" \
         NumberOfSeriesPoints=\"3\" SeriesExponent=\"-3\" SeriesStart=\"0\" SeriesStep=\"720\" SeriesUnit=\"SECOND\"/>";
    let dense = cifti_file(columns, 3, |row, scan| (10 * row + scan) as f32);
    let series = MeasuredSeries::from_cifti(&dense, MESH).unwrap();
    assert_eq!((series.values.dim(), series.step_s), ((3, 2 * VERTICES), Some(0.72)));
    assert!(series.values[[2, 0]].is_nan(), "the first vertex is left out of the file");
    assert_eq!((series.values[[2, 1]], series.values[[1, VERTICES + 1]]), (12.0, 6_421.0));
    let scalars = cifti_file(SCALARS, 2, |_, _| 0.0);
    assert!(matches!(MeasuredSeries::from_cifti(&scalars, MESH), Err(Error::NoSeries)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        let _ = Volumes::from_nifti(&bytes);
        let _ = MeasuredSeries::from_gifti(&bytes, &bytes, MESH);
        let _ = MeasuredSeries::from_cifti(&bytes, MESH);
        let _ = MeasuredMap::from_gifti(&bytes, &bytes, MESH);
        let _ = MeasuredMap::from_cifti(&bytes, MESH);
    }

    #[test]
    fn arbitrary_affines_never_panic(rows in prop::collection::vec(any::<f32>(), 12)) {
        let mut file = nifti(1, (0, 1), |_, _| 1.0);
        for (at, value) in rows.into_iter().enumerate() {
            file[280 + 4 * at..284 + 4 * at].copy_from_slice(&value.to_le_bytes());
        }
        if let Ok(volumes) = Volumes::from_nifti(&file) {
            let _ = volumes.on_surface(VolumeSpace::Mni152, &surfaces(MESH), MESH);
        }
    }
}
