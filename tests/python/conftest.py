"""The known values from which `tests/exported_files.rs` wrote the files under test."""

import os
import pathlib

import numpy as np
import pytest

VERTICES = 10_242


@pytest.fixture(scope="session")
def folder():
    if "ENCORTEX_FILES" not in os.environ:
        pytest.skip("ENCORTEX_FILES names no folder: run `cargo test --test exported_files`")
    return pathlib.Path(os.environ["ENCORTEX_FILES"])


@pytest.fixture(scope="session")
def find(folder):
    """The one file that a pattern matches."""

    def find(pattern):
        (path,) = folder.glob(pattern)
        return path

    return find


@pytest.fixture(scope="session")
def truth(folder):
    """The response, (time, vertex)."""
    return np.fromfile(folder / "truth.f32", "<f4").reshape(-1, 2 * VERTICES)


@pytest.fixture(scope="session")
def voxels(folder):
    """Pairs of a voxel, the first axis varying fastest, and the vertex that it shows."""
    return np.fromfile(folder / "voxels.u32", "<u4").reshape(-1, 2).astype(int)
