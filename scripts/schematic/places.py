"""Schematic places: houses from outside and corridors from inside, without people."""

import numpy as np

from .canvas import Canvas, box, oval, shade

WALLS = [(214, 188, 152), (196, 120, 96), (226, 222, 206), (168, 182, 190), (206, 196, 132), (178, 150, 160)]
ROOFS = [(136, 62, 48), (84, 84, 92), (110, 78, 56), (70, 92, 84)]
PANE = (150, 186, 210)


def window(canvas, x, y, width, height, crossed):
    canvas.shape(box(x - width, y - height, x + width, y + height), PANE)
    if crossed:
        canvas.stroke([(x, y - height), (x, y + height)], 0.7 * canvas.line)
        canvas.stroke([(x - width, y), (x + width, y)], 0.7 * canvas.line)
    sill = box(x - 1.2 * width, y + height, x + 1.2 * width, y + height + 0.04)
    canvas.shape(sill, (232, 230, 224), 0.6 * canvas.line)


def tree(canvas, x, ground, height, leaf):
    canvas.shape(box(x - 0.035, ground - 0.5 * height, x + 0.035, ground), (104, 76, 52))
    canvas.shape(oval(x, ground - 0.68 * height, 0.3 * height, 0.36 * height), leaf)


def roof(canvas, kind, half, eaves, peak, colour):
    out = half + 0.08
    points = {
        "gable": [(-out, eaves), (0, peak), (out, eaves)],
        "hip": [(-out, eaves), (-0.45 * half, peak), (0.45 * half, peak), (out, eaves)],
        "shed": [(-out, eaves), (-out, peak + 0.12), (out, eaves - 0.06), (out, eaves)],
        "mansard": [(-out, eaves), (-0.8 * half, peak), (0.8 * half, peak), (out, eaves)],
        "flat": [(-out, eaves), (-out, eaves - 0.1), (out, eaves - 0.1), (out, eaves)],
    }[kind]
    canvas.shape(np.array(points), colour)


def house(rng, index):
    canvas = Canvas(rng, size=(0.68, 0.84), tilt=2)
    storeys = 1 + index % 3
    half = rng.uniform(0.42, 0.62) if storeys > 1 else rng.uniform(0.58, 0.74)
    ground, storey = 0.78, rng.uniform(0.40, 0.46)
    eaves = ground - storeys * storey
    peak = eaves - rng.uniform(0.24, 0.40)
    wall, tiles = WALLS[rng.integers(len(WALLS))], ROOFS[rng.integers(len(ROOFS))]
    leaf = (rng.integers(70, 120), rng.integers(120, 160), rng.integers(60, 90))
    leaf = tuple(int(channel) for channel in leaf)
    canvas.fill(box(-1, ground, 1, ground + 0.16), shade(leaf, 0.9))
    canvas.stroke([(-1, ground), (1, ground)])
    tree(canvas, rng.choice([-0.78, 0.78]), ground + 0.03, rng.uniform(0.7, 1.1), leaf)
    chimney = rng.uniform(0.15, 0.5) * half * rng.choice([-1, 1])
    kind = ["gable", "hip", "mansard", "flat", "shed"][index % 5]
    if kind != "flat":
        canvas.shape(box(chimney - 0.06, peak - 0.06, chimney + 0.06, eaves), shade(tiles, 0.8))
    canvas.shape(box(-half, eaves, half, ground), wall)
    roof(canvas, kind, half, eaves, peak, tiles)
    columns = 3 if half > 0.52 else 2
    crossed = bool(rng.integers(2))
    places = np.linspace(-half, half, 2 * columns + 1)[1::2]
    door = int(rng.integers(columns))
    for floor in range(storeys):
        middle = ground - (floor + 0.55) * storey
        for column, x in enumerate(places):
            if floor == 0 and column == door:
                leaf_of_door = canvas.colour()
                canvas.shape(box(x - 0.1, ground - 0.36, x + 0.1, ground), leaf_of_door)
                canvas.fill(oval(x + 0.06, ground - 0.17, 0.018, 0.018), canvas.ink)
                path = [(x - 0.1, ground), (x + 0.1, ground), (x + 0.22, ground + 0.16), (x - 0.12, ground + 0.16)]
                canvas.fill(path, (196, 188, 172))
            else:
                window(canvas, x, middle, 0.085, 0.11, crossed)
    return canvas.image()


def corridor(rng, index):
    canvas = Canvas(rng, size=(0.86, 0.96), tilt=1)
    vanishing = np.array([rng.uniform(-0.3, 0.3), rng.uniform(-0.25, 0.1)])
    depth, wide, high = rng.uniform(4, 7), rng.uniform(0.86, 1), rng.uniform(0.86, 1)

    def seen(x, y, z):
        """A point on the picture of one in the corridor: across and down from -1 to 1, and 1 or more away."""
        return vanishing + (np.array([x * wide, y * high]) - vanishing) / z

    def wall(*corners, colour, width=None):
        canvas.shape(np.array([seen(*corner) for corner in corners]), colour, width)

    paint, floor = WALLS[rng.integers(len(WALLS))], shade(WALLS[rng.integers(len(WALLS))], 0.62)
    wall((-1, -1, 1), (1, -1, 1), (1, -1, depth), (-1, -1, depth), colour=(234, 232, 226))
    wall((-1, 1, 1), (1, 1, 1), (1, 1, depth), (-1, 1, depth), colour=floor)
    wall((-1, -1, 1), (-1, 1, 1), (-1, 1, depth), (-1, -1, depth), colour=paint)
    wall((1, -1, 1), (1, 1, 1), (1, 1, depth), (1, -1, depth), colour=shade(paint, 0.86))
    wall((-1, -1, depth), (1, -1, depth), (1, 1, depth), (-1, 1, depth), colour=shade(paint, 0.94))
    for near in np.arange(1, depth, rng.uniform(0.5, 0.8)):
        canvas.stroke([seen(-1, 1, near), seen(1, 1, near)], 0.5 * canvas.line, shade(floor, 0.7))
    for x in (-0.33, 0.33):
        canvas.stroke([seen(x, 1, 1), seen(x, 1, depth)], 0.5 * canvas.line, shade(floor, 0.7))
    for near in np.arange(1.3, depth - 0.3, 1.1):
        far = near + 0.4
        wall((-0.25, -1, near), (0.25, -1, near), (0.25, -1, far), (-0.25, -1, far), colour=(255, 252, 220))
    leaf = canvas.colour(value=(0.45, 0.8))
    for side in rng.permutation([-1, 1])[: 1 + index % 2]:
        for near in np.arange(rng.uniform(1.15, 1.4), depth - 0.5, rng.uniform(1.0, 1.6)):
            wall((side, -0.45, near), (side, 1, near), (side, 1, near + 0.5), (side, -0.45, near + 0.5), colour=leaf)
    if rng.integers(2):
        wall((-0.45, -0.4, depth), (0.45, -0.4, depth), (0.45, 1, depth), (-0.45, 1, depth), colour=leaf)
    else:
        wall((-0.6, -0.6, depth), (0.6, -0.6, depth), (0.6, 0.3, depth), (-0.6, 0.3, depth), colour=PANE)
    return canvas.image()


def place(rng, index):
    return house(rng, index // 2) if index % 2 == 0 else corridor(rng, index // 2)
