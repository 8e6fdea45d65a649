"""A training step of a small brain encoder in plain PyTorch: what `benches/training.rs` is measured against.

The same sizes, batch and optimiser: 4 windows of 100 s with the responses of 4 people each, whose heads read 20,484 vertices off
the same latents. `python scripts/plain_training.py` prints windows a second, each response of a window counted.
"""

import torch
from torch import nn
from torch.nn import functional as F

from measure import median_seconds
from plain_encoder import Attention, Residual, ScaleNorm, rotary_angles

WIDTHS = {"text": 131, "audio": 300, "video": 1428}
HIDDEN, DEPTH, HEADS, LOW_RANK, VERTICES = 192, 2, 4, 24, 20484
SAMPLES, SECONDS, WINDOWS, PEOPLE = 200, 100, 4, 4


class BrainEncoder(nn.Module):
    """Features of each modality, (batch, width, sample), to a response, (batch · people, vertex, second)."""

    def __init__(self):
        super().__init__()
        self.projectors = nn.ModuleDict({name: nn.Linear(width, HIDDEN // len(WIDTHS)) for name, width in WIDTHS.items()})
        self.time_pos_embed = nn.Parameter(torch.randn(1, SAMPLES, HIDDEN) * 0.02)
        self.attentions = nn.ModuleList(Residual(HIDDEN, Attention(HIDDEN, HEADS)) for _ in range(DEPTH))
        self.feed_forwards = nn.ModuleList(
            Residual(HIDDEN, nn.Sequential(nn.Linear(HIDDEN, 4 * HIDDEN), nn.GELU(), nn.Linear(4 * HIDDEN, HIDDEN)))
            for _ in range(DEPTH)
        )
        self.norm = ScaleNorm(HIDDEN)
        self.low_rank_head = nn.Linear(HIDDEN, LOW_RANK, bias=False)
        self.weights = nn.Parameter(torch.randn(PEOPLE + 1, LOW_RANK, VERTICES) * LOW_RANK**-0.5)
        self.bias = nn.Parameter(torch.zeros(PEOPLE + 1, VERTICES))
        self.rotary_channels = max(HIDDEN // HEADS // 2, 32)

    def forward(self, features, subjects):
        x = torch.cat([self.projectors[name](f.transpose(1, 2)) for name, f in features.items()], dim=-1)
        x = x + self.time_pos_embed
        rotary = rotary_angles(x.shape[1], self.rotary_channels)
        for attention, feed_forward in zip(self.attentions, self.feed_forwards):
            x = feed_forward(attention(x, rotary))
        x = F.adaptive_avg_pool1d(self.norm(x).transpose(1, 2), SECONDS).transpose(1, 2)
        x = self.low_rank_head(x).repeat_interleave(PEOPLE, dim=0)
        return torch.baddbmm(self.bias[subjects].unsqueeze(1), x, self.weights[subjects])


def step_seconds():
    """A step, of as many windows as WINDOWS and responses as PEOPLE to each."""
    torch.manual_seed(0)
    encoder = BrainEncoder()
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
    features = {name: torch.randn(WINDOWS, width, SAMPLES) for name, width in WIDTHS.items()}
    subjects = torch.arange(1, PEOPLE + 1).repeat(WINDOWS)
    measured = torch.randn(WINDOWS * PEOPLE, SECONDS, VERTICES)

    def step():
        optimiser.zero_grad()
        loss = F.mse_loss(encoder(features, subjects), measured)
        loss.backward()
        nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimiser.step()
        return loss.item()

    return median_seconds(step, seconds=20)


if __name__ == "__main__":
    seconds = step_seconds()
    print(f"{torch.get_num_threads()} threads: {seconds:.3f} s a step, {WINDOWS * PEOPLE / seconds:.1f} windows/s")
