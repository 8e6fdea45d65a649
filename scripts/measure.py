"""What the rows of scripts/bench are measured with: a server, its memory, and criterion's results."""

import json
import os
import statistics
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
ENCORTEX = TARGET / "release" / "encortex"


def median_seconds(work, seconds=8.0, at_least=5):
    """Median over as many runs as fit, after one to warm up."""
    work()
    runs, end = [], time.perf_counter() + seconds
    while len(runs) < at_least or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return statistics.median(runs)


def criterion_seconds(bench):
    """Median of the criterion benchmark with this name, in which `*` stands for any part (s)."""
    runs = (TARGET / "criterion").glob(f"{bench}/new/estimates.json")
    newest = max(runs, key=lambda path: path.stat().st_mtime)
    return json.loads(newest.read_text())["median"]["point_estimate"] / 1e9


class Row(NamedTuple):
    what: str
    ours: str
    beside: str
    ratio: float
    limit: float

    def __str__(self):
        verdict = "" if self.ratio <= self.limit else "  over"
        return f"| {self.what} | {self.ours} | {self.beside} | {self.ratio:.2f} | {self.limit:.2f}{verdict} |"


def make_film(path, seconds):
    picture, tone = f"testsrc2=size=320x240:rate=25:duration={seconds}", f"sine=frequency=330:duration={seconds}"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone]
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *inputs, path], check=True)


# The untrained model with the brain encoder of the released one, and the average subject alone.
WIDE = """
name = "wide"
description = "untrained: the encoder at its released size behind tiny extractors"
licence = "Apache-2.0"
trained = false
mesh = "fsaverage5"
vertices = 20484
subjects = ["average"]

[origin.seed]
seed = 1
text = { layers = 4, width = 64, heads = 4, key_value_heads = 2, feed_forward_width = 160 }
audio = { layers = 4, width = 64, heads = 4, feed_forward_width = 128 }
video = { layers = 4, width = 48, heads = 2, crop = 64 }
encoder = { hidden = 1152, depth = 8, heads = 8, low_rank = 2048 }
"""


def peak_memory(process):
    """Peak resident memory of a process so far (bytes); 0 once it has ended."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


@contextmanager
def server(model, folder):
    """A server that is ready: its process and its address."""
    command = [ENCORTEX, "serve", "--listen", "127.0.0.1:0", "--model", model, "--surfaces", "share/fsaverage5"]
    command += ["--models-dir", folder / "models", "--data-dir", folder / "data"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            address = process.stdout.readline().removeprefix("listening on ").strip()
            while not requests.get(f"{address}/health/ready").ok:
                time.sleep(0.05)
            yield process, address
        finally:
            process.terminate()


