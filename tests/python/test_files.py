"""Every file that encortex exports, read by the software that its users have. Values are compared exactly."""

import json
import pathlib
import shutil
import struct
import subprocess
import zipfile

import h5py
import nibabel
import nilearn.image
import nilearn.maskers
import nilearn.surface
import numpy as np
import pytest

VERTICES = 10_242
AFFINE = np.array([[-2, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
SURFACES = pathlib.Path(nilearn.__file__).parent / "datasets/data/fsaverage5"
HEMISPHERES = pytest.mark.parametrize("letter, side", [("L", "left"), ("R", "right")])


def half(truth, letter):
    return truth[:, :VERTICES] if letter == "L" else truth[:, VERTICES:]


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert done.returncode == 0 and "ERROR" not in output.upper(), output
    return output


class TestGifti:
    @HEMISPHERES
    def test_nibabel(self, find, truth, letter, side):
        image = nibabel.load(find(f"*_hemi-{letter}_space-fsaverage_den-10k_*_bold.func.gii"))
        assert image.meta["AnatomicalStructurePrimary"] == f"Cortex{side.capitalize()}"
        assert len(image.darrays) == len(truth)
        for array in image.darrays:
            assert (array.intent, array.datatype, array.dims) == (2001, 16, [VERTICES])
            assert (array.encoding, array.endian, array.ind_ord) == (3, 2, 1)
            assert array.meta["TimeStep"] == "1000.000000"
        assert image.darrays[0].meta["Name"] == "t = 5 s"
        np.testing.assert_array_equal(image.agg_data("time series"), half(truth, letter).T)

    @HEMISPHERES
    def test_provenance(self, find, letter, side):
        meta = nibabel.load(find(f"*_hemi-{letter}_*.func.gii")).meta
        assert "model prediction" in meta["Description"]
        assert (meta["Model"], meta["Trained"], meta["License"]) == ("tribe-v2", "true", "CC BY-NC 4.0")
        assert (meta["WeightsSHA256"], meta["StimulusBLAKE3"]) == ("5e" * 32, "b3" * 32)
        assert meta["SoftwareVersion"].startswith("encortex ")

    @HEMISPHERES
    def test_nilearn_loads_the_series(self, find, truth, letter, side):
        data = nilearn.surface.load_surf_data(find(f"*_hemi-{letter}_*.func.gii"))
        np.testing.assert_array_equal(data, half(truth, letter).T)

    def test_nilearn_surface_image(self, find, truth):
        mesh = {side: SURFACES / f"pial_{side}.gii.gz" for side in ("left", "right")}
        data = {side: find(f"*_hemi-{letter}_*.func.gii") for letter, side in (("L", "left"), ("R", "right"))}
        image = nilearn.surface.SurfaceImage(mesh=mesh, data=data)
        assert image.shape == (2 * VERTICES, len(truth))
        np.testing.assert_array_equal(image.data.parts["right"], half(truth, "R").T)

    @needs("wb_command")
    @HEMISPHERES
    def test_workbench(self, find, truth, letter, side):
        output = run("wb_command", "-file-information", str(find(f"*_hemi-{letter}_*.func.gii")))
        assert f"Cortex{side.capitalize()}" in output
        assert f"{VERTICES}" in output

    @needs("gifti_tool")
    @HEMISPHERES
    def test_gifti_tool(self, find, letter, side):
        output = run("gifti_tool", "-infile", str(find(f"*_hemi-{letter}_*.func.gii")), "-gifti_test")
        assert "INVALID" not in output


class TestCifti:
    @pytest.fixture
    def path(self, find):
        return find("*_space-fsaverage_den-10k_*_bold.dtseries.nii")

    def test_axes(self, path, truth):
        image = nibabel.load(path)
        series, brain = (image.header.get_axis(axis) for axis in (0, 1))
        assert (series.start, series.step, series.size, series.unit) == (5.0, 1.0, len(truth), "SECOND")
        assert [(name, part) for name, part, _ in brain.iter_structures()] == [
            ("CIFTI_STRUCTURE_CORTEX_LEFT", slice(0, VERTICES)),
            ("CIFTI_STRUCTURE_CORTEX_RIGHT", slice(VERTICES, None)),
        ]
        assert set(brain.nvertices.values()) == {VERTICES}
        assert (brain.vertex == np.tile(np.arange(VERTICES), 2)).all()

    def test_values(self, path, truth):
        np.testing.assert_array_equal(nibabel.load(path).get_fdata(dtype="f4"), truth)

    def test_intent(self, path):
        header = nibabel.load(path).nifti_header
        assert header.get_intent()[0] == "ConnDenseSeries"
        assert header["intent_code"] == 3002

    def test_header_bytes(self, path):
        raw = path.read_bytes()
        (offset,) = struct.unpack_from("<q", raw, 168)
        size, code = struct.unpack_from("<ii", raw, 544)
        assert raw[:12] == b"\x1c\x02\0\0n+2\0\r\n\x1a\n"
        assert raw[540:544] == b"\1\0\0\0"
        assert (code, size % 16, offset) == (32, 0, 544 + size)

    def test_xml_has_line_breaks_for_niivue(self, path):
        raw = path.read_bytes()
        (size,) = struct.unpack_from("<i", raw, 544)
        for line in raw[552 : 544 + size].rstrip(b"\0").splitlines():
            assert line.count(b"<BrainModel") + line.count(b"<MatrixIndicesMap") + line.count(b"<Matrix>") <= 1

    def test_provenance(self, path):
        metadata = nibabel.load(path).header.matrix.metadata
        assert "model prediction" in metadata["Description"]
        assert (metadata["Model"], metadata["Trained"]) == ("tribe-v2", "true")

    @needs("wb_command")
    def test_workbench(self, path, truth, tmp_path):
        output = run("wb_command", "-file-information", str(path))
        assert "CortexLeft" in output and "CortexRight" in output
        for letter, structure in (("L", "CORTEX_LEFT"), ("R", "CORTEX_RIGHT")):
            metric = tmp_path / f"{letter}.func.gii"
            run("wb_command", "-cifti-separate", str(path), "COLUMN", "-metric", structure, str(metric))
            np.testing.assert_array_equal(np.array(nibabel.load(metric).agg_data()), half(truth, letter))


class TestWholeBrain:
    @pytest.fixture
    def written(self, folder):
        return folder / "whole_brain"

    @pytest.fixture
    def own(self, written):
        return np.load(written / "subcortex.npy")

    @pytest.fixture
    def labels(self, written):
        return np.asarray(nibabel.load(written / "labels.nii.gz").dataobj)

    def test_values_follow_the_voxels_of_the_labels(self, own, labels):
        assert own.shape[1] == (labels > 0).sum() == 83

    def test_cifti(self, written, truth, own, labels):
        image = nibabel.load(written / "response.dtseries.nii")
        values, brain = image.get_fdata(dtype="f4"), image.header.get_axis(1)
        np.testing.assert_array_equal(values[:, : 2 * VERTICES], truth)
        assert brain.volume_shape == labels.shape
        np.testing.assert_array_equal(brain.affine, nibabel.load(written / "labels.nii.gz").affine)
        structures = {"THALAMUS_LEFT": 10, "THALAMUS_RIGHT": 49, "AMYGDALA_RIGHT": 54}
        number = {f"CIFTI_STRUCTURE_{name}": label for name, label in structures.items()}
        seen = set()
        for name, part, axis in brain.iter_structures():
            if name in number:
                i, j, k = axis.voxel.T
                assert (labels[i, j, k] == number[name]).all()
                volumes = np.zeros((len(own), *labels.shape), "f4")
                volumes[:, labels > 0] = own
                np.testing.assert_array_equal(values[:, part], volumes[:, i, j, k])
                seen.add(name)
        assert seen == set(number)

    def test_nifti(self, written, own, labels):
        volumes = np.moveaxis(np.asarray(nibabel.load(written / "response.nii.gz").dataobj), -1, 0)
        np.testing.assert_array_equal(volumes[:, labels > 0], own)

    def test_hdf5(self, written, own, labels):
        with h5py.File(written / "response.h5") as file:
            np.testing.assert_array_equal(file["subcortex/response/average"], own)
            i, j, k, label = np.asarray(file["subcortex/voxels"]).T
            np.testing.assert_array_equal(labels[i, j, k], label)

    @needs("wb_command")
    def test_workbench(self, written, own, labels, tmp_path):
        volume = tmp_path / "volume.nii"
        run("wb_command", "-cifti-separate", str(written / "response.dtseries.nii"), "COLUMN", "-volume-all", str(volume))
        image = nibabel.load(volume)
        assert image.shape[-1] == len(own)


class TestNifti:
    @pytest.fixture
    def path(self, find):
        return find("*_space-MNI152NLin6Asym_res-2_*_bold.nii.gz")

    @pytest.fixture
    def mean_path(self, find):
        return find("*_space-MNI152NLin6Asym_res-2_stat-mean_*_statmap.nii.gz")

    @staticmethod
    def fill(voxels, rows):
        """What the volumes must hold, (time, voxel), the first axis varying fastest."""
        volumes = np.zeros((len(rows), 91 * 109 * 91), "f4")
        volumes[:, voxels[:, 0]] = rows[:, voxels[:, 1]]
        return volumes

    def test_header(self, path, truth):
        image = nibabel.load(path)
        header = image.header
        assert header["dim"].tolist() == [4, 91, 109, 91, len(truth), 1, 1, 1]
        assert header["pixdim"].tolist() == [-1, 2, 2, 2, 1, 0, 0, 0]
        assert header["magic"].item() == b"n+1"
        assert header["xyzt_units"] == 10 and header.get_xyzt_units() == ("mm", "sec")
        assert header["toffset"] == 5
        assert (header["sform_code"], header["qform_code"]) == (4, 4)
        assert (image.get_sform() == AFFINE).all() and (image.get_qform() == AFFINE).all()
        assert (image.dataobj.slope, image.dataobj.inter, header["datatype"]) == (1, 0, 16)

    def test_values(self, path, truth, voxels):
        data = nibabel.load(path).get_fdata(dtype="f4")
        np.testing.assert_array_equal(data.reshape(-1, len(truth), order="F").T, self.fill(voxels, truth))

    def test_mean(self, mean_path, truth, voxels):
        image = nibabel.load(mean_path)
        assert image.shape == (91, 109, 91)
        assert image.header.get_xyzt_units()[0] == "mm"
        kept = np.delete(truth, 3, axis=0).astype("f8")
        expected = self.fill(voxels, kept.mean(axis=0, keepdims=True).astype("f4"))[0]
        np.testing.assert_allclose(image.get_fdata(dtype="f4").ravel(order="F"), expected, rtol=0, atol=1e-7)

    def test_provenance(self, path):
        (extension,) = nibabel.load(path).header.extensions
        comment = json.loads(extension.get_content().rstrip(b"\0"))
        assert comment["Model"] == "tribe-v2" and comment["IsPrediction"] is True
        assert "model prediction" in comment["Description"]

    def test_the_same_bytes_whenever_written(self, path):
        assert path.read_bytes()[4:8] == bytes(4)

    def test_nilearn(self, path, truth):
        image = nilearn.image.load_img(path)
        assert image.shape == (91, 109, 91, len(truth))
        mask = nilearn.image.math_img("np.any(image != 0, axis=-1)", image=image)
        series = nilearn.maskers.NiftiMasker(mask, standardize=None).fit().transform(image)
        assert series.shape == (len(truth), int(mask.get_fdata().sum()))

    def test_voxels_lie_in_the_ribbon_of_their_vertices(self, voxels):
        """The nearest line from white to pial, found again by other means."""
        to_mni152 = np.array([
            [0.9975, -0.0073, 0.0176, -0.0429],
            [0.0146, 1.0009, -0.0024, 1.5496],
            [-0.0130, -0.0093, 0.9971, 1.1840],
        ])

        def points(kind):
            sides = [nilearn.surface.load_surf_mesh(SURFACES / f"{kind}_{side}.gii.gz") for side in ("left", "right")]
            return np.vstack([side.coordinates for side in sides]) @ to_mni152[:, :3].T + to_mni152[:, 3]

        white, pial = points("white"), points("pial")
        sample = voxels[::101]
        indices = np.column_stack(np.unravel_index(sample[:, 0], (91, 109, 91), order="F"))
        centres = indices @ AFFINE[:3, :3].T + AFFINE[:3, 3]
        along = pial - white
        length = np.maximum((along**2).sum(1), 1e-12)
        for centre, vertex in zip(centres, sample[:, 1]):
            part = np.clip(((centre - white) * along).sum(1) / length, 0, 1)
            distances = np.linalg.norm(white + part[:, None] * along - centre, axis=1)
            assert distances[vertex] <= 3.0 and distances[vertex] - distances.min() < 1e-6

    @needs("wb_command")
    def test_workbench(self, path, mean_path):
        assert "91" in run("wb_command", "-file-information", str(path))
        run("wb_command", "-file-information", str(mean_path))

    @needs("nifti_tool")
    def test_nifti_tool(self, path, mean_path):
        for volume in (path, mean_path):
            output = run("nifti_tool", "-check_hdr", "-check_nim", "-infiles", str(volume))
            assert output.count("IS GOOD") == 2


class TestHdf5:
    @pytest.fixture
    def file(self, folder):
        with h5py.File(folder / "prediction.h5") as file:
            yield file

    def test_responses(self, file, truth):
        assert set(file["response"]) == {"average", "sub-02"}
        for response in file["response"].values():
            assert response.dtype == "f4" and response.chunks is not None and response.compression == "gzip"
            np.testing.assert_array_equal(response, truth)

    def test_times(self, file, truth):
        seconds = np.arange(len(truth))
        np.testing.assert_array_equal(file["time/stimulus"], seconds)
        np.testing.assert_array_equal(file["time/bold"], seconds + 5)
        assert file["kept"].dtype == bool
        np.testing.assert_array_equal(file["kept"], seconds != 3)

    def test_features(self, file, folder):
        features = np.fromfile(folder / "features.f32", "<f4").reshape(2, 96, 24)
        np.testing.assert_array_equal(file["features/audio"], features)

    def test_attributes(self, file):
        attributes = dict(file.attrs)
        assert attributes["description"] == "model prediction"
        assert attributes["model"] == "tribe-v2" and attributes["weights_sha256"] == "5e" * 32
        assert attributes["space"] == "fsaverage5" and attributes["offset"] == 5.0
        assert bool(attributes["trained"]) is True
        assert attributes["software_version"].startswith("encortex ")


class TestOthers:
    def test_npy(self, find, truth):
        np.testing.assert_array_equal(np.load(find("*_bold.npy")), truth)

    def test_sidecars(self, find):
        for pattern in ("*_space-fsaverage_*_bold.json", "*_space-MNI152NLin6Asym_*_bold.json"):
            sidecar = json.loads(find(pattern).read_text())
            assert (sidecar["RepetitionTime"], sidecar["StartTime"], sidecar["HemodynamicLagRemoved"]) == (1, 5, 5)
            assert sidecar["IsPrediction"] is True and sidecar["WeightsSHA256"] == "5e" * 32
        assert "ribbon" in sidecar["SurfaceToVolumeMapping"]

    def test_dataset_description(self, folder):
        description = json.loads((folder / "dataset_description.json").read_text())
        assert description["DatasetType"] == "derivative" and description["BIDSVersion"]

    def test_archive(self, folder):
        with zipfile.ZipFile(folder / "prediction.zip") as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            assert names[0] == "dataset_description.json"
            for name in names:
                assert archive.read(name) == (folder / pathlib.PurePosixPath(name).name).read_bytes()
        assert sum(name.startswith("sub-average/func/sub-average_task-clip_") for name in names) == 3

    def test_picture(self, find):
        image = pytest.importorskip("PIL.Image").open(find("*_statmap.png"))
        assert image.size == (1600, 1250)
        assert "model prediction" in image.text["Description"]
