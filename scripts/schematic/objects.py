"""Schematic tools and other things, one a picture, and their phase-scrambled versions."""

import numpy as np
from PIL import Image

from .canvas import Canvas, box, oval, shade, smooth

WOOD, STEEL, BRASS, BLACK = (176, 126, 78), (186, 192, 200), (212, 176, 84), (58, 58, 64)


def mirrored(right):
    """A closed outline from its right half, top to bottom."""
    right = np.asarray(right, float)
    return np.vstack([right, right[::-1] * [-1, 1]])


def tube(canvas, arc, radius, colour):
    canvas.limbs(colour, [(x, y, radius) for x, y in arc[::6]])


def hammer(canvas):
    canvas.shape(box(-0.08, -0.5, 0.08, 0.92), WOOD)
    canvas.shape(box(-0.11, 0.35, 0.11, 0.92), canvas.colour())
    canvas.shape(smooth([(-0.1, -0.76), (-0.35, -0.74), (-0.72, -0.46), (-0.42, -0.52), (-0.1, -0.46)]), STEEL)
    canvas.shape(box(-0.14, -0.8, 0.3, -0.42), STEEL)
    canvas.shape(box(0.3, -0.86, 0.5, -0.36), shade(STEEL, 0.85))


def cup(canvas):
    colour = canvas.colour()
    tube(canvas, oval(0.52, 0.02, 0.28, 0.32, start=-100, stop=100), 0.06, colour)
    bowl = smooth([(-0.54, 0.2), (-0.4, 0.6), (0, 0.68), (0.4, 0.6), (0.54, 0.2)])
    canvas.shape(np.vstack([[(-0.6, -0.55)], bowl, [(0.6, -0.55)]]), colour)
    canvas.shape(oval(0, -0.55, 0.6, 0.16), shade(colour, 0.75))
    canvas.fill(oval(0, -0.5, 0.5, 0.1), (84, 52, 34))


def chair(canvas):
    seat = canvas.colour()
    for x, low in ((-0.36, 0.62), (0.46, 0.62)):
        canvas.shape(box(x - 0.05, 0.05, x + 0.05, low), shade(WOOD, 0.8))
    for x in (-0.46, 0.36):
        canvas.shape(box(x - 0.05, -0.92 if x < 0 else -0.9, x + 0.05, 0.1), WOOD)
    for y in (-0.82, -0.58, -0.34):
        canvas.shape(box(-0.42, y, 0.32, y + 0.12), WOOD)
    for x in (-0.54, 0.52):
        canvas.shape(box(x - 0.055, 0.2, x + 0.055, 0.92), WOOD)
    canvas.shape(np.array([(-0.48, 0.0), (0.4, 0.0), (0.62, 0.22), (-0.62, 0.22)]), seat)
    canvas.shape(box(-0.62, 0.22, 0.62, 0.31), shade(seat, 0.75))


def key(canvas):
    colour = [BRASS, STEEL][canvas.rng.integers(2)]
    bit = [(0.34, 0.42), (0.34, 0.54), (0.08, 0.54), (0.08, 0.64), (0.28, 0.64), (0.28, 0.78), (0.08, 0.78)]
    canvas.shape(np.array([(-0.08, -0.3), (0.08, -0.3), (0.08, 0.42), *bit, (0.08, 0.88), (-0.08, 0.88)]), colour)
    canvas.shape(oval(0, -0.55, 0.4, 0.36), colour)
    canvas.shape(oval(0, -0.62, 0.19, 0.15), (128, 128, 128))


def scissors(canvas):
    handle = canvas.colour()
    for side in (-1, 1):
        blade = np.array([(-0.09, 0.12), (0.1, 0.05), (0.27, -0.95), (0.12, -0.72)])
        canvas.shape(blade * (side, 1), STEEL)
        canvas.stroke([(0, 0.05), (-0.26 * side, 0.4)], 0.13)
        canvas.stroke([(0, 0.05), (-0.26 * side, 0.4)], 0.13 - 2 * canvas.line, handle)
        tube(canvas, oval(-0.34 * side, 0.63, 0.2, 0.26, turn=14 * side), 0.06, handle)
    canvas.fill(oval(0, 0.05, 0.04, 0.04), canvas.ink)


def lamp(canvas):
    canvas.shape(box(-0.045, -0.1, 0.045, 0.75), BRASS)
    canvas.shape(oval(0, 0.8, 0.42, 0.12), BRASS)
    canvas.shape(oval(0, 0.3, 0.13, 0.18), canvas.colour())
    canvas.shape(np.array([(-0.3, -0.9), (0.3, -0.9), (0.66, -0.06), (-0.66, -0.06)]), canvas.colour(value=(0.85, 1.0)))
    canvas.stroke([(0.3, -0.06), (0.3, 0.2)], 0.7 * canvas.line)


def umbrella(canvas):
    colour = canvas.colour()
    canvas.stroke(smooth([(0, -0.9), (0, 0.62), (0.06, 0.82), (0.2, 0.84), (0.26, 0.66)]), 0.07)
    edge = [oval(x, 0.02, 0.225, 0.13, start=360, stop=180) for x in (0.675, 0.225, -0.225, -0.675)]
    canvas.shape(np.vstack([oval(0, 0.02, 0.9, 0.8, start=180, stop=360), *edge]), colour)
    for x in (-0.45, 0, 0.45):
        canvas.stroke(smooth([(0, -0.78), (0.75 * x, -0.5), (x, 0.02)]), 0.8 * canvas.line)


def spanner(canvas):
    canvas.shape(box(-0.13, -0.55, 0.13, 0.6), STEEL)
    canvas.shape(oval(0, 0.62, 0.27, 0.27), STEEL)
    canvas.fill(oval(0, 0.62, 0.12, 0.12), (128, 128, 128))
    canvas.stroke(oval(0, 0.62, 0.12, 0.12))
    jaw = [(-0.13, -0.36), (-0.36, -0.56), (-0.36, -0.86), (-0.15, -0.94), (-0.15, -0.64), (0.15, -0.64), (0.15, -0.94),
           (0.36, -0.86), (0.36, -0.56), (0.13, -0.36)]
    canvas.shape(np.array(jaw), STEEL)


def screwdriver(canvas):
    canvas.shape(box(-0.05, -0.86, 0.05, 0.2), STEEL)
    canvas.shape(np.array([(-0.05, -0.8), (0.05, -0.8), (0.09, -0.95), (-0.09, -0.95)]), shade(STEEL, 0.8))
    grip = smooth([(0.09, 0.14), (0.17, 0.25), (0.14, 0.4), (0.19, 0.75), (0.1, 0.92)])
    canvas.shape(mirrored(grip), canvas.colour())
    for x in (-0.06, 0.06):
        canvas.stroke([(x, 0.45), (x, 0.8)], 0.8 * canvas.line)


def teapot(canvas):
    colour = canvas.colour()
    tube(canvas, oval(-0.56, 0.08, 0.3, 0.34, start=80, stop=280), 0.05, colour)
    spout = [(0.35, 0.4), (0.62, 0.2), (0.74, -0.25), (0.94, -0.32), (0.84, -0.12), (0.78, 0.3), (0.42, 0.6)]
    canvas.shape(smooth(spout), colour)
    canvas.shape(oval(0, 0.18, 0.6, 0.52), colour)
    canvas.shape(box(-0.3, 0.64, 0.3, 0.72), shade(colour, 0.75))
    canvas.shape(oval(0, -0.3, 0.32, 0.1), shade(colour, 0.85))
    canvas.shape(oval(0, -0.46, 0.09, 0.09), shade(colour, 0.7))


def bottle(canvas):
    colour = canvas.colour(value=(0.4, 0.75))
    shoulder = smooth([(0.11, -0.4), (0.15, -0.25), (0.3, -0.08), (0.32, 0.1)])
    canvas.shape(mirrored([(0.11, -0.8), (0.11, -0.45), *shoulder, (0.32, 0.9)]), colour)
    canvas.shape(box(-0.12, -0.95, 0.12, -0.76), canvas.colour())
    canvas.shape(box(-0.32, 0.18, 0.32, 0.66), (236, 230, 210))
    canvas.stroke([(-0.18, 0.34), (0.18, 0.34)])
    canvas.stroke([(-0.12, 0.48), (0.12, 0.48)])


def clock(canvas):
    canvas.shape(oval(0, 0, 0.82, 0.82), canvas.colour())
    canvas.shape(oval(0, 0, 0.68, 0.68), (246, 244, 236))
    for angle in np.radians(np.arange(0, 360, 30)):
        way = np.array([np.cos(angle), np.sin(angle)])
        canvas.stroke([0.56 * way, 0.63 * way], 1.3 * canvas.line)
    for length, width in ((0.34, 2.2), (0.52, 1.4)):
        angle = canvas.rng.uniform(0, 2 * np.pi)
        canvas.stroke([(0, 0), (length * np.cos(angle), length * np.sin(angle))], width * canvas.line)
    canvas.fill(oval(0, 0, 0.05, 0.05), canvas.ink)


def guitar(canvas):
    colour = [WOOD, (196, 120, 60), (150, 60, 44)][canvas.rng.integers(3)]
    canvas.shape(box(-0.14, -0.98, 0.14, -0.76), shade(WOOD, 0.6))
    waist = [(0.06, -0.12), (0.3, -0.06), (0.34, 0.16), (0.25, 0.32), (0.42, 0.6), (0.28, 0.88), (0.02, 0.93)]
    canvas.shape(mirrored(smooth(waist)), colour)
    canvas.shape(box(-0.065, -0.8, 0.065, 0.12), shade(WOOD, 0.55))
    for y in np.arange(-0.7, -0.1, 0.12):
        canvas.stroke([(-0.06, y), (0.06, y)], 0.5 * canvas.line, STEEL)
    canvas.shape(oval(0, 0.24, 0.13, 0.13), (50, 34, 26))
    canvas.shape(box(-0.2, 0.62, 0.2, 0.69), shade(WOOD, 0.5))
    for x in (-0.03, 0.0, 0.03):
        canvas.stroke([(x, -0.8), (x, 0.64)], 0.25 * canvas.line, (236, 232, 220))


def car(canvas):
    colour = canvas.colour()
    back = [(-0.94, 0.0), (-0.84, -0.1), (-0.5, -0.14), (-0.28, -0.46), (0.1, -0.5)]
    front = [(0.36, -0.42), (0.6, -0.12), (0.88, -0.04), (0.95, 0.16)]
    canvas.shape(np.vstack([[(-0.92, 0.3)], smooth(back + front), [(0.93, 0.3)]]), colour)
    canvas.shape(np.array([(-0.4, -0.14), (-0.22, -0.38), (0.02, -0.41), (0.02, -0.14)]), (170, 200, 216))
    canvas.shape(np.array([(0.09, -0.14), (0.09, -0.41), (0.3, -0.35), (0.46, -0.14)]), (170, 200, 216))
    canvas.stroke([(0.055, -0.12), (0.055, 0.26)], 0.7 * canvas.line)
    canvas.stroke([(0.12, 0.0), (0.24, 0.0)])
    canvas.fill(oval(0.88, 0.08, 0.05, 0.07), (250, 240, 170))
    for x in (-0.54, 0.54):
        canvas.shape(oval(x, 0.3, 0.21, 0.21), BLACK)
        canvas.shape(oval(x, 0.3, 0.1, 0.1), STEEL)


def saw(canvas):
    teeth = [(x, 0.3 + 0.09 * (k % 2)) for k, x in enumerate(np.linspace(0.38, -0.92, 30))]
    canvas.shape(np.array([(-0.92, 0.06), (0.4, -0.24), *teeth]), STEEL)
    handle = [(0.36, -0.3), (0.66, -0.34), (0.92, -0.2), (0.86, 0.12), (0.92, 0.4), (0.62, 0.46), (0.36, 0.36)]
    canvas.shape(smooth([*handle, handle[0]]), canvas.colour())
    canvas.shape(oval(0.64, 0.05, 0.1, 0.2), (128, 128, 128))


def brush(canvas):
    canvas.shape(mirrored(smooth([(0.07, -0.95), (0.11, -0.6), (0.07, -0.2), (0.26, 0.02)])), canvas.colour())
    canvas.shape(box(-0.28, 0.0, 0.28, 0.26), STEEL)
    tip = smooth([(0.26, 0.7), (0.1, 0.84), (0.0, 0.9), (-0.1, 0.84), (-0.26, 0.7)])
    canvas.shape(np.vstack([[(-0.28, 0.26), (0.28, 0.26)], tip]), (206, 178, 128))
    for x in (-0.14, 0, 0.14):
        canvas.stroke([(x, 0.34), (0.9 * x, 0.72)], 0.6 * canvas.line)


TOOLS = [hammer, key, scissors, spanner, screwdriver, umbrella, saw, brush]
OTHERS = [cup, chair, lamp, teapot, guitar, car, bottle, clock]
KINDS = [kind for pair in zip(TOOLS, OTHERS) for kind in pair]
UPRIGHT = {cup, chair, lamp, teapot, bottle, car, clock}


def thing(rng, index):
    kind = KINDS[index % len(KINDS)]
    canvas = Canvas(rng, size=(0.62, 0.86), tilt=6 if kind in UPRIGHT else 50)
    kind(canvas)
    return canvas.image()


def scrambled(rng, picture):
    """The picture with its amplitude at every frequency kept and one random phase added there, the same in each colour.

    Phases of a real noise keep the result real. What falls out of the range of a pixel is clipped.
    """
    pixels = np.asarray(picture, float)
    phases = np.angle(np.fft.fft2(rng.normal(size=pixels.shape[:2])))
    phases[0, 0] = 0
    spectrum = np.fft.fft2(pixels, axes=(0, 1)) * np.exp(1j * phases)[..., None]
    mixed = np.fft.ifft2(spectrum, axes=(0, 1)).real
    return Image.fromarray(np.clip(np.rint(mixed), 0, 255).astype(np.uint8))
