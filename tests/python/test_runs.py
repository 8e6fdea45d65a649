"""Runs of BOLD that nibabel, h5py and NumPy write and encortex reads, standardises and resamples, compared with SciPy.

`tests/brain_files.rs` runs this file as a program, which writes the runs, reads them with encortex, and runs it again
under pytest."""

import json
import os
import pathlib
import sys

import h5py
import nibabel
import nibabel.cifti2
import nilearn.surface
import numpy as np
import pytest
import scipy.signal

SCANS, FILE_VERTICES, VERTICES = 14, 40_962, 10_242  # of fsaverage6, and of fsaverage5, to which encortex cuts
SIDES = ["left", "right"]
TR_S = 1.49
SURFACES = pathlib.Path(nilearn.__file__).parent / "datasets/data/fsaverage5"
AFFINE = np.array([[4.0, 0, 0, -96], [0, 4, 0, -132], [0, 0, 4, -90], [0, 0, 0, 1]])
NAMES = ["hemi-L_bold.func.gii", "bold.dtseries.nii", "volumes_bold.nii.gz", "turned_bold.npy", "bold.h5"]


def run(shape):
    """A run of scans with a trend, one voxel that never changes and one that is not a number."""
    generator = np.random.default_rng(3)
    trend = np.linspace(0, 60, SCANS).reshape(-1, *[1] * (len(shape)))
    values = 900 + 25 * generator.normal(size=(SCANS, *shape)) + trend
    values.reshape(SCANS, -1)[:, 3] = 517
    values.reshape(SCANS, -1)[5, 7] = np.nan
    return values.astype(np.float32)


def write(folder):
    (folder / "surfaces").symlink_to(SURFACES)
    values = run((2, FILE_VERTICES))
    for index, side in enumerate("LR"):
        arrays = [nibabel.gifti.GiftiDataArray(scan, intent="NIFTI_INTENT_TIME_SERIES") for scan in values[:, index]]
        nibabel.save(nibabel.gifti.GiftiImage(darrays=arrays), folder / f"hemi-{side}_bold.func.gii")
    (folder / "hemi-L_bold.json").write_text(json.dumps({"RepetitionTime": TR_S, "TaskName": "film"}))

    left, right = (
        nibabel.cifti2.BrainModelAxis.from_surface(np.arange(FILE_VERTICES), FILE_VERTICES, name=f"CORTEX_{side.upper()}")
        for side in SIDES
    )
    series = nibabel.cifti2.SeriesAxis(0, TR_S, SCANS, unit="SECOND")
    image = nibabel.Cifti2Image(values.reshape(SCANS, -1), (series, left + right))
    nibabel.save(image, folder / "bold.dtseries.nii")

    volumes = nibabel.Nifti1Image(np.moveaxis(run((49, 58, 50)), 0, -1), AFFINE)
    volumes.header.set_zooms((4, 4, 4, TR_S * 1000))
    volumes.header.set_xyzt_units("mm", "msec")
    nibabel.save(volumes, folder / "volumes_bold.nii.gz")

    cut = values[:, :, :VERTICES].reshape(SCANS, -1)
    np.save(folder / "turned_bold.npy", np.asfortranarray(cut.T.astype(np.float64)))
    with h5py.File(folder / "bold.h5", "w") as file:
        file.create_dataset("sub-01/bold", data=cut, chunks=True, compression="gzip")


@pytest.fixture(scope="module")
def folder():
    if "ENCORTEX_RUNS" not in os.environ:
        pytest.skip("ENCORTEX_RUNS names no folder: run `cargo test --test brain_files`")
    return pathlib.Path(os.environ["ENCORTEX_RUNS"])


@pytest.mark.parametrize("name", NAMES)
def test_the_scans_are_those_that_were_written(folder, name):
    raw = np.load(folder / f"{name}.raw.npy")
    assert json.loads((folder / f"{name}.json").read_text())["tr_s"] == pytest.approx(TR_S, abs=1e-6)
    if name.startswith("volumes"):
        assert raw.shape == (SCANS, 2 * VERTICES)
    else:
        np.testing.assert_array_equal(raw, run((2, FILE_VERTICES))[:, :, :VERTICES].reshape(SCANS, -1))


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_detrended_standardised_and_resampled(folder, name):
    raw, ours = (np.load(folder / f"{name}.{kind}.npy") for kind in ("raw", "ready"))
    known = np.isfinite(raw).all(axis=0)
    known[known] = np.ptp(raw[:, known], axis=0) > 0
    masked = json.loads((folder / f"{name}.json").read_text())
    assert masked["constant"] + masked["not_finite"] == (~known).sum()
    assert (~known).any() != name.startswith("volumes")
    assert not ours[:, ~known].any()
    flat = scipy.signal.detrend(raw[:, known].astype(np.float64), axis=0)
    flat /= flat.std(axis=0)
    times = 5 + np.arange(ours.shape[0])
    assert times[-1] <= (SCANS - 1) * TR_S < times[-1] + 1
    place = times / TR_S
    below = np.floor(place).astype(int)
    part = (place - below)[:, None]
    expected = flat[below] * (1 - part) + flat[np.minimum(below + 1, SCANS - 1)] * part
    np.testing.assert_allclose(ours[:, known], expected, atol=2e-4)


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
