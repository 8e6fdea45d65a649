"""Schematic limbs, and bodies whose heads are out of the picture."""

import numpy as np

from .canvas import SKINS, Canvas, oval, shade, smooth


def reach(start, length, degrees):
    """The point so far away in that direction; 0 is right, 90 is down."""
    angle = np.radians(degrees)
    return start[0] + length * np.cos(angle), start[1] + length * np.sin(angle)


def hand_paths(wrist, degrees, size, spread, side):
    """A palm and five fingers that point away from the wrist; `side` is where the thumb is, -1 or 1."""
    palm = reach(wrist, 0.55 * size, degrees)
    paths = [[(*wrist, 0.25 * size), (*palm, 0.36 * size), (*reach(wrist, 0.8 * size, degrees), 0.36 * size)]]
    for finger, length in zip((-1.5, -0.5, 0.5, 1.5), (0.62, 0.78, 0.82, 0.68)):
        knuckle = reach(reach(palm, 0.4 * size, degrees), 0.21 * size * finger, degrees + 90)
        tip = reach(knuckle, length * size, degrees + spread * finger)
        paths.append([(*knuckle, 0.115 * size), (*tip, 0.085 * size)])
    base = reach(reach(wrist, 0.35 * size, degrees), 0.28 * size * side, degrees + 90)
    joint = reach(base, 0.36 * size, degrees + 50 * side)
    tip = reach(joint, 0.32 * size, degrees + 22 * side)
    return [*paths, [(*base, 0.14 * size), (*joint, 0.12 * size), (*tip, 0.09 * size)]]


def foot_paths(ankle, size, side):
    """A foot on the ground seen from the side; `side` is where the toes point."""
    back = [(-0.12, 0.10, 0.24), (0.4, 0.20, 0.25), (1.0, 0.34, 0.17)]
    sole = [(-0.16, 0.24, 0.22), (0.7, 0.36, 0.14)]
    toes = [(1.0, 0.34, 0.16), (1.3, 0.40, 0.10)]
    x, y = ankle
    return [[(x + a * size * side, y + b * size, r * size) for a, b, r in path] for path in (back, sole, toes)]


def arm(rng, canvas, skin):
    side = rng.choice([-1, 1])
    degrees = 270 + rng.uniform(-25, 25)
    wrist = (0.12 * side, 0.0)
    elbow = reach(wrist, 0.85, degrees + 180 + rng.uniform(-12, 12))
    fingers = hand_paths(wrist, degrees, 0.52, rng.uniform(2, 14), side)
    canvas.limbs(skin, [(*elbow, 0.2), (*reach(wrist, 0.45, degrees + 180), 0.19), (*wrist, 0.125)], *fingers)
    if rng.integers(2):
        cuff = reach(wrist, 0.3, degrees + 180)
        canvas.limbs(canvas.colour(), [(*elbow, 0.27), (*cuff, 0.22)])


def bent_arm(rng, canvas, skin):
    side = int(rng.choice([-1, 1]))
    shoulder, elbow = (-0.7 * side, -0.55), (-0.35 * side, 0.45)
    degrees = 270 + side * rng.uniform(25, 60)
    wrist = reach(elbow, 0.75, degrees)
    fingers = hand_paths(wrist, degrees + side * rng.uniform(-15, 25), 0.36, rng.uniform(3, 14), -side)
    middle = reach(elbow, 0.35, degrees)
    canvas.limbs(skin, [(*shoulder, 0.2), (-0.55 * side, -0.05, 0.19), (*elbow, 0.14)],
                 [(*elbow, 0.15), (*middle, 0.145), (*wrist, 0.09)], *fingers)
    canvas.limbs(canvas.colour(), [(*shoulder, 0.26), (-0.6 * side, -0.2, 0.24)])


def leg(rng, canvas, skin):
    side = int(rng.choice([-1, 1]))
    hip, knee = (-0.25 * side, -0.85), (rng.uniform(-0.12, 0.1) * side, -0.1)
    ankle = (rng.uniform(-0.35, -0.15) * side, 0.6)
    calf = ((knee[0] + 2 * ankle[0]) / 3 - 0.02 * side, 0.18)
    canvas.limbs(skin, [(*hip, 0.27), ((hip[0] + knee[0]) / 2, -0.5, 0.24), (*knee, 0.16)],
                 [(*knee, 0.165), (*calf, 0.155), (*ankle, 0.085)], *foot_paths(ankle, 0.4, side))
    if rng.integers(2):
        canvas.limbs(canvas.colour(), [(*hip, 0.31), ((2 * hip[0] + knee[0]) / 3, -0.62, 0.29)])


def feet(rng, canvas, skin):
    side = int(rng.choice([-1, 1]))
    for x, y in ((-0.3 * side, -0.08), (-0.45 * side, 0.18)):
        ankle = (x, y + 0.1)
        shin = (x - rng.uniform(-0.05, 0.12) * side, -0.8)
        canvas.limbs(skin, [(*shin, 0.21), (x, -0.3, 0.17), (*ankle, 0.12)], *foot_paths(ankle, 0.62, side))


def torso(canvas, colour, shoulders, waist, hips):
    right = smooth([(0.12, -0.74), (shoulders, -0.66), (shoulders * 0.86, -0.35), (waist, -0.08), (hips, 0.2)])
    left = right[::-1] * [-1, 1]
    canvas.shape(np.vstack([right, left]), colour)


def headless(rng, canvas, skin):
    """A person in shirt and trousers, cut at the neck; lower in the picture, since raised hands need room."""
    canvas.shift[1] += 0.05
    shirt, trousers = canvas.colour(), canvas.colour(value=(0.3, 0.6))
    shoulders, waist, hips = rng.uniform(0.28, 0.36), rng.uniform(0.18, 0.25), rng.uniform(0.22, 0.28)
    bare = bool(rng.integers(2))
    stance, raised = rng.uniform(2, 16), rng.integers(4)
    for side in (-1, 1):
        hip = (0.12 * side, 0.2)
        knee = reach(hip, 0.36, 90 - side * stance)
        ankle = reach(knee, 0.34, 90 - side * rng.uniform(-2, 4))
        canvas.limbs((70, 56, 50), *foot_paths(ankle, 0.14, side))
        canvas.limbs(trousers, [(*hip, 0.13), (*knee, 0.095), (*ankle, 0.07)])
        lifted = raised == 3 or (raised == 1 and side < 0) or (raised == 2 and side > 0)
        upper = -rng.uniform(0, 45) if lifted else rng.uniform(62, 84)
        shoulder = (side * (shoulders - 0.05), -0.6)
        elbow = reach(shoulder, 0.3, upper if side > 0 else 180 - upper)
        lower = -rng.uniform(60, 95) if lifted else rng.uniform(70, 125)
        direction = lower if side > 0 else 180 - lower
        wrist = reach(elbow, 0.28, direction)
        forearm = [[(*elbow, 0.07), (*wrist, 0.045)], *hand_paths(wrist, direction, 0.14, 8, -side if lifted else side)]
        canvas.limbs(skin, *forearm)
        canvas.limbs(skin if bare else shirt, [(*elbow, 0.07), (*reach(elbow, 0.24, direction), 0.055)])
        canvas.limbs(shirt, [(*shoulder, 0.095), (*elbow, 0.075)])
    canvas.shape(np.array([(-0.08, -0.83), (0.08, -0.83), (0.1, -0.66), (-0.1, -0.66)]), skin)
    torso(canvas, shirt, shoulders, waist, hips)
    canvas.fill(oval(0, -0.73, 0.105, 0.05, start=0, stop=180), skin)
    canvas.stroke(oval(0, -0.73, 0.105, 0.05, start=0, stop=180))
    canvas.shape(np.array([(-hips, 0.14), (hips, 0.14), (hips, 0.22), (-hips, 0.22)]), shade(trousers, 0.7))


def body(rng, index):
    parts = [headless, arm, headless, leg, headless, bent_arm, headless, feet]
    part = parts[index % len(parts)]
    canvas = Canvas(rng, size=(0.64, 0.74) if part is headless else (0.64, 0.82), tilt=5 if part is headless else 20)
    part(rng, canvas, SKINS[rng.integers(len(SKINS))])
    return canvas.image()
