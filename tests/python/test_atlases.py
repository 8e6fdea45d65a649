"""Atlas files that nibabel writes and encortex reads.

`tests/brain_files.rs` runs this file as a program, which writes the files, reads them with encortex, and runs it again
under pytest, which compares the labels with those that nibabel reads."""

import json
import os
import pathlib
import sys

import nibabel
import nibabel.cifti2
import numpy as np
import pytest

FILE_VERTICES = 40_962  # fsaverage6
VERTICES = 10_242  # fsaverage5, to which encortex cuts
SIDES = ["left", "right"]
NAMES = ["???"] + [f"area {number} & more" for number in range(1, 61)]

# Red, green, blue and transparency of each label; no two are the same, and none is 0.
RGB = np.random.default_rng(1).choice(2**24 - 1, len(NAMES), replace=False) + 1
COLOURS = np.stack([RGB & 255, RGB >> 8 & 255, RGB >> 16, np.zeros(len(NAMES), int)], axis=1)


def write(folder):
    generator = np.random.default_rng(0)
    labels = {side: generator.integers(0, len(NAMES), FILE_VERTICES) for side in SIDES}
    write_annot(folder, labels)
    write_gifti(folder, labels)
    write_cifti(folder, labels, generator)


def write_annot(folder, labels):
    for side in SIDES:
        nibabel.freesurfer.write_annot(folder / f"{side}.annot", labels[side], COLOURS, NAMES)


def write_gifti(folder, labels):
    table = nibabel.gifti.GiftiLabelTable()
    for key, (name, colour) in enumerate(zip(NAMES, COLOURS)):
        label = nibabel.gifti.GiftiLabel(key, *(colour[:3] / 255), 1.0)
        label.label = name
        table.labels.append(label)
    for side in SIDES:
        array = nibabel.gifti.GiftiDataArray(labels[side].astype(np.int32), intent="NIFTI_INTENT_LABEL")
        meta = nibabel.gifti.GiftiMetaData(AnatomicalStructurePrimary=f"Cortex{side.capitalize()}")
        image = nibabel.gifti.GiftiImage(darrays=[array], labeltable=table, meta=meta)
        nibabel.save(image, folder / f"{side}.label.gii")


def write_cifti(folder, labels, generator):
    """Leaves a tenth of the vertices out, and has voxels between the cortices."""
    kept = {side: np.sort(generator.permutation(FILE_VERTICES)[: FILE_VERTICES * 9 // 10]) for side in SIDES}
    model = {
        side: nibabel.cifti2.BrainModelAxis.from_surface(
            kept[side], FILE_VERTICES, name=f"CIFTI_STRUCTURE_CORTEX_{side.upper()}"
        )
        for side in SIDES
    }
    mask = np.zeros((5, 6, 7), bool)
    mask[1:3, 2:4, 3:5] = True
    voxels = nibabel.cifti2.BrainModelAxis.from_mask(mask, name="CIFTI_STRUCTURE_THALAMUS_LEFT", affine=np.eye(4))
    table = {key: (name, (*(colour[:3] / 255), 1)) for key, (name, colour) in enumerate(zip(NAMES, COLOURS))}
    axis = nibabel.cifti2.LabelAxis(["areas"], [table])
    data = np.concatenate([labels["left"][kept["left"]], np.full(mask.sum(), 3), labels["right"][kept["right"]]])
    image = nibabel.Cifti2Image(data[None].astype(np.float32), (axis, model["left"] + voxels + model["right"]))
    nibabel.save(image, folder / "areas.dlabel.nii")


def read_annot(folder):
    sides = [nibabel.freesurfer.read_annot(folder / f"{side}.annot")[0] for side in SIDES]
    return np.concatenate([np.maximum(side, 0)[:VERTICES] for side in sides])


def read_gifti(folder):
    return np.concatenate([nibabel.load(folder / f"{side}.label.gii").agg_data()[:VERTICES] for side in SIDES])


def read_cifti(folder):
    image = nibabel.load(folder / "areas.dlabel.nii")
    data = image.get_fdata()[0]
    labels = []
    for side in SIDES:
        dense = np.zeros(FILE_VERTICES, int)
        for name, rows, model in image.header.get_axis(1).iter_structures():
            if name == f"CIFTI_STRUCTURE_CORTEX_{side.upper()}":
                dense[model.vertex] = data[rows]
        labels.append(dense[:VERTICES])
    return np.concatenate(labels)


@pytest.fixture(scope="module")
def folder():
    if "ENCORTEX_ATLASES" not in os.environ:
        pytest.skip("ENCORTEX_ATLASES names no folder: run `cargo test --test brain_files`")
    return pathlib.Path(os.environ["ENCORTEX_ATLASES"])


@pytest.mark.parametrize("kind, read", [("annot", read_annot), ("gifti", read_gifti), ("cifti", read_cifti)])
def test_labels_are_those_that_nibabel_reads(folder, kind, read):
    atlas = json.loads((folder / f"{kind}.json").read_text())
    expected = read(folder)
    assert len(np.unique(expected)) == len(NAMES)
    found = [atlas["names"][label] if label is not None else "???" for label in atlas["labels"]]
    assert found == [NAMES[label] for label in expected]
    number = {name: index for index, name in enumerate(NAMES)}
    assert [colour[:3] for colour in atlas["colours"]] == [COLOURS[number[name], :3].tolist() for name in atlas["names"]]


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
