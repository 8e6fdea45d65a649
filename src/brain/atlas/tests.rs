//! Each format of an atlas, and what is looked up in it.

use proptest::prelude::*;

use super::*;
use crate::brain::cifti::tests::file as cifti_file;

const MESH: Mesh = Mesh::Fsaverage3;
const VERTICES: usize = 642;

/// Three labels by turns, and none at every fourth vertex.
fn label(vertex: usize) -> usize {
    vertex % 4
}

/// `lh` or `rh` `.annot` with the given names of labels 1, 2 and 3.
fn annot(names: [&str; 3], version_2: bool, vertices: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let mut put = |number: i32| file.extend(number.to_be_bytes());
    put(vertices as i32);
    for vertex in 0..vertices {
        put(vertex as i32);
        put([0, 1, 2 << 8, 3 << 16][label(vertex)]);
    }
    put(1);
    let string = |text: &str| [&(text.len() as i32 + 1).to_be_bytes(), text.as_bytes(), &[0]].concat();
    if version_2 {
        put(-2);
        put(3);
        file.extend(string("colours.txt"));
        file.extend(3i32.to_be_bytes());
    } else {
        put(3);
        file.extend(string("colours.txt"));
    }
    for (index, name) in names.into_iter().enumerate() {
        if version_2 {
            file.extend((index as i32).to_be_bytes());
        }
        file.extend(string(name));
        let mut colour = [0i32; 4];
        colour[index] = index as i32 + 1;
        file.extend(colour.map(i32::to_be_bytes).as_flattened());
    }
    file
}

fn label_gifti(names: [&str; 3], structure: &str, vertices: usize) -> Vec<u8> {
    let labels: Vec<String> =
        (1..).zip(names).map(|(key, name)| format!("<Label Key=\"{key}\"><![CDATA[{name}]]></Label>")).collect();
    let keys: Vec<String> = (0..vertices).map(|vertex| label(vertex).to_string()).collect();
    format!(
        "<GIFTI><MetaData><MD><Name>AnatomicalStructurePrimary</Name><Value>{structure}</Value></MD></MetaData><LabelTable>\
         {}</LabelTable><DataArray Intent=\"NIFTI_INTENT_LABEL\" DataType=\"NIFTI_TYPE_INT32\" Dimensionality=\"1\" \
         Dim0=\"{vertices}\" Encoding=\"ASCII\" Endian=\"LittleEndian\"><Data>{}</Data></DataArray></GIFTI>",
        labels.concat(),
        keys.join(" ")
    )
    .into_bytes()
}

fn table(vertices: usize) -> (Vec<u8>, Vec<u8>) {
    let numbers = (0..2 * vertices).flat_map(|place| (label(place % vertices) as u16).to_le_bytes());
    (numbers.collect(), br#"{"labels": ["???", "A", "B", "unknown"], "n": 4}"#.to_vec())
}

/// What all the files above say.
fn check(atlas: &Atlas) {
    let names: Vec<&str> = atlas.parcels().iter().map(|parcel| parcel.patch.name.as_str()).collect();
    assert_eq!(names, ["A", "B"], "what is called unknown is no parcel");
    let expected: Vec<u32> = (0..VERTICES as u32).filter(|vertex| vertex % 4 == 2).collect();
    for side in Hemisphere::BOTH {
        assert_eq!(atlas.parcels()[1].patch.vertices(side), expected);
    }
    assert_eq!(atlas.labels()[..5], [None, Some(0), Some(1), None, None]);
    assert_eq!(atlas.labels()[VERTICES + 1], Some(0));
}

#[test]
fn every_format_gives_the_same_parcels() {
    let names = ["A", "B", "Medial_wall"];
    for version_2 in [false, true] {
        let file = annot(names, version_2, VERTICES);
        let atlas = Atlas::from_annot("test", &file, &file, MESH).unwrap();
        check(&atlas);
        assert_eq!(atlas.parcels()[1].colour, Some([0, 2, 0, 255]));
    }
    let [left, right] = ["CortexLeft", "CortexRight"].map(|structure| label_gifti(names, structure, VERTICES));
    check(&Atlas::from_label_gifti("test", &left, &right, MESH).unwrap());
    let (numbers, labels) = table(VERTICES);
    check(&Atlas::from_table("test", &numbers, &labels, MESH).unwrap());
}

#[test]
fn dense_labels_leave_vertices_out() {
    let columns = "<MatrixIndicesMap AppliesToMatrixDimension=\"0\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_LABELS\"><NamedMap>\
         <MapName>areas</MapName><LabelTable><Label Key=\"0\">???</Label><Label Key=\"1\" Red=\"1\" Green=\"0\" Blue=\"0\" \
         Alpha=\"1\">A</Label><Label Key=\"2\">B</Label></LabelTable></NamedMap></MatrixIndicesMap>";
    let atlas = Atlas::from_dlabel("test", &cifti_file(columns, 1, |row, _| (row % 3) as f32), MESH).unwrap();
    // Row 1 is the left cortex's vertex 1, row 642 the right one's.
    assert_eq!(atlas.labels()[..5], [None, Some(0), Some(1), None, Some(0)]);
    assert_eq!(atlas.labels()[VERTICES..VERTICES + 3], [None, None, Some(0)]);
    assert_eq!(atlas.parcels()[0].colour, Some([255, 0, 0, 255]));
    let refusal = Atlas::from_dlabel("test", &cifti_file(columns, 1, |_, _| 1.5), MESH).unwrap_err();
    let source = std::error::Error::source(&refusal).unwrap();
    assert_eq!(source.to_string(), "the left hemisphere has the label 1.5 at vertex 1, which is no whole number");
    let scalars = cifti_file(crate::brain::cifti::tests::SCALARS, 2, |_, _| 0.0);
    assert!(matches!(Atlas::from_dlabel("test", &scalars, MESH), Err(Error::NotLabels)));
}

#[test]
fn a_finer_atlas_is_cut_and_another_mesh_refused() {
    let names = ["A", "B", "???"];
    let fine = annot(names, true, 163_842);
    check(&Atlas::from_annot("test", &fine, &fine, MESH).unwrap());
    let (numbers, labels) = table(2_562);
    check(&Atlas::from_table("test", &numbers, &labels, MESH).unwrap());

    let other = label_gifti(names, "CortexLeft", 32_492);
    let refusal = Atlas::from_label_gifti("test", &other, &other, MESH).unwrap_err();
    assert_eq!(refusal.to_string(), "the left hemisphere's file cannot be used");
    let source = std::error::Error::source(&refusal).unwrap().to_string();
    assert!(
        source.starts_with("the atlas is of another mesh: a hemisphere has 32492 vertices, as fs_LR 32k has;"),
        "{source}"
    );
}

#[test]
fn swapped_hemispheres_are_refused() {
    let [left, right] =
        ["CortexLeft", "CortexRight"].map(|structure| label_gifti(["A", "B", "C"], structure, VERTICES));
    let refusal = Atlas::from_label_gifti("test", &right, &left, MESH).unwrap_err();
    assert!(matches!(refusal, Error::InHemisphere { source, .. } if matches!(*source, Error::WrongHemisphere { .. })));
}

#[test]
fn parcels_are_found_with_and_without_the_mark_of_their_hemisphere() {
    let left = annot(["L_V1_ROI", "L_A1_ROI", "L_STSvp_ROI"], true, VERTICES);
    let right = annot(["R_V1_ROI", "R_A1_ROI", "R_STSvp_ROI"], true, VERTICES);
    let atlas = Atlas::from_annot("HCP-MMP1", &left, &right, MESH).unwrap();
    assert_eq!(atlas.find("L_A1_ROI").unwrap().vertices(Hemisphere::Right), [0u32; 0]);
    let both = atlas.find("A1").unwrap();
    assert_eq!(both.vertices(Hemisphere::Left), both.vertices(Hemisphere::Right));
    assert_eq!(
        atlas.find("stsv").unwrap_err().to_string(),
        "the atlas HCP-MMP1 has no parcel \"stsv\"; did you mean STSvp, L_STSvp_ROI, R_STSvp_ROI?"
    );
}

#[test]
fn a_parcel_without_a_vertex_is_named() {
    let (numbers, _) = table(VERTICES);
    let atlas = Atlas::from_table("test", &numbers, br#"{"labels": ["", "A", "B", "C", "L_MST"]}"#, MESH).unwrap();
    let refusal = atlas.find("MST").unwrap_err().to_string();
    assert_eq!(refusal, "the parcel \"MST\" of the atlas test has no vertex on fsaverage3");
}

#[test]
fn broken_tables_are_named() {
    let (numbers, labels) = table(VERTICES);
    let short = Atlas::from_table("test", &numbers, br#"{"labels": ["???", "A"]}"#, MESH).unwrap_err();
    assert_eq!(
        std::error::Error::source(&short).unwrap().to_string(),
        "vertex 2 has the label 0x2, which the table of labels lacks"
    );
    assert!(matches!(Atlas::from_table("test", &numbers[1..], &labels, MESH), Err(Error::TableLength { .. })));
    assert!(matches!(Atlas::from_table("test", &numbers, b"{}", MESH), Err(Error::Names(_))));

    let annot_error = |file: &[u8]| match Atlas::from_annot("test", file, file, MESH).unwrap_err() {
        Error::InHemisphere { source, .. } => source.to_string(),
        other => other.to_string(),
    };
    let mut file = annot(["A", "B", "C"], true, VERTICES);
    let without_table = &file[..4 + 8 * VERTICES];
    assert_eq!(annot_error(without_table), "the .annot has no colour table, so that its labels have no names");
    assert!(annot_error(&file[..1_000]).starts_with("the file ends after 1000 bytes"));
    file[4 + 8 * VERTICES + 4..][..4].copy_from_slice(&(-3i32).to_be_bytes());
    assert_eq!(annot_error(&file), "the colour table is of version 3; the old style and version 2 can be read");
}

#[test]
fn the_atlases_of_fsaverage5_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/assets/atlases");
    if !folder.is_dir() {
        eprintln!("SKIPPED: {} is absent, whose atlases this test reads", folder.display());
        return;
    }
    for (name, parcels, medial_wall) in
        [("hcpmmp1", 360, Some(868 + 874)), ("aparc_dk", 68, None), ("schaefer2018_400p_7n", 400, None)]
    {
        let read = |extension: &str| std::fs::read(folder.join(format!("{name}_fsaverage5.{extension}"))).unwrap();
        let atlas = Atlas::from_table(name, &read("u16"), &read("json"), Mesh::Fsaverage5).unwrap();
        assert_eq!(atlas.parcels().len(), parcels, "{name}");
        let unlabelled = atlas.labels().iter().filter(|label| label.is_none()).count();
        assert!(medial_wall.is_none_or(|expected| expected == unlabelled), "{name}: {unlabelled}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = Atlas::from_annot("test", &bytes, &bytes, MESH);
        let _ = Atlas::from_label_gifti("test", &bytes, &bytes, MESH);
        let _ = Atlas::from_dlabel("test", &bytes, MESH);
        let _ = Atlas::from_table("test", &bytes, &bytes, MESH);
    }

    #[test]
    fn a_damaged_annot_never_panics(at in 0usize..5_300, byte in any::<u8>(), length in 0usize..5_400) {
        let mut file = annot(["A", "B", "C"], true, VERTICES);
        let at = at % file.len();
        file[at] = byte;
        file.truncate(length);
        let _ = Atlas::from_annot("test", &file, &file, MESH);
    }

    #[test]
    fn arbitrary_numbers_never_panic(numbers in prop::collection::vec(any::<u8>(), 4 * VERTICES)) {
        let _ = Atlas::from_table("test", &numbers, br#"{"labels": ["", "A", "B"]}"#, MESH);
    }
}
