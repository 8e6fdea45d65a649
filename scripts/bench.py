"""The table of scripts/bench: encortex beside plain PyTorch and the machine's matrix products, in one run.

Criterion's figures are those of the `cargo bench` just before; everything else is measured here.
"""

import json
import os
import statistics
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

WINDOW_GFLOP = 59.0  # the encoder's matrix products for one window of 100 s
GROUPS = 2
WIDTHS = {"text": 3072, "audio": 1024, "video": 1408}
HIDDEN, DEPTH, HEADS, LOW_RANK, VERTICES = 1152, 8, 8, 2048, 20484
SAMPLES, SECONDS = 200, 100


class ScaleNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = width**0.5
        self.g = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return F.normalize(x, dim=-1) * self.scale * self.g


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(width, width, bias=False)
        self.to_v = nn.Linear(width, width, bias=False)
        self.to_out = nn.Linear(width, width, bias=False)

    def forward(self, x, rotary):
        q, k, v = (to(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for to in (self.to_q, self.to_k, self.to_v))
        attended = F.scaled_dot_product_attention(rotate(q, rotary), rotate(k, rotary), v)
        return self.to_out(attended.transpose(1, 2).flatten(-2))


def rotary_angles(samples, channels):
    frequencies = 10000.0 ** (-torch.arange(0, channels, 2) / channels)
    angles = torch.outer(torch.arange(samples).float(), frequencies)
    return torch.cat((angles, angles), dim=-1)


def rotate(x, angles):
    """Turns the first channels of every head by their position, half against half."""
    turned, kept = x.split((angles.shape[-1], x.shape[-1] - angles.shape[-1]), dim=-1)
    first, second = turned.chunk(2, dim=-1)
    return torch.cat((turned * angles.cos() + torch.cat((-second, first), dim=-1) * angles.sin(), kept), dim=-1)


class Residual(nn.Module):
    def __init__(self, width, branch):
        super().__init__()
        self.norm = ScaleNorm(width)
        self.branch = branch
        self.residual_scale = nn.Parameter(torch.ones(width))

    def forward(self, x, *context):
        return self.branch(self.norm(x), *context) + x * self.residual_scale


class BrainEncoder(nn.Module):
    """The brain encoder of TRIBE v2 at its released size, one operation after the other as the paper tells them."""

    def __init__(self):
        super().__init__()
        self.projectors = nn.ModuleDict(
            {name: nn.Linear(GROUPS * width, HIDDEN // len(WIDTHS)) for name, width in WIDTHS.items()}
        )
        self.time_pos_embed = nn.Parameter(torch.randn(1, 1024, HIDDEN) * 0.02)
        self.attentions = nn.ModuleList(Residual(HIDDEN, Attention(HIDDEN, HEADS)) for _ in range(DEPTH))
        self.feed_forwards = nn.ModuleList(
            Residual(HIDDEN, nn.Sequential(nn.Linear(HIDDEN, 4 * HIDDEN), nn.GELU(), nn.Linear(4 * HIDDEN, HIDDEN)))
            for _ in range(DEPTH)
        )
        self.norm = ScaleNorm(HIDDEN)
        self.low_rank_head = nn.Linear(HIDDEN, LOW_RANK, bias=False)
        self.weights = nn.Parameter(torch.randn(1, LOW_RANK, VERTICES) * LOW_RANK**-0.5)
        self.bias = nn.Parameter(torch.zeros(1, VERTICES))
        self.rotary_channels = max(HIDDEN // HEADS // 2, 32)

    def forward(self, features, subject):
        x = torch.cat([self.projectors[name](f.flatten(1, 2).transpose(1, 2)) for name, f in features.items()], dim=-1)
        x = x + self.time_pos_embed[:, : x.shape[1]]
        rotary = rotary_angles(x.shape[1], self.rotary_channels)
        for attention, feed_forward in zip(self.attentions, self.feed_forwards):
            x = feed_forward(attention(x, rotary))
        x = self.low_rank_head(self.norm(x))
        y = torch.einsum("btc,bcv->bvt", x, self.weights[subject]) + self.bias[subject].unsqueeze(-1)
        return F.adaptive_avg_pool1d(y, SECONDS)


def median_seconds(work, seconds=8.0, at_least=5):
    """Median over as many runs as fit, after one to warm up."""
    work()
    runs, end = [], time.perf_counter() + seconds
    while len(runs) < at_least or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return statistics.median(runs)


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
        a, b, out = torch.randn(m, k).to(kind), torch.randn(k, n).to(kind), torch.empty(m, n, dtype=kind)
        flop += times * 2.0 * m * k * n
        seconds += times * median_seconds(lambda: torch.mm(a, b, out=out), seconds=1.5)
    return flop / seconds / 1e9


def criterion_seconds(bench):
    """Median of a criterion benchmark (s)."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    estimates = json.loads((target / "criterion" / bench / "new" / "estimates.json").read_text())
    return estimates["median"]["point_estimate"] / 1e9
