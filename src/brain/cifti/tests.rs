//! Dense files as they are written by hand here; `tests/python/test_atlases.py` has those of nibabel.

use proptest::prelude::*;

use super::*;

/// A dense file of fsaverage3 without its first vertex of each cortex, and with one voxel before them.
pub(in crate::brain) fn file(columns: &str, maps: usize, value: impl Fn(usize, usize) -> f32) -> Vec<u8> {
    let indices: Vec<String> = (1..642).map(|vertex| vertex.to_string()).collect();
    let model = |side: &str, offset: usize| {
        format!(
            "<BrainModel IndexOffset=\"{offset}\" IndexCount=\"641\" ModelType=\"CIFTI_MODEL_TYPE_SURFACE\" \
             BrainStructure=\"CIFTI_STRUCTURE_CORTEX_{side}\" SurfaceNumberOfVertices=\"642\"><VertexIndices>{}\
             </VertexIndices></BrainModel>",
            indices.join(" ")
        )
    };
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CIFTI Version=\"2\"><Matrix>{columns}<MatrixIndicesMap \
         AppliesToMatrixDimension=\"1\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_BRAIN_MODELS\"><BrainModel IndexOffset=\"0\" \
         IndexCount=\"1\" ModelType=\"CIFTI_MODEL_TYPE_VOXELS\" BrainStructure=\"CIFTI_STRUCTURE_THALAMUS_LEFT\">\
         <VoxelIndicesIJK>1 2 3</VoxelIndicesIJK></BrainModel>{}{}</MatrixIndicesMap></Matrix></CIFTI>",
        model("LEFT", 1),
        model("RIGHT", 642)
    );
    let size = (8 + xml.len()).next_multiple_of(16);
    let mut file = vec![0; 540];
    file[..4].copy_from_slice(&540i32.to_le_bytes());
    file[4..12].copy_from_slice(b"n+2\0\r\n\x1a\n");
    file[12..14].copy_from_slice(&16i16.to_le_bytes());
    for (axis, length) in [6, 1, 1, 1, 1, maps as i64, 1_283, 1].into_iter().enumerate() {
        file[16 + 8 * axis..24 + 8 * axis].copy_from_slice(&length.to_le_bytes());
    }
    file[168..176].copy_from_slice(&(544 + size as i64).to_le_bytes());
    file.extend([1, 0, 0, 0]);
    file.extend((size as i32).to_le_bytes());
    file.extend(EXTENSION_CODE.to_le_bytes());
    file.extend(xml.bytes());
    file.resize(544 + size, 0);
    file.extend(
        (0..1_283)
            .flat_map(|row| (0..maps).map(move |map| (row, map)))
            .flat_map(|(row, map)| value(row, map).to_le_bytes()),
    );
    file
}

/// Two maps of scalars.
pub(in crate::brain) const SCALARS: &str = "<MatrixIndicesMap AppliesToMatrixDimension=\"0\" \
     IndicesMapToDataType=\"CIFTI_INDEX_TYPE_SCALARS\"><NamedMap><MapName>faces</MapName></NamedMap>\
     <NamedMap><MapName>places</MapName></NamedMap></MatrixIndicesMap>";

fn scalars() -> Vec<u8> {
    file(SCALARS, 2, |row, map| (10 * row + map) as f32)
}

#[test]
fn values_are_given_to_their_vertices() {
    let cifti = read(&scalars()).unwrap();
    assert_eq!(cifti.kind, Kind::Scalars);
    assert_eq!(cifti.maps[1].name.as_deref(), Some("places"));
    let right = cifti.at_vertices(1, Hemisphere::Right).unwrap();
    assert_eq!((right.len(), right[0], right[1], right[641]), (642, None, Some(6_421.0), Some(12_821.0)));
    assert_eq!(cifti.at_vertices(0, Hemisphere::Left).unwrap()[1], Some(10.0));
}

#[test]
fn a_series_has_a_map_for_each_point() {
    let columns = "<MatrixIndicesMap AppliesToMatrixDimension=\"0\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_SERIES\" \
         NumberOfSeriesPoints=\"3\"/>";
    let cifti = read(&file(columns, 3, |_, map| map as f32)).unwrap();
    assert_eq!((cifti.kind, cifti.maps.len()), (Kind::Series, 3));
    assert_eq!(cifti.at_vertices(2, Hemisphere::Left).unwrap()[7], Some(2.0));
}

#[test]
fn what_cannot_be_read_is_named() {
    let refusal = |from: &str, to: &str| {
        let file = scalars();
        let at = file.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let changed = [&file[..at], to.as_bytes(), &file[at + from.len()..]].concat();
        assert_eq!(from.len(), to.len(), "the offsets stay");
        read(&changed).unwrap_err().to_string()
    };
    assert_eq!(
        refusal("_TYPE_SCALARS", "_TYPE_PARCELS"),
        "the columns of the matrix are \"CIFTI_INDEX_TYPE_PARCELS\"; a dense file of scalars, series or labels can be read"
    );
    assert_eq!(
        refusal("<NamedMap><MapName>faces</MapName></NamedMap>", &" ".repeat(45)),
        "the matrix is of [1, 1, 1, 1, 2, 1283] values; the header extension describes 1 maps of 1283 grayordinates"
    );
    assert_eq!(
        refusal("SurfaceNumberOfVertices=\"642\"", "SurfaceNumberOfVertices=\"641\""),
        "the left cortex names vertex \"641\" of a surface that has 641"
    );
    assert_eq!(
        refusal("IndexCount=\"641\"", "IndexCount=\"640\""),
        "the left cortex lists 641 vertices and counts 640"
    );
    assert_eq!(
        refusal("IndexOffset=\"642\"", "IndexOffset=\"-42\""),
        "IndexOffset of a BrainModel is \"-42\", which is no whole number in its bounds"
    );
    assert_eq!(refusal("Version=\"2\"", "Version=\"1\""), "the header extension has no <CIFTI Version=\"2\">");
}

#[test]
fn a_cortex_that_is_missing_is_named() {
    let file = scalars();
    let from = "CORTEX_RIGHT";
    let at = file.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let changed = [&file[..at], b"CORTEX______", &file[at + from.len()..]].concat();
    let refusal = read(&changed).unwrap().at_vertices(0, Hemisphere::Right).unwrap_err();
    assert_eq!(refusal.to_string(), "the file has no right cortex");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        let _ = read(&bytes);
    }

    #[test]
    fn damaged_files_never_panic(at in 0usize..4_000, byte in any::<u8>(), length in 0usize..20_000) {
        let mut file = scalars();
        file[at] = byte;
        file.truncate(length);
        if let Ok(cifti) = read(&file) {
            let _ = cifti.at_vertices(0, Hemisphere::Left);
        }
    }
}
