"""Schematic faces, frontal to three-quarter view, that differ in build, age, skin, hair, eyes and mouth."""

from dataclasses import dataclass

import numpy as np

from .canvas import SKINS, Canvas, oval, shade, smooth

GREY_HAIR = (176, 172, 168)
HAIRS = [(40, 30, 26), (62, 58, 66), (84, 54, 34), (136, 84, 44), (196, 150, 84), (150, 66, 36), GREY_HAIR]
STYLES = ["short", "parted", "bob", "long", "curls", "bun", "bald"]


@dataclass
class Identity:
    width: float
    height: float
    taper: float
    turn: float
    child: bool
    skin: tuple
    hair: tuple
    style: str
    eye: tuple
    eye_size: float
    eye_gap: float
    brow: float
    nose: float
    lips: float
    smile: float
    glasses: bool
    beard: bool

    @classmethod
    def draw_from(cls, rng, index):
        child = index % 4 == 3
        style = STYLES[index * 3 % len(STYLES)]
        if child and style == "bald":
            style = "short"
        return cls(
            width=rng.uniform(0.66, 0.76),
            height=rng.uniform(0.80, 0.86) if child else rng.uniform(0.88, 0.96),
            taper=rng.uniform(0.10, 0.22) if child else rng.uniform(0.16, 0.38),
            turn=rng.uniform(-1, 1),
            child=child,
            skin=SKINS[rng.integers(len(SKINS))],
            hair=HAIRS[rng.integers(len(HAIRS) - child)],
            style=style,
            eye=[(70, 110, 150), (84, 120, 70), (90, 60, 36), (60, 44, 36)][rng.integers(4)],
            eye_size=rng.uniform(0.15, 0.17) if child else rng.uniform(0.12, 0.145),
            eye_gap=rng.uniform(0.29, 0.34),
            brow=rng.uniform(-0.04, 0.04),
            nose=rng.uniform(0.16, 0.20) if child else rng.uniform(0.22, 0.32),
            lips=rng.uniform(0.7, 1.2),
            smile=rng.uniform(-0.02, 0.06),
            glasses=bool(rng.uniform() < 0.25),
            beard=not child and style in ("short", "bald", "parted") and bool(rng.uniform() < 0.5),
        )


def outline(who):
    points = oval(0, 0, who.width, who.height)
    below = np.clip(points[:, 1] / who.height, 0, 1)
    points[:, 0] *= 1 - who.taper * below**2
    return points


def falling(canvas, who, low):
    """Hair that falls on both sides of the face as low as that."""
    w, h = who.width, who.height
    right = [(0, -h * 1.15), (w * 0.8, -h), (w * 1.21, 0), (w * 1.11, low)]
    canvas.shape(smooth([(-x, y) for x, y in right[:0:-1]] + right), who.hair)


def hair_behind(canvas, who):
    w, h = who.width, who.height
    if who.style == "long":
        falling(canvas, who, 0.95)
    elif who.style == "bob":
        falling(canvas, who, 0.5)
    elif who.style == "bun":
        canvas.shape(oval(0, -h * 1.08, 0.3, 0.22), who.hair)
    elif who.style == "curls":
        for angle in np.radians(np.arange(170, 371, 20)):
            canvas.shape(oval(w * 1.0 * np.cos(angle), h * 0.95 * np.sin(angle) - 0.02, 0.24, 0.24), who.hair)


def hair_in_front(canvas, who):
    w, h = who.width, who.height
    if who.style == "bald":
        return
    top = oval(0, 0, w * 1.03, h * 1.06, start=188, stop=352)
    side = 0.35 * who.turn
    hairline = {
        "parted": [(0.98, -0.13), (0.7, -0.5), (side + 0.35, -0.74), (-0.55, -0.48), (-0.98, -0.13)],
        "short": [(0.98, -0.13), (0.85, -0.52), (0.4, -0.66), (-0.4, -0.66), (-0.85, -0.52), (-0.98, -0.13)],
        "curls": [(0.95, -0.42), (0.5, -0.58), (0, -0.66), (-0.5, -0.58), (-0.95, -0.42)],
        "bun": [(0.97, -0.2), (0.6, -0.62), (0, -0.74), (-0.6, -0.62), (-0.97, -0.2)],
    }.get(who.style, [(1, 0.1), (0.86, -0.4), (side, -0.55), (-0.86, -0.4), (-1, 0.1)])
    canvas.shape(np.vstack([top, smooth(np.array(hairline) * (w, h))]), who.hair)


def eye(canvas, who, x, y, side):
    size = who.eye_size * (1 - 0.14 * who.turn * side)
    t = np.linspace(-1, 1, 25)
    upper = np.column_stack([x + size * t, y - 0.58 * size * (1 - t**2)])
    lower = np.column_stack([x + size * t[::-1], y + 0.42 * size * (1 - t**2)])
    canvas.fill(np.vstack([upper, lower]), (250, 250, 246))
    gaze = x + 0.03 * who.turn
    canvas.fill(oval(gaze, y - 0.02 * size, 0.47 * size, 0.47 * size), who.eye)
    canvas.fill(oval(gaze, y - 0.02 * size, 0.22 * size, 0.22 * size), (16, 14, 14))
    canvas.fill(oval(gaze + 0.15 * size, y - 0.2 * size, 0.1 * size, 0.1 * size), (255, 255, 255))
    canvas.stroke(upper, 1.3 * canvas.line)
    canvas.stroke(lower, 0.6 * canvas.line)
    brow = y - 1.35 * size
    arch = smooth([(x - side * 0.9 * size, brow + who.brow), (x, brow - 0.05), (x + side * 1.1 * size, brow + 0.03)])
    canvas.stroke(arch, 0.035 if who.child else 0.05, shade(who.hair, 0.7))
    if who.glasses:
        canvas.stroke(oval(x, y, 1.5 * size, 1.35 * size), 1.2 * canvas.line)


def mouth(canvas, who, x, y, opening):
    width = 0.24 * (0.85 if who.child else 1.0) * (1 - 0.2 * opening)
    lip = shade(tuple((2 * s + r) // 3 for s, r in zip(who.skin, (190, 60, 70))), 0.85)
    drop = 0.26 * opening
    corners = y - who.smile

    def bow(reach, *heights):
        """A curve from corner to corner of the mouth, through the heights between."""
        across = np.linspace(-reach, reach, len(heights) + 2) * width
        return smooth(np.column_stack([x + across, [corners, *heights, corners]]))

    upper = bow(1, y - 0.05 * who.lips, y - 0.035 * who.lips, y - 0.05 * who.lips)
    cheek = y + 0.06 * who.lips + 0.8 * drop
    lower = bow(1, cheek, y + 0.085 * who.lips + drop, cheek)[::-1]
    canvas.shape(np.vstack([upper, lower]), lip, 0.6 * canvas.line)
    inside = bow(0.85, y + 0.012)
    if opening < 0.08:
        canvas.stroke(inside, 0.8 * canvas.line)
        return
    below = bow(0.85, y + 0.02 + 0.8 * drop, y + 0.03 + drop, y + 0.02 + 0.8 * drop)
    canvas.fill(np.vstack([inside, below[::-1]]), (64, 20, 26))
    if opening > 0.3:
        canvas.fill(oval(x, y + 0.028, 0.6 * width, 0.035), (246, 244, 236))


def portray(canvas, who, opening=0.0):
    """Draws the face; `opening` of the mouth is from 0, shut, to 1."""
    shift = 0.13 * who.turn
    low = 0.10 if who.child else 0.0
    hair_behind(canvas, who)
    for side in (-1, 1):
        canvas.shape(oval(side * who.width * (0.99 - 0.08 * who.turn * side), 0.05 + low, 0.10, 0.17), who.skin)
    canvas.shape(outline(who), who.skin)
    if who.beard:
        edge = outline(who)
        jaw = edge[(edge[:, 1] > 0.12)]
        jaw = jaw[np.argsort(np.arctan2(jaw[:, 1], jaw[:, 0]))]
        inner = smooth([(-0.5, 0.2), (-0.34 + shift, 0.36), (shift, 0.34), (0.34 + shift, 0.36), (0.5, 0.2)])
        canvas.shape(np.vstack([jaw, inner]), shade(who.hair, 0.9), 0.6 * canvas.line)
    hair_in_front(canvas, who)
    eyes = -0.10 + low
    for side in (-1, 1):
        eye(canvas, who, shift + side * who.eye_gap * (1 - 0.12 * who.turn * side), eyes, side)
    if who.glasses:
        reach = who.eye_gap - 1.5 * who.eye_size
        canvas.stroke([(shift - reach, eyes), (shift + reach, eyes)])
    tip = eyes + who.nose + 0.10
    bridge = [(shift * 1.2 - 0.04, eyes + 0.08), (shift * 1.7 - 0.06, tip - 0.06), (shift * 1.7 - 0.07, tip)]
    canvas.stroke(smooth([*bridge, (shift * 1.6, tip + 0.03), (shift * 1.5 + 0.08, tip)]), 0.9 * canvas.line)
    mouth(canvas, who, 1.1 * shift, tip + 0.22, opening)


def face(rng, index):
    canvas = Canvas(rng, size=(0.60, 0.78))
    portray(canvas, Identity.draw_from(rng, index))
    return canvas.image()
