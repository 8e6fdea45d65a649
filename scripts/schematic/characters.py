"""Strings of letters that are no words, and numbers, in turn."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .canvas import GREY, OVERSAMPLED, PIXELS, Canvas

ONSETS = "b d f g k l m n p r s t v z bl br dr fl gr kl pr sk st tr".split()
VOWELS = "a e i o u".split()
CODAS = "b d f g k l m n p r t x".split()


def string(rng, index):
    """A pseudo-word of two syllables, or a number of 4 to 6 digits."""
    if index % 2:
        return "".join(str(rng.integers(1, 10)) for _ in range(rng.integers(4, 7)))
    letters = rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(ONSETS[:14]) + rng.choice(VOWELS) + rng.choice(CODAS)
    return [letters, letters.upper(), letters.capitalize()][rng.integers(3)]


def characters(rng, index):
    canvas = Canvas(rng, size=(0.62, 0.9), tilt=10)
    side = PIXELS * OVERSAMPLED
    text = string(rng, index)
    weight = int(rng.integers(0, 12))
    font = ImageFont.load_default(200)
    left, top, right, bottom = font.getbbox(text, stroke_width=weight)
    fit = side * canvas.scale / max(right - left, 1.6 * (bottom - top))
    font = ImageFont.load_default(200 * fit)
    ink = Image.new("L", (side, side))
    centre = tuple(side / 2 + canvas.shift * side / 2)
    ImageDraw.Draw(ink).text(centre, text, fill=255, font=font, anchor="mm", stroke_width=round(weight * fit))
    slant = rng.uniform(-0.25, 0.25)
    sheared = (1, slant, -slant * side / 2, 0, 1, 0)
    ink = ink.transform(ink.size, Image.Transform.AFFINE, sheared, Image.Resampling.BILINEAR)
    ink = ink.rotate(-np.degrees(canvas.tilt), Image.Resampling.BILINEAR)
    picture = Image.composite(Image.new("RGB", ink.size, canvas.ink), Image.new("RGB", ink.size, GREY), ink)
    return picture.reduce(OVERSAMPLED)
