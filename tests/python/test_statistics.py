"""The statistics that `tests/statistics.rs` computed, computed again by nilearn and scipy."""

import itertools
import json
import os
import pathlib
import warnings

import nibabel
import numpy as np
import pandas
import pytest
import scipy.stats
from nilearn.glm.contrasts import compute_contrast, compute_fixed_effect_contrast
from nilearn.glm.first_level import FirstLevelModel, hemodynamic_models, make_first_level_design_matrix, run_glm

WEIGHTS = {"faces": 1.0, "places": -0.5, "tools": -0.5}
NOISE = pytest.mark.parametrize("noise", ["ols", "ar1"])


@pytest.fixture(scope="session")
def folder():
    if "ENCORTEX_STATISTICS" not in os.environ:
        pytest.skip("ENCORTEX_STATISTICS names no folder: run `cargo test --test statistics`")
    return pathlib.Path(os.environ["ENCORTEX_STATISTICS"])


@pytest.fixture(scope="session")
def array(folder):
    return lambda name: np.load(folder / f"{name}.npy")


@pytest.fixture(scope="session")
def described(folder):
    return lambda name: json.loads((folder / f"{name}.json").read_text())


def close(what, found, expected, relative, absolute=0.0):
    """Asserts, and prints the greatest difference."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    difference = np.abs(found - expected)
    counts = np.abs(expected) > 1e-9 * np.abs(expected).max()
    share = np.max(difference[counts] / np.abs(expected[counts]))
    print(f"\n  {what}: greatest difference {difference.max():.1e}, relative {share:.1e}", end="")
    np.testing.assert_allclose(found, expected, relative, absolute)


class TestDesign:
    @pytest.mark.parametrize("tr", ["0.5", "1", "1.49", "2"])
    @pytest.mark.parametrize("name", ["glover", "spm"])
    def test_haemodynamic_response(self, array, name, tr):
        kinds = ["hrf", "time_derivative", "dispersion_derivative"]
        expected = [getattr(hemodynamic_models, f"{name}_{kind}")(float(tr)) for kind in kinds]
        close(f"{name}, {tr} s", array(f"hrf_{name}_{tr}"), expected, 0, 1e-12)

    def test_design_matrix(self, array, described):
        designs = described("designs")
        assert len(designs) == 30
        for number, design in enumerate(designs):
            events = pandas.DataFrame({key: design[key] for key in ("onset", "duration", "trial_type")})
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = make_first_level_design_matrix(
                    np.array(design["frame_times"]), events, hrf_model=design["hrf"], high_pass=0.01
                )
            assert design["columns"] == list(expected.columns)
            what = f"design {number} {expected.shape} {design['hrf']}"
            close(what, array(f"design_{number}"), expected.to_numpy(), 0, 1e-6)


class TestGlm:
    def run(self, array, described, run):
        columns = described(f"glm_columns_{run}")
        weights = np.array([WEIGHTS.get(column, 0.0) for column in columns])
        return array(f"glm_response_{run}").astype(float), array(f"glm_design_{run}"), columns, weights

    def compare(self, what, found, contrast):
        z = contrast.z_score()
        assert np.abs(z).max() > 20 and np.abs(z).min() < 0.5
        expected = [contrast.effect_size(), contrast.effect_variance(), contrast.stat(), contrast.p_value(), z]
        for name, found, expected in zip(["effect", "variance", "t", "p", "z"], found, expected):
            close(f"{what}, {name}", found, expected, 1e-6, 1e-290)

    @NOISE
    @pytest.mark.parametrize("run", [0, 1])
    def test_run_glm(self, array, described, noise, run):
        response, design, _, weights = self.run(array, described, run)
        labels, results = run_glm(response, design, noise_model=noise)
        effects = np.zeros((design.shape[1], response.shape[1]))
        for label, result in results.items():
            effects[:, labels == label] = result.theta
        close(f"{noise}, effects", array(f"glm_{noise}_{run}_effects"), effects, 1e-6, 1e-9)
        np.testing.assert_array_equal(array(f"glm_{noise}_{run}_autocorrelations"), labels.astype(float))
        assert len(results) == 1 if noise == "ols" else len(results) > 60
        contrast = compute_contrast(labels, results, weights)
        self.compare(f"{noise}, run {run}", array(f"glm_{noise}_{run}_contrast"), contrast)

    @NOISE
    def test_two_runs(self, array, described, noise):
        runs = [self.run(array, described, run) for run in (0, 1)]
        fits = [run_glm(response, design, noise_model=noise) for response, design, _, _ in runs]
        labels, results = zip(*fits)
        contrast = compute_fixed_effect_contrast(labels, results, [weights for *_, weights in runs])
        self.compare(f"{noise}, both runs", array(f"glm_{noise}_both_contrast"), contrast)

    @NOISE
    @pytest.mark.parametrize("which", ["0", "both"])
    def test_first_level_model(self, array, described, noise, which):
        """The class that users know, on an image with a voxel a vertex."""
        runs = [self.run(array, described, run) for run in ((0, 1) if which == "both" else (0,))]
        voxels = runs[0][0].shape[1]
        images = [nibabel.Nifti1Image(response.T.reshape(voxels, 1, 1, -1), np.eye(4)) for response, *_ in runs]
        designs = [pandas.DataFrame(design, columns=columns) for _, design, columns, _ in runs]
        mask = nibabel.Nifti1Image(np.ones((voxels, 1, 1), np.uint8), np.eye(4))
        model = FirstLevelModel(mask_img=mask, signal_scaling=False, noise_model=noise, standardize=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            maps = model.fit(images, design_matrices=designs).compute_contrast(
                [weights for *_, weights in runs], output_type="all"
            )
        effect, variance, t, p, z = array(f"glm_{noise}_{which}_contrast")
        for name, found in [("effect_size", effect), ("effect_variance", variance), ("stat", t), ("z_score", z)]:
            close(f"FirstLevelModel {noise}, {name}", found, maps[name].get_fdata().ravel(), 1e-4)


class TestTrials:
    @pytest.fixture
    def stimuli(self, array, described):
        """A row a stimulus, repetitions averaged, by condition."""
        frame = pandas.DataFrame(array("trials").astype(float))
        names = described("trials")
        keys = [pandas.Series([name[place] for name in names]) for place in (0, 1)]
        means = frame.groupby(keys).mean()
        return {condition: means.loc[condition].to_numpy() for condition in {name for name, _ in names}}

    def test_one_condition(self, array, stimuli):
        effect, error, t, freedom, d, p, _ = array("trials_one")
        expected = scipy.stats.ttest_1samp(stimuli["faces"], 0)
        close("effect", effect, stimuli["faces"].mean(0), 1e-5, 1e-7)
        close("t", t, expected.statistic, 1e-5, 1e-6)
        close("p", p, expected.pvalue, 1e-5)
        close("d", d, stimuli["faces"].mean(0) / stimuli["faces"].std(0, ddof=1), 1e-5, 1e-6)
        np.testing.assert_allclose(freedom, 8)

    def test_two_conditions(self, array, stimuli):
        a, b = stimuli["faces"], stimuli["tools"]
        effect, error, t, freedom, d, p, z = array("trials_two")
        expected = scipy.stats.ttest_ind(a, b, equal_var=False)
        close("effect", effect, a.mean(0) - b.mean(0), 1e-5, 1e-7)
        close("t", t, expected.statistic, 1e-5, 1e-6)
        close("degrees of freedom", freedom, expected.df, 1e-5)
        close("p", p, expected.pvalue, 1e-5)
        close("z", z, np.sign(t) * scipy.stats.norm.isf(expected.pvalue / 2), 1e-5, 1e-6)
        pooled = ((len(a) - 1) * a.var(0, ddof=1) + (len(b) - 1) * b.var(0, ddof=1)) / (len(a) + len(b) - 2)
        close("d", d, effect / np.sqrt(pooled), 1e-5)

    def test_four_conditions(self, array, stimuli):
        weights = {"faces": 3, "places": -1, "tools": -1, "words": -1}
        effect, error, t, freedom, d, p, _ = array("trials_all")
        shares = {name: weight**2 * stimuli[name].var(0, ddof=1) / len(stimuli[name]) for name, weight in weights.items()}
        variance = sum(shares.values())
        expected = sum(weight * stimuli[name].mean(0) for name, weight in weights.items())
        welch = variance**2 / sum(share**2 / (len(stimuli[name]) - 1) for name, share in shares.items())
        close("effect", effect, expected, 1e-5, 1e-6)
        close("standard error", error, np.sqrt(variance), 1e-5)
        close("degrees of freedom", freedom, welch, 1e-5)
        close("p", p, 2 * scipy.stats.t.sf(np.abs(t), freedom), 1e-9)
        residuals = sum(stimuli[name].var(0, ddof=1) * (len(stimuli[name]) - 1) for name in weights)
        pooled = residuals / sum(len(stimuli[name]) - 1 for name in weights)
        close("d", d, expected / 3 / np.sqrt(pooled), 1e-5, 1e-6)


def test_one_sample(array):
    mean, t, p, z = array("maps_test")
    maps = array("maps").astype(float)
    expected = scipy.stats.ttest_1samp(maps, 0)
    close("mean", mean, maps.mean(0), 1e-9, 1e-12)
    close("t", t, expected.statistic, 1e-9, 1e-12)
    close("p", p, expected.pvalue, 1e-9)
    close("z", z, np.sign(t) * scipy.stats.norm.isf(expected.pvalue / 2), 1e-6, 1e-9)


def test_false_discovery_rate(array):
    close("q", array("q"), scipy.stats.false_discovery_control(array("p")), 1e-14, 1e-300)


class TestPermutations:
    @staticmethod
    def t(maps, axis):
        return scipy.stats.ttest_1samp(maps, 0, axis=axis).statistic

    def test_all_flips(self, array):
        maps = array("flipped").astype(float)
        t, p, fwer = array("flipped_test")
        expected = scipy.stats.permutation_test(
            (maps,), self.t, permutation_type="samples", n_resamples=np.inf, vectorized=True
        )
        close("t", t, expected.statistic, 1e-9)
        close("p", p, expected.pvalue, 0, 1e-15)
        flips = [np.abs(self.t(np.array(signs)[:, None] * maps, 0)) for signs in itertools.product([1, -1], repeat=8)]
        greatest = np.max(flips, axis=1)
        close("corrected p", fwer, (greatest[:, None] >= np.abs(t) * (1 - 1e-9)).mean(0), 0, 1e-15)

    def test_some_flips(self, array):
        maps = np.concatenate([array("flipped").astype(float)] * 3)
        t, p, _ = array("flipped_sample")
        expected = scipy.stats.permutation_test(
            (maps,), self.t, permutation_type="samples", n_resamples=20_000, vectorized=True,
            rng=np.random.default_rng(1), batch=500,
        )
        close("t", t, expected.statistic, 1e-9)
        close("p", p, expected.pvalue, 0, 0.02)

    def test_labels(self, array):
        estimates = array("labelled").astype(float)
        t, p, fwer = array("labelled_test")
        splits = []
        for chosen in itertools.combinations(range(10), 4):
            others = [row for row in range(10) if row not in chosen]
            splits.append(scipy.stats.ttest_ind(estimates[list(chosen)], estimates[others], equal_var=False).statistic)
        splits = np.abs(splits)
        close("t", t, scipy.stats.ttest_ind(estimates[:4], estimates[4:], equal_var=False).statistic, 1e-9)
        # 20,000 draws of 210 splits: the standard error of a share is 0.0035 at most.
        close("p", p, (splits >= np.abs(t) * (1 - 1e-9)).mean(0), 0, 0.015)
        greatest = splits.max(1)
        close("corrected p", fwer, (greatest[:, None] >= np.abs(t) * (1 - 1e-9)).mean(0), 0, 0.015)


class TestTimeCourse:
    def test_evoked_response(self, array, described):
        course, rows = described("course"), array("course").astype(float)
        times = np.arange(len(rows)) * course["tr_s"]
        mean, sd = array("course_evoked")
        for index, (after, n) in enumerate(zip(course["after_s"], course["n"])):
            stimuli = {}
            for name, onset in course["onsets"]:
                if 0 <= onset + after <= times[-1]:
                    value = [np.interp(onset + after, times, series) for series in rows.T]
                    stimuli.setdefault(name, []).append(value)
            values = np.array([np.mean(repetitions, 0) for repetitions in stimuli.values()])
            assert len(values) == n
            np.testing.assert_allclose(mean[index], values.mean(0), 1e-6, 1e-7)
            np.testing.assert_allclose(sd[index], values.std(0, ddof=1), 1e-6, 1e-7)

    def test_peak(self, array, described):
        course, rows = described("course"), array("course").astype(float)
        times = np.arange(len(rows)) * course["tr_s"]
        peaks = array("course_peaks")
        for index, (_, onset) in enumerate(course["onsets"]):
            at = [np.interp(onset + 5, times, series) for series in rows.T]
            np.testing.assert_allclose(peaks[index], at, 1e-5, 1e-6)
            window = rows[(times >= onset + 4) & (times <= onset + 7)].mean(0)
            np.testing.assert_allclose(peaks[len(course["onsets"]) + index], window, 1e-5, 1e-6)
