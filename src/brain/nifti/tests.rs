//! Headers and values of both versions, against the nifti crate where it reads them.

use ::nifti::{InMemNiftiObject, IntoNdArray, NiftiObject};
use proptest::prelude::*;

use super::*;

/// A NIfTI-1 of 16-bit whole numbers with a scale, a qform and no sform.
fn version_1(big: bool) -> Vec<u8> {
    let mut file = vec![0; 352];
    let mut put = |at: usize, mut bytes: Vec<u8>| {
        if big && !bytes.starts_with(b"n+1") {
            bytes.reverse();
        }
        file[at..at + bytes.len()].copy_from_slice(&bytes);
    };
    put(0, 348i32.to_le_bytes().to_vec());
    for (axis, length) in [4i16, 2, 3, 2, 2, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * axis, length.to_le_bytes().to_vec());
    }
    put(70, 4i16.to_le_bytes().to_vec());
    put(72, 16i16.to_le_bytes().to_vec());
    for (axis, size) in [-1.0f32, 2.0, 3.0, 4.0, 1.0].into_iter().enumerate() {
        put(76 + 4 * axis, size.to_le_bytes().to_vec());
    }
    put(108, 352f32.to_le_bytes().to_vec());
    put(112, 0.5f32.to_le_bytes().to_vec());
    put(116, 1f32.to_le_bytes().to_vec());
    put(252, 4i16.to_le_bytes().to_vec());
    for (part, value) in [0.0f32, 1.0, 0.0, 90.0, -126.0, -72.0].into_iter().enumerate() {
        put(256 + 4 * part, value.to_le_bytes().to_vec());
    }
    put(344, b"n+1\0".to_vec());
    for value in 0..24i16 {
        file.extend(if big { value.to_be_bytes() } else { value.to_le_bytes() });
    }
    file
}

#[test]
fn both_byte_orders_are_read_as_the_nifti_crate_reads_them() {
    for big in [false, true] {
        let file = version_1(big);
        let nifti = Nifti::read(&file, Limits::MAPS).unwrap();
        assert_eq!(nifti.header.dims, [2, 3, 2, 2]);
        let other =
            InMemNiftiObject::from_reader(file.as_slice()).unwrap().into_volume().into_ndarray::<f32>().unwrap();
        let expected: Vec<f32> = other.t().iter().copied().collect();
        assert_eq!(nifti.values(0..nifti.header.values()), expected);
        assert_eq!(expected[3], 2.5);
    }
}

#[test]
fn the_qform_places_voxels_where_there_is_no_sform() {
    // A half turn around the front-back axis, and a mirrored third axis: MNI152's usual frame.
    let (affine, code) = Nifti::read(&version_1(false), Limits::MAPS).unwrap().header.affine.unwrap();
    assert_eq!(code, 4);
    assert_eq!(affine, [[-2.0, 0.0, 0.0, 90.0], [0.0, 3.0, 0.0, -126.0], [0.0, 0.0, 4.0, -72.0]]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let refusal = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = version_1(false);
        change(&mut file);
        Nifti::read(&file, Limits::MAPS).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(refusal(&|file| file.truncate(390)), "the values would end at byte 400 of a file that has 390");
    assert!(refusal(&|file| file[345] = b'i').starts_with("the file is only the header of a pair"));
    assert!(refusal(&|file| file[70] = 32).starts_with("the values are of the datatype 32"));
    assert!(refusal(&|file| file[40] = 9).ends_with("there are 1 to 7 axes"));
    assert!(refusal(&|file| file[42] = 0).ends_with("an axis is empty"));
    assert!(refusal(&|file| file[42..50].fill(0x7f)).ends_with("they make over 134217728 values"));
    assert!(
        refusal(&|file| file[108..112].copy_from_slice(&9f32.to_le_bytes())).starts_with("the values begin at byte 9")
    );
    assert!(refusal(&|file| file.truncate(100)).starts_with("the file is no NIfTI"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        let _ = Nifti::read(&bytes, Limits::MAPS).map(|nifti| (nifti.values(0..nifti.header.values()), nifti.extension(6).map(<[u8]>::len)));
    }

    #[test]
    fn a_damaged_file_never_panics(at in 0usize..400, byte in any::<u8>(), length in 0usize..420) {
        let mut file = version_1(false);
        file[at] = byte;
        file.truncate(length);
        let _ = Nifti::read(&file, Limits::MAPS).map(|nifti| (nifti.values(0..nifti.header.values()), nifti.extension(6).map(<[u8]>::len)));
    }
}
