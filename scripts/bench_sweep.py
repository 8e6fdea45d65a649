"""The rows of scripts/bench about sweeps: their rate beside the bare encoder's, and their memory."""

import io
import re
import time

import numpy as np
import PIL.Image
import requests

from measure import Row, criterion_seconds, median_seconds, peak_memory, server

PICTURES = 4  # of each condition: with one every 8 s, a cell is one window of the model


def upload(address, seed):
    """A picture of noise; its id."""
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    png = io.BytesIO()
    PIL.Image.fromarray(pixels).save(png, "PNG")
    answer = requests.post(f"{address}/v1/stimuli", params={"filename": "noise.png"}, data=png.getvalue())
    answer.raise_for_status()
    return answer.json()["id"]


def sweep(address, name, cells, returns):
    """Asks for an experiment of so many cells, which differ in when the response is read; where it is."""
    pictures = [{"upload": upload(address, seed)} for seed in range(2 * PICTURES)]
    spec = {
        "name": name,
        "conditions": [
            {"name": "a", "stimuli": pictures[:PICTURES]},
            {"name": "b", "stimuli": pictures[PICTURES:]},
        ],
        "design": {"kind": "event", "stimulus_s": 1.0, "asynchrony_s": 8.0, "seed": 1},
        "estimate": {"kind": "peak", "at_s": 5.0},
        "contrasts": [{"name": "a - b", "expression": "a - b"}],
        "regions": ["FFA", "PPA", "EBA"],
        "returns": [returns],
        "grid": {"estimate.at_s": {"from": 3.0, "to": 7.0, "steps": cells}},
    }
    start = time.perf_counter()
    answer = requests.post(f"{address}/v1/experiments", json=spec)
    answer.raise_for_status()
    return f"{address}/v1/experiments/{answer.json()['id']}", time.perf_counter() - start


def wait(experiment, cells):
    """Until so many cells have succeeded."""
    while (counts := requests.get(experiment).json()["states"]).get("succeeded", 0) < cells:
        if counts.get("failed"):
            raise SystemExit(f"cells failed: {requests.get(experiment).json()}")
        time.sleep(0.05)


def mean_batch(address):
    """Windows a forward, over all forwards so far, and how many there were."""
    metrics = requests.get(f"{address}/metrics").text
    windows, forwards = (
        float(re.search(rf"^encortex_batch_windows_{part} (\S+)$", metrics, re.MULTILINE)[1])
        for part in ("sum", "count")
    )
    return windows, forwards


def rate_rows(folder, cells=64):
    """A sweep on cached features beside the bare encoder."""
    with server("wide", folder) as (_, address):
        wait(sweep(address, "to fill the cache", 2, "region_means")[0], 2)
        windows, forwards = mean_batch(address)
        for returns in ("region_means", "regions"):
            start = time.perf_counter()
            experiment, _ = sweep(address, f"sweep of {returns}", cells, returns)
            wait(experiment, cells)
            a_window = (time.perf_counter() - start) / cells
            then = mean_batch(address)
            batch = (then[0] - windows) / (then[1] - forwards)
            windows, forwards = then
            size = 8 if batch >= 4 else 1
            bare = criterion_seconds(f"encoder/windows/{size}") / size
            what = f"sweep of {returns}, {batch:.1f} windows a forward"
            yield Row(what, f"{a_window:.3f} s a window", f"bare encoder, {size}: {bare:.3f} s", a_window / bare, 1 / 0.9)


def queue_rows(folder):
    """What 100,000 cells cost a server that is asked for them, and its memory beside that for 1,000."""
    peaks = []
    for cells in (1_000, 100_000):
        with server("untrained", folder) as (process, address):
            experiment, accepted = sweep(address, f"{cells} cells", cells, "region_means")
            status = median_seconds(lambda: requests.get(experiment).raise_for_status(), seconds=1.0)
            wait(experiment, 1_000)
            peaks.append(peak_memory(process))
            if cells == 100_000:
                yield Row("100,000 cells accepted", f"{accepted:.2f} s", "10 s", accepted / 10, 1.0)
                yield Row("a status call on them", f"{status * 1e3:.0f} ms", "20 ms", status / 0.020, 1.0)
            requests.delete(experiment).raise_for_status()
    few, many = peaks
    what = "peak memory, 1,000 cells of 100,000"
    yield Row(what, f"{many / 1e6:.0f} MB", f"of 1,000: {few / 1e6:.0f} MB", many / few, 1.2)


def sweep_rows(folder):
    yield from rate_rows(folder)
    yield from queue_rows(folder)
