"""What `tests/comparison.rs` found, against scipy, scikit-learn and NumPy on the same inputs."""

import json
import os
import pathlib

import numpy as np
import pytest
import scipy.optimize
import scipy.spatial
import scipy.stats
import sklearn.decomposition
import sklearn.metrics

VERTICES = 10_242
MIRROR = np.diag([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def found():
    if "ENCORTEX_COMPARISON" not in os.environ:
        pytest.skip("ENCORTEX_COMPARISON names no folder: run `cargo test --test comparison`")
    folder = pathlib.Path(os.environ["ENCORTEX_COMPARISON"])

    def read(name):
        path = folder / name
        return np.load(path) if path.suffix == ".npy" else json.loads(path.read_text())

    return read


def check_correlation(found, expected, n, what):
    difference = abs(found["r"] - expected.statistic)
    print(f"{what}: r = {found['r']:.6f}, n = {n}, differs by {difference:.1e}")
    assert difference <= 1e-12
    assert found["n"] == n
    assert found["p"] == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("index", range(7))
def test_correlations(found, index):
    x, y = found(f"pair_{index}.npy")
    valid = found(f"pair_mask_{index}.npy") & np.isfinite(x) & np.isfinite(y)
    ours = found(f"pair_{index}.json")
    for name, theirs in (("pearson", scipy.stats.pearsonr), ("spearman", scipy.stats.spearmanr)):
        check_correlation(ours[name], theirs(x[valid], y[valid]), valid.sum(), f"{name} of pair {index}")


def reassignment(sphere, rotation):
    """For each vertex the one that the rotation brings nearest to it; the right hemisphere turns as in a mirror."""
    unit = sphere.astype(float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    sources = []
    for start, matrix in ((0, rotation), (VERTICES, MIRROR @ rotation @ MIRROR)):
        points = unit[start : start + VERTICES]
        distance, nearest = scipy.spatial.cKDTree(points @ matrix.T).query(points)
        sources.append((start + nearest, distance, points, points @ matrix.T))
    return sources


def spin_p(r, nulls):
    return (1 + np.sum(np.abs(nulls) >= abs(r))) / (1 + len(nulls))


def parcel_means(labels, x, y):
    valid = np.isfinite(x) & np.isfinite(y) & (labels > 0)
    parcels = np.unique(labels[valid])
    return np.array([[m[valid & (labels == parcel)].mean() for parcel in parcels] for m in (x, y)])


@pytest.fixture(scope="module")
def maps(found):
    mask = found("mask.npy")
    return [np.where(mask, found(f"{name}.npy"), np.nan) for name in ("predicted", "measured")]


@pytest.fixture(scope="module")
def valid(maps):
    return np.isfinite(maps[0]) & np.isfinite(maps[1])


class TestComparison:
    def test_vertices(self, found, maps, valid):
        x, y = (m[valid] for m in maps)
        ours = found("comparison.json")["vertices"]
        check_correlation(ours["pearson"], scipy.stats.pearsonr(x, y), valid.sum(), "pearson of vertices")
        check_correlation(ours["spearman"], scipy.stats.spearmanr(x, y), valid.sum(), "spearman of vertices")

    def test_parcels(self, found, maps):
        labels = found("labels.npy")
        x, y = parcel_means(labels, *maps)
        ours = found("comparison.json")
        check_correlation(ours["parcels"]["pearson"], scipy.stats.pearsonr(x, y), len(x), "pearson of parcels")
        check_correlation(ours["parcels"]["spearman"], scipy.stats.spearmanr(x, y), len(x), "spearman of parcels")
        assert ours["empty"] == len(np.unique(labels[labels > 0])) - len(x) > 0

    def test_dice(self, found, maps, valid):
        count = round(0.1 * valid.sum())
        tops = [set(np.argsort(-m[valid], kind="stable")[:count]) for m in maps]
        assert found("comparison.json")["dice"] == pytest.approx(len(tops[0] & tops[1]) / count, abs=1e-15)

    def test_reassignment(self, found):
        sphere = found("sphere.npy")
        ties = 0
        for rotation, ours in zip(found("rotations.npy"), found("sources.npy")):
            assert np.allclose(rotation @ rotation.T, np.eye(3)) and np.isclose(np.linalg.det(rotation), 1)
            for side, (sources, distance, points, rotated) in enumerate(reassignment(sphere, rotation)):
                part = ours[side * VERTICES : (side + 1) * VERTICES]
                differ = part != sources
                ties += differ.sum()
                our_distance = np.linalg.norm(points - rotated[part - side * VERTICES], axis=1)
                np.testing.assert_allclose(our_distance, distance, atol=1e-9)
        print(f"{ties} of {found('sources.npy').size} vertices have two equally near sources")
        assert ties < 10

    def test_spin(self, found, maps, valid):
        x, y = maps
        labels = found("labels.npy")
        sphere = found("sphere.npy")
        vertex_nulls, parcel_nulls = [], []
        for rotation in found("rotations.npy"):
            spun = x[np.concatenate([part[0] for part in reassignment(sphere, rotation)])]
            both = np.isfinite(spun) & np.isfinite(y)
            vertex_nulls.append(np.corrcoef(spun[both], y[both])[0, 1])
            parcel_nulls.append(np.corrcoef(*parcel_means(labels, spun, y))[0, 1])
        ours = found("comparison.json")
        for name, nulls in (("vertices", vertex_nulls), ("parcels", parcel_nulls)):
            expected = spin_p(ours[name]["pearson"]["r"], nulls)
            print(f"spin p of {name}: {ours[name]['spin']['p']:.4f}, {len(nulls)} rotations")
            assert ours[name]["spin"] == {"p": pytest.approx(expected, abs=1e-15), "n": len(nulls), "undefined": 0}


@pytest.fixture(scope="module")
def ours(found):
    return found("region.json")


@pytest.fixture(scope="module")
def inside(found):
    return found("region.npy") & found("region_mask.npy")


class TestRegion:
    def test_contrast_between_stimuli(self, found, ours, inside):
        means = found("estimates.npy")[:, inside].astype(float).mean(axis=1)
        faces, places = means[:6], means[6:]
        expected = scipy.stats.ttest_ind(faces, places, equal_var=False)
        assert ours["t"] == pytest.approx(expected.statistic, rel=1e-5)
        assert ours["degrees_of_freedom"] == pytest.approx(expected.df, rel=1e-5)
        assert ours["p"] == pytest.approx(expected.pvalue, rel=1e-4)
        pooled = np.sqrt((5 * faces.var(ddof=1) + 3 * places.var(ddof=1)) / 8)
        assert ours["cohens_d"] == pytest.approx((faces.mean() - places.mean()) / pooled, rel=1e-5)

    def test_mean_and_laterality(self, found, ours, inside):
        effect = found("effect.npy")
        left, right = inside.copy(), inside.copy()
        left[VERTICES:], right[:VERTICES] = False, False
        assert ours["vertices"] == [left.sum(), right.sum()]
        assert ours["mean"] == pytest.approx(effect[inside].mean(), rel=1e-12)
        l, r = (np.maximum(effect[side], 0).mean() for side in (left, right))
        assert ours["lateralization"] == pytest.approx((l - r) / (l + r), rel=1e-12)

    def test_peak(self, found, ours, inside):
        t = np.where(inside, found("t.npy"), -np.inf)
        place = int(np.argmax(t))
        hemisphere = "left" if place < VERTICES else "right"
        peak = ours["peak"]
        assert (peak["hemisphere"], peak["vertex"], peak["t"]) == (hemisphere, place % VERTICES, t[place])
        np.testing.assert_array_equal(np.float32(peak["mni_mm"]), found("sphere.npy")[place])

    def test_area_under_the_curve(self, found, ours):
        effect, region = found("effect.npy"), found("region.npy")
        valid = np.isfinite(effect)
        expected = sklearn.metrics.roc_auc_score(region[valid], effect[valid])
        assert ours["auc"] == pytest.approx(expected, abs=1e-12)

    def test_patches(self, found, ours, inside):
        sphere, mask, effect = found("sphere.npy").astype(float), found("region_mask.npy"), found("effect.npy")
        sides = [np.flatnonzero(mask[:VERTICES]), VERTICES + np.flatnonzero(mask[VERTICES:])]
        sizes = [inside[:VERTICES].sum(), inside[VERTICES:].sum()]
        patches = found("patches.npy")
        for patch in patches:
            for part, valid, size in zip((patch[: sizes[0]], patch[sizes[0] :]), sides, sizes):
                distances = np.linalg.norm(sphere[valid] - sphere[part[0]], axis=1)
                reach = np.linalg.norm(sphere[part] - sphere[part[0]], axis=1).max()
                assert np.isin(part, valid).all() and len(set(part)) == size
                assert reach <= np.sort(distances)[size - 1] + 1e-9
        expected = np.mean(effect[patches].mean(axis=1) > effect[inside].mean())
        assert ours["fraction_larger"] == pytest.approx(expected, abs=1e-15)
        starts = patches[:, 0]
        assert len(set(starts)) > 0.9 * len(starts)


@pytest.mark.parametrize("name", ["random", "realistic"])
class TestComponents:
    @pytest.mark.parametrize("seed", range(3))
    def test_scikit_learn(self, found, name, seed):
        matrix = found(f"matrix_{name}.npy")
        ica = sklearn.decomposition.FastICA(
            n_components=5, algorithm="parallel", fun="logcosh", whiten="unit-variance",
            max_iter=200, tol=1e-4, whiten_solver="svd", random_state=seed,
        )  # fmt: skip
        theirs = ica.fit_transform(matrix).T
        r = np.abs(np.corrcoef(found(f"maps_{name}.npy"), theirs)[:5, 5:])
        pairs = scipy.optimize.linear_sum_assignment(-r)
        ours = found(f"components_{name}.json")
        print(f"{name}, start {seed}: |r| = {np.sort(r[pairs]).round(6)}, {ours['iterations']} and {ica.n_iter_} iterations")
        assert ours["converged"]
        assert r[pairs].min() >= 0.99

    def test_explained_variance(self, found, name):
        matrix, maps = found(f"matrix_{name}.npy"), found(f"maps_{name}.npy")
        centred = matrix - matrix.mean(axis=0)
        mixing = maps @ centred / len(matrix)
        expected = (mixing**2).sum(axis=1) / centred.var(axis=0).sum()
        np.testing.assert_allclose(found(f"components_{name}.json")["explained"], expected, rtol=1e-6)

    def test_top_and_reference(self, found, name):
        maps, top, matrix = (found(f"{kind}_{name}.npy") for kind in ("maps", "top", "matrix"))
        count = round(0.1 * maps.shape[1])
        for component, is_top in zip(maps, top):
            assert set(np.flatnonzero(is_top)) == set(np.argsort(-component)[:count])
        r = [abs(scipy.stats.pearsonr(component, matrix[:, 0]).statistic) for component in maps]
        np.testing.assert_allclose(found(f"components_{name}.json")["reference"], r, atol=1e-12)
