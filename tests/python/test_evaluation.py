"""The scores that `tests/evaluation.rs` had made, computed again from predictions and runs by NumPy and scipy."""

import json
import os
import pathlib

import nibabel
import numpy as np
import pytest
import scipy.signal
import scipy.stats

LAG = 5
TEST = 3
PEOPLE = ["sub-01", "sub-02"]


@pytest.fixture(scope="session")
def folder():
    if "ENCORTEX_EVALUATION" not in os.environ:
        pytest.skip("ENCORTEX_EVALUATION names no folder: run `cargo test --test evaluation`")
    return pathlib.Path(os.environ["ENCORTEX_EVALUATION"])


@pytest.fixture(scope="session")
def report(folder):
    return json.loads((folder / "scores/evaluation.json").read_text())


@pytest.fixture(scope="session")
def predicted(folder):
    def predicted(name):
        subject = lambda path: path.name.split("_")[0].replace("-", "")
        files = (folder / "predicted").rglob("*.npy")
        (path,) = (path for path in files if subject(path).endswith(name.replace("-", "")))
        return np.load(path).astype(float)

    return predicted


@pytest.fixture(scope="session")
def measured(folder, predicted):
    """A run: detrended, standardised, NaN where it is masked, and the rows that were predicted."""

    def measured(person, repeat):
        scans = np.load(folder / f"{person}_{TEST}_{repeat}.npy").astype(float)
        masked = ~np.isfinite(scans).all(0) | (np.nanstd(scans, 0) == 0)
        scans[:, masked] = 0
        scans = scipy.signal.detrend(scans, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            scans = scans / scans.std(0)
        scans[:, masked] = np.nan
        return scans[LAG : LAG + len(predicted("average"))]

    return measured


def correlation(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    return (a * b).sum(0) / np.sqrt((a * a).sum(0) * (b * b).sum(0))


def same(found, expected, tolerance):
    assert (np.isnan(found) == np.isnan(expected)).all()
    assert np.nanmax(np.abs(found - expected)) < tolerance


@pytest.mark.parametrize("person", PEOPLE)
def test_r_r_squared_and_q_over_both_runs(folder, report, predicted, measured, person):
    y = np.concatenate([measured(person, repeat) for repeat in (0, 1)])
    p = np.concatenate([predicted(person)] * 2)
    r = correlation(p, y)
    same(np.load(folder / f"scores/{person}_r.npy"), r, 1e-3)
    r_squared = 1 - ((y - p) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)
    same(np.load(folder / f"scores/{person}_r2.npy"), r_squared, 2e-3)

    samples = len(y) // 60
    t = r * np.sqrt((samples - 2) / (1 - r**2))
    tested = ~np.isnan(r)
    q = np.full(len(r), np.nan)
    q[tested] = scipy.stats.false_discovery_control(scipy.stats.t.sf(t[tested], samples - 2))
    same(np.load(folder / f"scores/{person}_q.npy"), q, 2e-3)

    (said,) = (found for found in report["people"] if found["subject"] == person)
    assert abs(said["mean_r"] - np.nanmean(r)) < 1e-3
    assert abs(said["significant"] - (q[tested] < 0.05).mean()) < 0.01
    assert said["masked"] == (~tested).sum()


@pytest.mark.parametrize("person", PEOPLE)
def test_ceiling_and_share(folder, report, predicted, measured, person):
    first, second = measured(person, 0), measured(person, 1)
    halves = correlation(first, second).clip(0)
    ceiling = np.sqrt(2 * halves / (1 + halves))
    found = np.load(folder / f"scores/{person}_ceiling.npy")
    # Where two repeats hardly agree, the root makes much of rounding.
    near = np.nan_to_num(halves, nan=1) > 1e-3
    same(found[near], ceiling[near], 1e-3)
    share = correlation(predicted(person), (first + second) / 2) / ceiling
    certain = ceiling > 0.1
    (said,) = (found["ceiling"] for found in report["people"] if found["subject"] == person)
    assert abs(said["r"] - ceiling[certain].mean()) < 2e-3
    assert abs(said["share"] - share[certain].mean()) < 5e-3


def test_group(folder, report, predicted, measured):
    one, other = (measured(person, 0) for person in PEOPLE)
    group = correlation(predicted("average"), (one + other) / 2)
    same(np.load(folder / "scores/group_r_group.npy"), group, 1e-3)
    said = report["group"]
    assert abs(said["mean_r"] - np.nanmean(group)) < 1e-3
    each = correlation(one, other)
    for member, own in zip(said["people"], (one, other)):
        assert abs(member["predictivity"] - np.nanmean(each)) < 1e-3
        assert abs(member["r"] - np.nanmean(correlation(predicted("average"), own))) < 1e-3
    assert abs(said["share_exceeded"] - (group > each)[~np.isnan(group)].mean()) < 5e-3


@pytest.mark.parametrize("person", PEOPLE)
def test_retrieval(report, predicted, measured, person):
    def patterns(series):
        series = series[:, ~np.isnan(series).any(0)]
        series = (series - series.mean(0)) / series.std(0)
        return series.reshape(len(series) // 10, -1)

    found = []
    for repeat in (0, 1):
        y = measured(person, repeat)
        p = np.where(np.isnan(y), np.nan, predicted(person))
        p, y = patterns(p), patterns(y)
        alike = np.corrcoef(p, y)[: len(p), len(p) :]
        found += list(alike.argmax(1) == np.arange(len(p)))
    (said,) = (found["retrieval"] for found in report["people"] if found["subject"] == person)
    assert said["segments"] == len(found) and abs(said["chance"] - 2 / len(found)) < 1e-9
    assert abs(said["top_1"] - np.mean(found)) < 1e-9


@pytest.mark.parametrize("person", PEOPLE)
def test_cifti_holds_the_same_maps_and_says_what_they_are(folder, person):
    image = nibabel.load(folder / f"scores/{person}_scores.dscalar.nii")
    names = list(image.header.get_axis(0).name)
    assert names == ["r", "r2", "q", "q_shift", "ceiling", "linear_r"]
    for name, values in zip(names, image.get_fdata()):
        expected = np.nan_to_num(np.load(folder / f"scores/{person}_{name}.npy"))
        assert np.abs(values - expected).max() < 1e-6
    metadata = image.header.matrix.metadata
    assert metadata["Description"].startswith("scores of a model against simulated responses")
    assert metadata["PredictedBy"] == person and metadata["TrainedOnSimulatedResponses"] == "true"


def test_regions_are_means_of_the_maps(folder, report):
    lines = (folder / "scores/regions.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["subject", "region", "vertices", "mean_r", "r", "ceiling", "linear_r"]
    rows = [region for person in report["people"] for region in person["regions"]]
    assert len(lines) == 1 + len(rows)
    for line, row in zip(lines[1:], rows):
        assert line.split("\t")[1] == row["region"] and int(line.split("\t")[2]) == row["vertices"] > 0
        assert -1 <= row["mean_r"] <= 1 and -1 <= row["r"] <= 1


@pytest.mark.parametrize("person", PEOPLE)
def test_runs_of_regions_are_scored_by_the_mean_of_what_is_predicted(folder, predicted, person):
    places = json.loads((folder / "regions.json").read_text())
    means = np.stack([predicted(person)[:, vertices].mean(1) for vertices in places], 1)
    runs = [np.load(folder / f"regions-{person}_{TEST}_{repeat}.npy").astype(float) for repeat in (0, 1)]
    masked = ~np.isfinite(np.concatenate(runs)).all(0)
    runs = [scipy.signal.detrend(np.nan_to_num(run), axis=0) for run in runs]
    runs = [(run / np.where(masked, 1, run.std(0)))[LAG : LAG + len(means)] for run in runs]
    r = correlation(np.concatenate([means] * 2), np.concatenate(runs))
    r[masked] = np.nan
    same(np.load(folder / f"by-region/{person}_r.npy"), r, 1e-3)
