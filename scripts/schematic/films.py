"""Films: moving dots and gratings, one still frame of each, and a face that speaks."""

import shutil
import subprocess

import numpy as np
from PIL import Image, ImageDraw

from . import faces
from .canvas import PIXELS, Canvas
from .sounds import RATE as SOUND_RATE
from .sounds import SECONDS as SPEECH_SECONDS

RATE = 25
MOTION_SECONDS = 2.0
MOUTHS = 9  # steps from shut to open

ACROSS, DOWN = np.meshgrid(*[np.linspace(-1, 1, PIXELS)] * 2)
APERTURE = np.clip((0.92 - np.hypot(ACROSS, DOWN)) / 0.04, 0, 1)


def encoder():
    """ffmpeg in PATH, or that of imageio-ffmpeg; None where there is neither."""
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg
    except ImportError:
        return None
    return imageio_ffmpeg.get_ffmpeg_exe()


def write(path, frames, sound=None):
    """Frames (frame, row, column) grey or (frame, row, column, 3), with the sound of a WAV file."""
    kind = "gray" if frames.ndim == 3 else "rgb24"
    command = [encoder(), "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", kind]
    command += ["-s", f"{frames.shape[2]}x{frames.shape[1]}", "-r", str(RATE), "-i", "pipe:"]
    command += ["-i", str(sound), "-c:a", "aac", "-b:a", "128k", "-t", str(len(frames) / RATE)] if sound else []
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-pix_fmt", "yuv420p", "-threads", "1"]
    command += ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact", str(path)]
    subprocess.run(command, input=frames.tobytes(), check=True)


def dots(rng, flow):
    """Dots that drift, turn, or expand or shrink together, white and black, in a round window.

    One in twelve is put elsewhere at each frame, which keeps them as dense everywhere.
    """
    count, fold = 220, 2
    places = rng.uniform(-1, 1, (count, 2))
    shades = np.where(rng.integers(2, size=count), 255, 0)
    radius = rng.uniform(0.018, 0.03)
    heading, speed = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 0.9) * rng.choice([-1, 1])
    drift = abs(speed) * np.array([np.cos(heading), np.sin(heading)])
    films = []
    for _ in range(int(MOTION_SECONDS * RATE)):
        picture = Image.new("L", (PIXELS * fold,) * 2, 128)
        pen = ImageDraw.Draw(picture)
        for (x, y), shade in zip((places + 1) * PIXELS * fold / 2, shades):
            reach = radius * PIXELS * fold / 2
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=int(shade))
        frame = np.asarray(picture.reduce(fold), float)
        films.append(128 + (frame - 128) * APERTURE)
        if flow == "drift":
            step = np.broadcast_to(drift, places.shape)
        elif flow == "turn":
            step = 1.6 * speed * places[:, ::-1] * [-1, 1]
        else:
            step = 1.2 * speed * places
        places = (places + step / RATE + 1) % 2 - 1
        reborn = rng.uniform(size=count) < 0.08
        places[reborn] = rng.uniform(-1, 1, (reborn.sum(), 2))
    return np.rint(films).astype(np.uint8)


def grating(rng):
    """A grating that drifts across its stripes."""
    heading, cycles, rate = rng.uniform(0, 2 * np.pi), rng.uniform(3, 7), rng.uniform(3, 6)
    along = ACROSS * np.cos(heading) + DOWN * np.sin(heading)
    moments = np.arange(int(MOTION_SECONDS * RATE)) / RATE
    waves = np.sin(2 * np.pi * (cycles / 2 * along[None] - rate * moments[:, None, None] + rng.uniform()))
    return np.rint(128 + 110 * waves * APERTURE).astype(np.uint8)


def moving(rng, index):
    return grating(rng) if index % 4 == 3 else dots(rng, ["drift", "turn", "expand"][index % 4])


def still(frames):
    """The first frame, held as long."""
    return np.broadcast_to(frames[:1], frames.shape)


def loudness(samples):
    """How loud each frame of a film is, from 0 to 1."""
    frames = samples.astype(float).reshape(int(SPEECH_SECONDS * RATE), SOUND_RATE // RATE)
    course = np.convolve(np.sqrt(np.mean(frames**2, axis=1)), [0.25, 0.5, 0.25], "same")
    return np.clip(course / np.percentile(course, 95), 0, 1)


def mouths(make_rng, index):
    """One face with its mouth from shut to open, (step, row, column, 3)."""

    def portrait(opening):
        rng = make_rng()
        canvas = Canvas(rng, size=(0.72, 0.86))
        faces.portray(canvas, faces.Identity.draw_from(rng, index), opening)
        return np.asarray(canvas.image())

    return np.stack([portrait(step / (MOUTHS - 1)) for step in range(MOUTHS)])


def talking(make_rng, index, samples):
    """A face whose mouth opens as the sound is loud, (frame, row, column, 3)."""
    return mouths(make_rng, index)[np.rint(loudness(samples) ** 0.7 * (MOUTHS - 1)).astype(int)]
