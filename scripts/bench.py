"""The table of scripts/bench: encortex beside plain PyTorch and the machine's matrix products, in one run.

Criterion's figures are those of the `cargo bench` just before; everything else is measured here.
"""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import requests
import torch

import plain_training
from bench_sweep import sweep_rows
from measure import ENCORTEX, WIDE, Row, criterion_seconds, make_film, median_seconds, peak_memory, server
from plain_encoder import DEPTH, GROUPS, HIDDEN, LOW_RANK, SAMPLES, VERTICES, WIDTHS, BrainEncoder

WINDOW_GFLOP = 59.0  # the encoder's matrix products for one window of 100 s


@torch.no_grad()
def pytorch_seconds(batch):
    torch.manual_seed(0)
    encoder = BrainEncoder().eval()
    features = {name: torch.randn(batch, GROUPS, width, SAMPLES) for name, width in WIDTHS.items()}
    return median_seconds(lambda: encoder(features, torch.zeros(batch, dtype=torch.long)))


@torch.no_grad()
def gemm_gflop_per_second(kind, batch):
    """Rate over the encoder's matrix products, each as often as a window has it."""
    rows = batch * SAMPLES
    products = [
        (4 * DEPTH, rows, HIDDEN, HIDDEN),
        (DEPTH, rows, HIDDEN, 4 * HIDDEN),
        (DEPTH, rows, 4 * HIDDEN, HIDDEN),
        (1, rows // 2, LOW_RANK, VERTICES),
    ]
    flop = seconds = 0.0
    for times, m, k, n in products:
        x, weight, y = torch.randn(m, k).to(kind), torch.randn(n, k).to(kind), torch.empty(m, n, dtype=kind)
        flop += times * 2.0 * m * k * n
        seconds += times * median_seconds(lambda: torch.mm(x, weight.t(), out=y), seconds=1.5)
    return flop / seconds / 1e9


def encoder_rows():
    for batch in (1, 8):
        ours = criterion_seconds(f"encoder/windows/{batch}")
        plain = pytorch_seconds(batch)
        rate = gemm_gflop_per_second(torch.float32, batch)
        bound = batch * WINDOW_GFLOP / rate
        windows = f"encoder, {batch} window{'s' * (batch > 1)}"
        yield Row(windows, f"{ours:.3f} s", f"PyTorch {plain:.3f} s", ours / plain, 0.80)
        yield Row(windows, f"{ours:.3f} s", f"{rate:.0f} GFLOP/s: {bound:.3f} s", ours / bound, 1.25)


def training_rows():
    ours, plain = criterion_seconds("training/a step"), plain_training.step_seconds()
    yield Row("a training step, 16 windows", f"{ours:.3f} s", f"PyTorch {plain:.3f} s", ours / plain, 1.0)


def text_rows():
    words = criterion_seconds("text/1,000 words in their contexts")
    forward = criterion_seconds("text/one forward over * tokens")
    yield Row("1,000 words", f"{words:.2f} s", f"one forward {forward:.2f} s", words / forward, 2.0)


def loading_rows(folder):
    """The memory that loading adds to a server whose weights are negligible."""
    with server("wide", folder):
        pass  # The first start makes the weights.
    with server("untrained", folder) as (process, _):
        without = peak_memory(process)
    with server("wide", folder) as (process, _):
        loading = peak_memory(process) - without
    weights = max(path.stat().st_size for path in (folder / "data").rglob("*.safetensors"))
    yield Row("memory to load", f"{loading / 1e6:.0f} MB", f"weights {weights / 1e6:.0f} MB", loading / weights, 1.2)


def film_rows(folder):
    """Peak memory of a prediction with its files, features computed anew."""
    peaks = []
    for minutes in (1, 10):
        film, out = folder / f"{minutes}min.mp4", folder / f"{minutes}min"
        make_film(film, 60 * minutes)
        command = [ENCORTEX, "predict", "--model", "untrained", "--video", film, "--out", out]
        command += ["--surfaces", "share/fsaverage5", "--data-dir", folder / "data"]
        command += ["--format", "gifti,cifti,nifti,mean,npy,hdf5,png,json"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, peak_memory(process))
                time.sleep(0.01)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))} failed")
        peaks.append(peak)
    one, ten = peaks
    yield Row("10 min film", f"{ten / 1e6:.0f} MB", f"1 min {one / 1e6:.0f} MB", ten / one, 1.2)


def cached_rows(folder):
    """What a client waits for beyond the encoder when features are cached (ms), over the limit of 50 ms."""
    clip = folder / "clip.mp4"
    make_film(clip, 60)
    with server("wide", folder) as (_, address):

        def predict():
            start = time.perf_counter()
            with clip.open("rb") as film:
                answer = requests.post(
                    f"{address}/v1/predictions", files={"video": film}, headers={"Prefer": "wait=300"}
                )
            waited = time.perf_counter() - start
            answer.raise_for_status()
            prediction = answer.json()
            requests.delete(f"{address}/v1/predictions/{prediction['id']}").raise_for_status()
            return waited, prediction["result"]["timings"]["encoder_s"]

        predict()  # Computes the features.
        runs = [predict() for _ in range(9)]
    waited = statistics.median(waited for waited, _ in runs)
    encoder = statistics.median(encoder for _, encoder in runs)
    beyond = statistics.median(waited - encoder for waited, encoder in runs)
    what = "cached features, at the client"
    yield Row(what, f"{waited:.3f} s", f"encoder {encoder:.3f} s + 50 ms", beyond / 0.050, 1.0)


def main():
    fast = gemm_gflop_per_second(torch.bfloat16, 8)
    print(f"\n{torch.get_num_threads()} threads; products of this model in bfloat16: {fast:.0f} GFLOP/s\n")
    print("| | encortex | beside | ratio | at most |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir="out") as name:
        folder = Path(name)
        manifest = folder / "models" / "wide" / "model.toml"
        manifest.parent.mkdir(parents=True)
        manifest.write_text(WIDE)
        predictions = (encoder_rows(), training_rows(), text_rows(), loading_rows(folder), film_rows(folder), cached_rows(folder))
        for rows in (*predictions, sweep_rows(folder)):
            for row in rows:
                print(row, flush=True)


if __name__ == "__main__":
    main()
