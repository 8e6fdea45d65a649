"""The figures of the built-in model: how well it predicts what was held out, and whether localizers find what was planted.

    python scripts/default_scores.py MODEL COHORT STIMULI FOLDER

MODEL is a folder or a name, COHORT what `encortex simulate` made, STIMULI what `scripts/stimuli` made. Everything is done by the
program; here are only the comparisons with the truth that lies beside the cohort.
"""

import csv
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import nibabel
import numpy as np

ENCORTEX = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release" / "encortex"
LOCALIZERS = Path(__file__).resolve().parent.parent / "localizers"
VERTICES = 20_484
PLACED = 0.5  # of a population's greatest weight: what counts as its place
RESPONSIVE = 0.1  # of the variance of an output, from the signal
LAG_S = 5
OWN = "sub-05"  # who is held out
SHORT_RUN_S = 150  # of two films each, for a fit to five minutes
DIFFERS = 0.7  # r with the sum of the others, under which a vertex of that person is one that differs


def encortex(*arguments):
    print("+ encortex", *map(str, arguments), file=sys.stderr)
    subprocess.run([ENCORTEX, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def area_under_curve(values, is_region):
    """Of telling a region from everywhere else by a map (Mann and Whitney)."""
    ranks = np.argsort(np.argsort(values)) + 1
    n = is_region.sum()
    return (ranks[is_region].sum() - n * (n + 1) / 2) / (n * (len(values) - n))


class Truth:
    """Where populations lie, over all subjects."""

    def __init__(self, cohort):
        self.folder = cohort / "truth"
        with open(self.folder / "populations.tsv") as table:
            self.populations = [row["population"] for row in csv.DictReader(table, delimiter="\t")]
        self.subjects = [f"sub-{number:02}" for number in range(1, 5)]
        self.maps = np.mean([np.load(self.folder / f"{subject}_maps.npy") for subject in self.subjects], axis=0)

    def place(self, region, hemisphere):
        weights = self.maps[self.populations.index(region), :VERTICES]
        is_region = weights > PLACED * weights.max()
        if hemisphere == "left":
            is_region[VERTICES // 2 :] = False
        elif hemisphere == "right":
            is_region[: VERTICES // 2] = False
        return is_region


def maps_of(folder):
    image = nibabel.load(next(folder.glob("*_statmap.dscalar.nii")))
    return dict(zip(image.header.get_axis(0).name, image.get_fdata(dtype="f4")))


def localizer_rows(model, truth, stimuli, folder, flags):
    for path in sorted(LOCALIZERS.glob("*.toml")):
        localizer, out = path.stem, folder / path.stem
        if not (out / "experiment.json").exists():
            given = ["--stimuli", stimuli / localizer] if (stimuli / localizer).is_dir() else []
            encortex("experiment", "run", localizer, *given, "--model", model, "--out", out, *flags)
        maps = maps_of(out)
        report = json.loads((out / "experiment.json").read_text())
        found = {contrast["name"]: contrast.get("significant_vertices") for contrast in report["contrasts"]}
        for expected in tomllib.loads(path.read_text()).get("expected", []):
            contrast, region, hemisphere = expected["contrast"], expected["region"], expected["hemisphere"]
            if region not in truth.populations:
                continue
            auc = area_under_curve(maps[f"{contrast} (effect)"], truth.place(region, hemisphere))
            yield localizer, contrast, region, hemisphere, auc, found.get(contrast)


def unit(series):
    series = series - series.mean(0)
    return series / np.maximum(np.linalg.norm(series, axis=0), 1e-12)


def held_out_rows(model, cohort, truth, folder, flags):
    """r with single repeats of the test film as a share of the root of the planted share of signal, by subject."""
    out = folder / "test01"
    if not out.is_dir():
        film = cohort / "stimuli" / "test01"
        subjects = [flag for subject in truth.subjects for flag in ("--subject", subject)]
        encortex("predict", "--video", f"{film}.mp4", "--transcript", f"{film}.tsv", "--model", model, "--out", out,
                 "--format", "npy", *subjects, *flags)
    for subject in truth.subjects:
        label = subject.replace("-", "")
        predicted = np.load(next(out.glob(f"sub-{label}_*_den-10k_*_bold.npy")))
        share = np.load(truth.folder / f"{subject}_signal_share.npy")[:VERTICES]
        responsive = share > RESPONSIVE
        runs = sorted((cohort / subject / "func").glob(f"{subject}_task-test01_run-*_bold.npy"))
        measured = [np.load(run, mmap_mode="r")[LAG_S:, :VERTICES][:, responsive] for run in runs]
        seconds = min(len(predicted), len(measured[0]))
        r = np.mean([(unit(predicted[:seconds, responsive]) * unit(run[:seconds])).sum(0) for run in measured], axis=0)
        ceiling = np.sqrt(share[responsive])
        area = truth.place("pSTS-multisensory", "both")[responsive]
        yield subject, r.mean(), ceiling.mean(), r.mean() / ceiling.mean(), r[area].mean() / ceiling[area].mean()


def linear_rows(model, cohort, folder, flags):
    """In the area of interaction, beside a FIR ridge on the same features that was fitted to the same runs."""
    out = folder / "evaluation"
    if not (out / "regions.tsv").exists():
        encortex("evaluate", cohort / "study.toml", "--model", model, "--out", out, *flags)
    with open(out / "regions.tsv") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            if row["region"] == "pSTS-multisensory":
                r, linear_r = float(row["mean_r"]), float(row["linear_r"])
                yield row["subject"], r, linear_r, r / linear_r


def truths_without_noise(cohort, truth, subjects):
    """What the test film does to subjects, (time, vertex) each."""
    for subject in subjects:
        populations = np.load(cohort / "truth" / f"{subject}_task-test01_populations.npy")
        yield populations @ np.load(truth.folder / f"{subject}_maps.npy")[:, :VERTICES]


def short_study(cohort, folder):
    """A study of the first minutes of two films of the person, and of the test film whole."""
    study = folder / "study.toml"
    folder.mkdir(exist_ok=True)
    tables = ["simulated = true\ntolerance_s = 600.0\n"]
    for run in tomllib.loads((cohort / "study_heldout.toml").read_text())["runs"]:
        bold = cohort / run["bold"]
        if run["split"] != "test":
            if bold.name not in (f"{OWN}_task-heldout{film:02}_run-01_bold.npy" for film in (1, 2)):
                continue
            np.save(folder / bold.name, np.load(bold, mmap_mode="r")[:SHORT_RUN_S])
            bold = folder / bold.name
        stimulus = ", ".join(f'{kind} = "{(cohort / path).resolve()}"' for kind, path in run["stimulus"].items())
        of_run = f'[[runs]]\nsubject = "{OWN}"\nsplit = "{run["split"]}"\nbold = "{bold.resolve()}"\ntr_s = 1.0'
        tables.append(f"{of_run}\nstimulus = {{ {stimulus} }}\n")
    study.write_text("\n".join(tables))
    return study


def fitted_rows(model, cohort, truth, folder, flags):
    """A person who is not of the model, fitted to five minutes and to an hour: r of the test film where the person differs from
    the others and elsewhere, there also in the population that gains least."""
    person = next(truths_without_noise(cohort, truth, [OWN]))
    others = sum(truths_without_noise(cohort, truth, truth.subjects))
    responsive = np.load(truth.folder / f"{OWN}_signal_share.npy")[:VERTICES] > RESPONSIVE
    differs = responsive & ((unit(person) * unit(others)).sum(0) < DIFFERS)
    places = {population: truth.place(population, "both") & ~differs for population in truth.populations}
    for length, study in (("5 min", short_study(cohort, folder / "short")), ("1 h", cohort / "study_heldout.toml")):
        name = f"{OWN}-{length.replace(' ', '')}"
        out = folder / name
        if not (out / "r.npy").exists():
            encortex("subject", "fit", name, study, "--of", OWN, "--model", model, *flags)
            encortex("subject", "export", name, "--model", model, "--out", out, *flags)
        own, average = (np.load(out / name)[:VERTICES] for name in ("r.npy", "average_r.npy"))
        yield length, "where the person differs", differs.sum(), own[differs].mean(), average[differs].mean()
        yield length, "elsewhere", (~differs).sum(), own[~differs].mean(), average[~differs].mean()
        gains = {population: (own - average)[place].mean() for population, place in places.items() if place.any()}
        least = min(gains, key=gains.get)
        place = places[least]
        yield length, f"{least}, which gains least", place.sum(), own[place].mean(), average[place].mean()


def main():
    model, cohort, stimuli, folder = sys.argv[1], *map(Path, sys.argv[2:5])
    flags = sys.argv[5:]
    folder.mkdir(parents=True, exist_ok=True)
    truth = Truth(cohort)
    print("| subject | r, held-out film | ceiling | share of it | share in pSTS |\n|---|---|---|---|---|")
    for subject, r, ceiling, share, area in held_out_rows(model, cohort, truth, folder, flags):
        print(f"| {subject} | {r:.3f} | {ceiling:.3f} | {share:.2f} | {area:.2f} |", flush=True)
    print("\n| subject | r in pSTS | FIR ridge | ratio |\n|---|---|---|---|")
    for subject, r, linear_r, ratio in linear_rows(model, cohort, folder, flags):
        print(f"| {subject} | {r:.3f} | {linear_r:.3f} | {ratio:.2f} |", flush=True)
    print(f"\n| {OWN}, fitted to | | vertices | r | r of the average head |\n|---|---|---|---|---|")
    for length, area, vertices, own, average in fitted_rows(model, cohort, truth, folder, flags):
        print(f"| {length} | {area} | {vertices} | {own:.3f} | {average:.3f} |", flush=True)
    print("\n| localizer | contrast | region | hemisphere | AUC | vertices at q < .05 |\n|---|---|---|---|---|---|")
    for localizer, contrast, region, hemisphere, auc, found in localizer_rows(model, truth, stimuli, folder, flags):
        print(f"| {localizer} | {contrast} | {region} | {hemisphere} | {auc:.3f} | {found} |", flush=True)


if __name__ == "__main__":
    main()
