"""Statistic maps that nibabel writes and encortex brings to the surface, compared with nilearn.

`tests/brain_files.rs` runs this file as a program, which writes the maps, reads them with encortex, and runs it again
under pytest."""

import os
import pathlib
import sys

import nibabel
import nibabel.cifti2
import nilearn.surface
import numpy as np
import pytest

FILE_VERTICES = 40_962  # fsaverage6
VERTICES = 10_242  # fsaverage5, to which encortex cuts
SIDES = ["left", "right"]
MAPS = ["faces", "places", "bodies"]
SURFACES = pathlib.Path(nilearn.__file__).parent / "datasets/data/fsaverage5"

# FreeSurfer's transform from MNI305 to MNI152.
MNI152 = np.array(
    [[0.9975, -0.0073, 0.0176, -0.0429], [0.0146, 1.0009, -0.0024, 1.5496], [-0.0130, -0.0093, 0.9971, 1.1840]]
)

# An oblique grid with its axes in another order, and a mirrored one.
OBLIQUE = np.array([[0, 0.3, -3, 95], [3, 0, 0, -125], [0, 3, 0.3, -90], [0, 0, 0, 1]])
MIRRORED = np.array([[-4.0, 0, 0, 96], [0, 4, 0, -132], [0, 0, 4, -90], [0, 0, 0, 1]])


def write(folder):
    generator = np.random.default_rng(0)
    values = generator.normal(size=(len(MAPS), 2, FILE_VERTICES)).astype(np.float32)
    for index, side in enumerate(SIDES):
        arrays = [
            nibabel.gifti.GiftiDataArray(row, intent="NIFTI_INTENT_ZSCORE", meta={"Name": name})
            for name, row in zip(MAPS, values[:, index])
        ]
        nibabel.save(nibabel.gifti.GiftiImage(darrays=arrays), folder / f"{side}.func.gii")
    left, right = (
        nibabel.cifti2.BrainModelAxis.from_surface(
            np.arange(5, FILE_VERTICES), FILE_VERTICES, name=f"CIFTI_STRUCTURE_CORTEX_{side.upper()}"
        )
        for side in SIDES
    )
    data = values[:, :, 5:].reshape(len(MAPS), -1)
    nibabel.save(nibabel.Cifti2Image(data, (nibabel.cifti2.ScalarAxis(MAPS), left + right)), folder / "maps.dscalar.nii")

    volume = generator.normal(size=(70, 64, 70, 2))
    volume[20:24, 20:24, 20:24] = np.nan
    nibabel.save(nibabel.Nifti2Image(volume, OBLIQUE), folder / "oblique.nii.gz")
    scaled = nibabel.Nifti1Image(generator.normal(size=(49, 58, 50, 1)), None)
    scaled.set_qform(MIRRORED, code=4)
    scaled.set_sform(None, code=0)
    scaled.header.set_data_dtype(np.int16)
    nibabel.save(scaled, folder / "scaled.nii")


@pytest.fixture(scope="module")
def folder():
    if "ENCORTEX_MAPS" not in os.environ:
        pytest.skip("ENCORTEX_MAPS names no folder: run `cargo test --test brain_files`")
    return pathlib.Path(os.environ["ENCORTEX_MAPS"])


def found(folder, name):
    """(map, vertex), NaN where nothing was measured."""
    return np.fromfile(folder / f"{name}.f32", "<f4").reshape(-1, 2 * VERTICES)


def test_gifti_maps_are_those_that_nibabel_reads(folder):
    sides = [np.stack(nibabel.load(folder / f"{side}.func.gii").agg_data())[:, :VERTICES] for side in SIDES]
    np.testing.assert_array_equal(found(folder, "gifti"), np.concatenate(sides, axis=1))


def test_cifti_maps_are_those_that_nibabel_reads(folder):
    image = nibabel.load(folder / "maps.dscalar.nii")
    expected = np.full((len(MAPS), 2, FILE_VERTICES), np.nan, np.float32)
    for index, (_, rows, model) in enumerate(image.header.get_axis(1).iter_structures()):
        expected[:, index, model.vertex] = image.get_fdata(dtype=np.float32)[:, rows]
    np.testing.assert_array_equal(found(folder, "cifti"), expected[:, :, :VERTICES].reshape(len(MAPS), -1))


@pytest.mark.parametrize("name", ["oblique.nii.gz", "scaled.nii"])
def test_volumes_are_sampled_as_nilearn_does_it(folder, name):
    image = nibabel.load(folder / name)
    sides = []
    for side in SIDES:
        meshes = [nilearn.surface.load_surf_mesh(SURFACES / f"{kind}_{side}.gii.gz") for kind in ("pial", "white")]
        pial, white = [(mesh.coordinates @ MNI152[:, :3].T + MNI152[:, 3], mesh.faces) for mesh in meshes]
        sides.append(nilearn.surface.vol_to_surf(image, pial, inner_mesh=white).reshape(VERTICES, -1).T)
    expected = np.concatenate(sides, axis=1)
    ours = found(folder, name)
    assert ours.shape == expected.shape
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(expected))
    assert np.isnan(ours).any() == (name == "oblique.nii.gz")
    np.testing.assert_allclose(ours, expected, atol=2e-6)


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
