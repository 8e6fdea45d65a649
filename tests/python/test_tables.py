"""A table of a sweep in every format that it is written in, as pyarrow, h5py and the csv module read it."""

import csv
import math

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CELLS, REGIONS = 3000, ["FFA", "é", "STS"]
COLUMNS = ["cell", "asynchrony_s", "jitter", "contrast", "region", "mean", "t"]


@pytest.fixture(scope="module")
def rows():
    """What was written; a missing number is None."""

    def value(number):
        return None if number % 7 == 0 else number / 3

    rows = []
    for cell in range(CELLS):
        for contrast in ("faces", 'faces, "upright"'):
            for region in REGIONS:
                place = len(rows)
                row = (cell, cell % 5 / 10, cell % 2 == 0, contrast, region, value(2 * place), value(2 * place + 1))
                rows.append(row)
    return rows


def test_csv(folder, rows):
    with open(folder / "table.csv", newline="", encoding="utf-8") as file:
        header, *read = csv.reader(file)
    assert header == COLUMNS

    def number(text):
        return float(text) if text else None

    kinds = (int, float, {"true": True, "false": False}.get, str, str, number, number)
    assert [tuple(kind(text) for kind, text in zip(kinds, row)) for row in read] == rows


def test_parquet(folder, rows):
    file = pq.ParquetFile(folder / "table.parquet")
    assert file.metadata.num_row_groups == 2, "a sweep is written in pieces"
    assert file.schema_arrow.metadata[b"model"] == b"tribe-v2"
    assert file.metadata.created_by.startswith("encortex ")
    table = file.read()
    assert table.column_names == COLUMNS
    assert table.schema.types == [pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.string(), pa.float64(), pa.float64()]
    assert list(zip(*(column.to_pylist() for column in table.columns))) == rows


def test_hdf5(folder, rows):
    with h5py.File(folder / "table.h5") as file:
        assert file.attrs["model"] == "tribe-v2"
        assert list(file.attrs["columns"]) == COLUMNS and set(file) == set(COLUMNS)
        kinds = [file[name].dtype for name in COLUMNS]
        assert [kind for kind in kinds if kind != object] == [np.int64, np.float64, np.bool_, np.float64, np.float64]
        assert all(file[name].chunks == (4096,) for name in COLUMNS)
        columns = [file[name].asstr()[:] if file[name].dtype == object else file[name][:] for name in COLUMNS]

    def plain(value):
        return None if isinstance(value, float) and math.isnan(value) else value

    assert [tuple(map(plain, row)) for row in zip(*(column.tolist() for column in columns))] == rows
