"""TRIBE v2's brain encoder written plainly in PyTorch, at its released size: what encortex is measured against."""

import torch
from torch import nn
from torch.nn import functional as F

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
    """Features of each modality, (batch, layer group, width, sample), to a response, (batch, vertex, second)."""

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
