"""Maps of contrasts that encortex exports, read by nibabel and nilearn."""

import nibabel
import nilearn.surface
import numpy as np
import pytest

VERTICES = 10_242
STEM = "sub-average_task-clip"
MESH = "space-fsaverage_den-10k"
VOLUME = "space-MNI152NLin6Asym_res-2"


@pytest.fixture(scope="module")
def effect(truth):
    """The mean over the kept seconds."""
    return np.delete(truth, 3, axis=0).astype("f8").mean(axis=0).astype("f4")


class TestMaps:
    @pytest.mark.parametrize("letter, side", [("L", "Left"), ("R", "Right")])
    def test_gifti(self, folder, effect, letter, side):
        name = f"{STEM}_hemi-{letter}_{MESH}_contrast-faces_stat-t_desc-tribev2_statmap.func.gii"
        image = nibabel.load(folder / "maps" / name)
        (array,) = image.darrays
        assert image.meta["AnatomicalStructurePrimary"] == f"Cortex{side}"
        assert "not measured" in image.meta["Description"] and "RepetitionTime" not in image.meta
        assert (array.intent, array.datatype, array.dims) == (3, 16, [VERTICES])
        assert dict(array.meta) == {"Name": "faces: t", "Statistic": "t", "Intent_p1": "18"}
        half = effect[:VERTICES] if letter == "L" else effect[VERTICES:]
        np.testing.assert_allclose(array.data, 2 * half, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(nilearn.surface.load_surf_data(folder / "maps" / name), array.data)

    def test_cifti(self, folder, effect):
        image = nibabel.load(folder / "maps" / f"{STEM}_{MESH}_desc-tribev2_statmap.dscalar.nii")
        scalars, brain = (image.header.get_axis(axis) for axis in (0, 1))
        assert list(scalars.name) == ["faces: effect", "faces: t"]
        assert [meta["Statistic"] for meta in scalars.meta] == ["effect", "t"]
        assert set(brain.nvertices.values()) == {VERTICES} and brain.size == 2 * VERTICES
        assert image.nifti_header.get_intent()[0] == "ConnDenseScalar"
        assert image.nifti_header["intent_code"] == 3006
        np.testing.assert_allclose(image.get_fdata(dtype="f4"), [effect, 2 * effect], rtol=0, atol=1e-6)
        assert image.header.matrix.metadata["Model"] == "tribe-v2"

    def test_cifti_has_line_breaks_for_niivue(self, folder):
        raw = (folder / "maps" / f"{STEM}_{MESH}_desc-tribev2_statmap.dscalar.nii").read_bytes()
        size = int.from_bytes(raw[544:548], "little")
        for line in raw[552 : 544 + size].rstrip(b"\0").splitlines():
            assert sum(line.count(tag) for tag in (b"<BrainModel", b"<MatrixIndicesMap", b"<NamedMap>")) <= 1

    def test_nifti(self, folder, effect, voxels):
        image = nibabel.load(folder / "maps" / f"{STEM}_{VOLUME}_contrast-faces_stat-t_desc-tribev2_statmap.nii.gz")
        assert image.shape == (91, 109, 91)
        assert image.header.get_intent() == ("t test", (18.0,), "faces: t")
        expected = np.zeros(91 * 109 * 91, "f4")
        expected[voxels[:, 0]] = 2 * effect[voxels[:, 1]]
        np.testing.assert_allclose(image.get_fdata(dtype="f4").ravel(order="F"), expected, rtol=0, atol=1e-6)
