"""The encoding models and scores of `tests/encoding.rs`, computed again by NumPy, scipy, scikit-learn and himalaya."""

import os
import pathlib

import numpy as np
import pytest
import scipy.signal
import scipy.stats
from himalaya.ridge import RidgeCV, solve_group_ridge_random_search
from himalaya.scoring import r2_score, r2_score_split
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score as sklearn_r2
from sklearn.model_selection import LeaveOneGroupOut, PredefinedSplit

RUNS = 4
BANDS = [slice(0, 5), slice(5, 45), slice(45, 70)]
SHAPES = pytest.mark.parametrize("name", ["tall", "wide"])


@pytest.fixture(scope="session")
def folder():
    if "ENCORTEX_ENCODING" not in os.environ:
        pytest.skip("ENCORTEX_ENCODING names no folder: run `cargo test --test encoding`")
    return pathlib.Path(os.environ["ENCORTEX_ENCODING"])


@pytest.fixture(scope="session")
def array(folder):
    return lambda name: np.load(folder / f"{name}.npy").astype(float)


@pytest.fixture
def data(array):
    """Features, responses and the run of each row."""

    def data(name):
        x, y = ([array(f"{name}_{what}_{run}") for run in range(RUNS)] for what in ("features", "responses"))
        return np.concatenate(x), np.concatenate(y), np.repeat(np.arange(RUNS), [len(rows) for rows in x])

    return data


def close(what, found, expected, relative, absolute=0.0):
    """Asserts, and prints the greatest difference."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    print(f"{what}: greatest difference {np.abs(found - expected).max():.1e}")
    np.testing.assert_allclose(found, expected, relative, absolute)


def columnwise(a, b):
    """Pearson's correlation of the columns of both."""
    return (scipy.stats.zscore(a) * scipy.stats.zscore(b)).mean(0)


def cross_validated(x, y, groups, grid, score, prior=None):
    """Mean held-out scores (penalty, output), by plain ridge of scikit-learn."""
    prior = np.zeros((x.shape[1], y.shape[1])) if prior is None else prior
    scores = np.zeros((len(grid), y.shape[1]))
    for train, test in LeaveOneGroupOut().split(x, y, groups):
        for index, penalty in enumerate(grid):
            model = Ridge(alpha=penalty).fit(x[train], y[train] - x[train] @ prior)
            scores[index] += score(y[test], model.predict(x[test]) + x[test] @ prior) / RUNS
    return scores


class TestRidge:
    SCORES = {
        "r_squared": lambda y, predicted: sklearn_r2(y, predicted, multioutput="raw_values"),
        "r": lambda y, predicted: columnwise(y, predicted),
    }

    @SHAPES
    @pytest.mark.parametrize("criterion", ["r_squared", "r"])
    def test_penalties_and_weights(self, array, data, name, criterion):
        x, y, groups = data(name)
        grid = array(f"{name}_grid")
        scores = cross_validated(x, y, groups, grid, self.SCORES[criterion])
        chosen = array(f"{name}_{criterion}_penalties")
        close("held-out score", array(f"{name}_{criterion}_held_out"), scores.max(0), 0, 1e-5)
        assert (chosen == grid[scores.argmax(0)]).mean() > 0.97, "a tie to rounding may be broken either way"
        model = Ridge(alpha=chosen).fit(x, y)
        close("weights", array(f"{name}_{criterion}_weights"), model.coef_, 1e-5, 1e-5)
        close("intercepts", array(f"{name}_{criterion}_intercepts"), model.intercept_, 1e-5, 1e-5)

    @SHAPES
    def test_prior(self, array, data, name):
        x, y, groups = data(name)
        grid, prior = array(f"{name}_grid"), array(f"{name}_prior").T
        scores = cross_validated(x, y, groups, grid, self.SCORES["r_squared"], prior)
        close("held-out score", array(f"{name}_guided_held_out"), scores.max(0), 0, 1e-5)
        model = Ridge(alpha=array(f"{name}_guided_penalties")).fit(x, y - x @ prior)
        close("weights", array(f"{name}_guided_weights"), model.coef_ + prior.T, 1e-5, 2e-5)

    @SHAPES
    def test_scores_of_new_data(self, array, name):
        x, y = array(f"{name}_new_features"), array(f"{name}_new_responses")
        predicted = x @ array(f"{name}_guided_weights").T + array(f"{name}_guided_intercepts")
        expected = columnwise(predicted, y), sklearn_r2(y, predicted, multioutput="raw_values")
        close("scores from moments", array(f"{name}_new_scores"), expected, 1e-4, 1e-5)
        close("scores from rows", array(f"{name}_new_scores_of_rows"), expected, 1e-5, 1e-6)


class TestBandedRidge:
    def test_himalaya(self, array, data):
        x, y, groups = data("banded")
        shares, grid = array("banded_shares"), array("banded_grid")
        deltas, weights, scores, _ = solve_group_ridge_random_search(
            [x[:, band] for band in BANDS], y, n_iter=shares, alphas=grid, fit_intercept=True, score_func=r2_score,
            cv=PredefinedSplit(groups), return_weights=True, progress_bar=False, warn=False,
        )
        close("held-out score", array("banded_held_out"), scores.max(0), 0, 1e-5)
        found = array("banded_weights")
        r = [np.corrcoef(mine, theirs)[0, 1] for mine, theirs in zip(found, weights.T)]
        print(f"weights: least correlation with himalaya's {min(r):.6f}")
        assert min(r) >= 0.999
        predicted = x @ found.T, x @ weights
        assert min(columnwise(*predicted)) >= 0.999
        close("penalties", np.log(array("banded_penalties")), -deltas.T, 1e-6, 1e-6)

    def test_one_band_is_ridge(self, array, data):
        x, y, groups = data("banded")
        settings = {"score_func": r2_score}
        model = RidgeCV(
            alphas=array("banded_grid"), fit_intercept=True, cv=PredefinedSplit(groups), solver_params=settings
        ).fit(x, y)
        chosen = Ridge(alpha=model.best_alphas_).fit(x, y)
        close("himalaya's and scikit-learn's", model.coef_.T, chosen.coef_, 1e-5, 1e-6)
        close("weights", array("one_band_weights"), model.coef_.T, 1e-5, 1e-5)

    def test_split_of_the_variance(self, array):
        x, y = array("banded_new_features"), array("banded_new_responses")
        weights = array("banded_weights")
        predicted = np.array([x[:, band] @ weights[:, band].T for band in BANDS])
        y = y - y.mean(0)
        close("parts", array("banded_parts"), r2_score_split(y, predicted), 1e-4, 1e-5)
        close("sum of parts", array("banded_parts").sum(0), sklearn_r2(y, predicted.sum(0), multioutput="raw_values"), 1e-4, 1e-4)


class TestPreparation:
    def test_savitzky_golay(self, array):
        series = array("series")
        for name, window, order in [("detrended", 81, 2), ("detrended_long", 161, 3)]:
            close(name, array(name), series - scipy.signal.savgol_filter(series, window, order, axis=0), 0, 1e-5)

    def test_standardised(self, array):
        close("standardised", array("standardised"), scipy.stats.zscore(array("series")), 1e-5, 1e-6)

    def test_delays(self, array):
        series = array("series")
        later, nothing = np.zeros_like(series), np.zeros((1, series.shape[1]))
        later[3:] = series[:-3]
        expected = np.hstack([np.vstack([series[1:], nothing]), series, later])
        close("delayed", array("delayed"), expected, 0)


class TestCeilings:
    def test_intersubject_correlation(self, array):
        people = array("people")
        expected = [columnwise(own, np.delete(people, index, 0).mean(0)) for index, own in enumerate(people)]
        close("leave-one-out", array("intersubject"), expected, 1e-5, 1e-6)

    def test_split_half(self, array):
        people = array("people")
        r = columnwise(people[0], people[1]).clip(0)
        close("two repeats", array("reliability_of_two"), 2 * r / (1 + r), 1e-5, 1e-6)
        rng, halves = np.random.default_rng(0), np.zeros(people.shape[2])
        for _ in range(100):
            order = rng.permutation(len(people))
            halves += columnwise(people[order[:3]].mean(0), people[order[3:]].mean(0)) / 100
        # Both average a hundred random splits, whose correlations differ by a few hundredths.
        close("seven repeats", array("reliability"), 2 * halves / (1 + halves), 0, 0.02)

    def test_group(self, array):
        people, predicted = array("people"), array("group_predicted")
        close("R_group", array("group"), columnwise(predicted, people.mean(0)), 1e-5, 1e-6)
        close("subjects", array("group_subjects"), [columnwise(predicted, own) for own in people], 1e-5, 1e-6)


class TestChance:
    def test_a_sample_a_minute(self, array):
        r, (p, q) = array("minutes_r"), array("minutes")
        # The exact distribution of r over 30 samples, as scipy.stats.pearsonr has it.
        null = scipy.stats.beta(14, 14, loc=-1, scale=2)
        close("p", p, null.sf(r), 1e-9)
        close("q", q, scipy.stats.false_discovery_control(p), 1e-12)

    def test_circular_shifts(self, array):
        predicted, measured = array("shift_predicted"), array("shift_measured")
        r = columnwise(predicted, measured)
        close("r", array("shift_r"), r, 1e-5, 1e-6)
        moved = np.array([columnwise(np.roll(predicted, shift, 0), measured) for shift in range(10, 141)])
        # 20,000 draws of 131 shifts: the standard error of a share is 0.0035 at most.
        close("p", array("shift_p"), (moved >= r).mean(0), 0, 0.015)


def test_paired_test(array):
    first, second = array("paired_first"), array("paired_second")
    difference, t, p, q = array("paired")
    expected = scipy.stats.ttest_rel(first, second)
    close("difference", difference, (first - second).mean(0), 1e-5, 1e-6)
    close("t", t, expected.statistic, 1e-4, 1e-5)
    close("p", p, expected.pvalue, 1e-4)
    close("q", q, scipy.stats.false_discovery_control(p), 1e-12)


def test_retrieval(array):
    patterns = [scipy.stats.zscore(array(f"retrieval_{kind}"))[:205].reshape(41, -1) for kind in ("predicted", "measured")]
    alike = np.corrcoef(*patterns)[:41, 41:]
    rank = 1 + (alike > np.diag(alike)[:, None]).sum(1)
    close("retrieval", array("retrieval"), [41, (rank == 1).mean(), rank.mean()], 1e-12)
