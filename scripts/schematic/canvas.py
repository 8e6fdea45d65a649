"""A grey square to draw on: a frame from -1 to 1, y downwards, put on the picture by a size, a shift and a tilt."""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

PIXELS = 256
OVERSAMPLED = 4  # drawn larger by this and averaged, which makes edges smooth
GREY = (128, 128, 128)
SKINS = [(244, 214, 190), (232, 190, 158), (206, 158, 122), (168, 118, 84), (132, 90, 64), (110, 74, 54)]


def shade(colour, factor):
    """Lighter above 1, darker below."""
    return tuple(int(np.clip(round(channel * factor), 0, 255)) for channel in colour)


def smooth(points, steps=12):
    """A Catmull-Rom curve through the points, (point, 2)."""
    points = np.asarray(points, float)
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:])
    ]
    return np.vstack([*pieces, points[-1:]])


def oval(x, y, width, height, turn=0.0, start=0.0, stop=360.0):
    """Points of an ellipse or an arc of one; half axes, degrees clockwise from the right."""
    angle = np.radians(np.linspace(start, stop, 73))
    turn = np.radians(turn)
    across, down = width * np.cos(angle), height * np.sin(angle)
    return np.column_stack(
        [x + across * np.cos(turn) - down * np.sin(turn), y + across * np.sin(turn) + down * np.cos(turn)]
    )


def box(left, top, right, bottom):
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)


class Canvas:
    def __init__(self, rng, size=(0.62, 0.88), tilt=6.0, shift=0.7):
        self.rng = rng
        self.scale = rng.uniform(*size)
        self.tilt = np.radians(rng.uniform(-tilt, tilt))
        self.shift = rng.uniform(-1, 1, 2) * shift * (0.96 - self.scale)
        self.ink = self.colour(saturation=(0.2, 0.9), value=(0.06, 0.32))
        self.line = rng.uniform(0.018, 0.032)
        self.picture = Image.new("RGB", (PIXELS * OVERSAMPLED,) * 2, GREY)
        self.pen = ImageDraw.Draw(self.picture)

    def colour(self, saturation=(0.25, 0.7), value=(0.6, 0.95)):
        hue = self.rng.uniform()
        channels = colorsys.hsv_to_rgb(hue, self.rng.uniform(*saturation), self.rng.uniform(*value))
        return tuple(round(255 * channel) for channel in channels)

    def place(self, points):
        """From the frame to the pixels of the picture."""
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        turned = np.asarray(points, float) @ np.array([[cos, sin], [-sin, cos]])
        return (turned * self.scale + self.shift + 1) * (PIXELS * OVERSAMPLED / 2)

    def pixels(self, length):
        return max(1, round(length * self.scale * PIXELS * OVERSAMPLED / 2))

    def fill(self, points, colour):
        self.pen.polygon([tuple(point) for point in self.place(points)], fill=colour)

    def stroke(self, points, width=None, colour=None):
        """An open line with round ends."""
        width, colour = self.pixels(width or self.line), colour or self.ink
        placed = self.place(points)
        self.pen.line([tuple(point) for point in placed], fill=colour, width=width, joint="curve")
        for x, y in (placed[0], placed[-1]):
            self.pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)

    def shape(self, points, colour, width=None):
        """A closed area with an outline."""
        self.fill(points, colour)
        self.stroke(np.vstack([points, points[:1]]), width)

    def limbs(self, colour, *paths):
        """Round tapering limbs, each a list of (x, y, radius), with one outline around all of them."""
        discs = np.vstack([smooth(path, 24) for path in paths])
        for border, fill in ((self.line, self.ink), (0, colour)):
            for (x, y), radius in zip(self.place(discs[:, :2]), discs[:, 2]):
                reach = self.pixels(radius + border)
                self.pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)

    def image(self):
        return self.picture.reduce(OVERSAMPLED)
