"""Synthetic sounds in the place of natural ones: weather, water, animals, instruments and machines, without a voice."""

import wave
from itertools import zip_longest

import numpy as np

RATE = 22_050
SECONDS = 4.0
SAMPLES = int(RATE * SECONDS)
LOUDNESS = 0.08  # root mean square of full scale

TIME = np.arange(SAMPLES) / RATE


def noise(rng, low, high):
    """Noise between two frequencies in Hz, with soft edges."""
    spectrum = np.fft.rfft(rng.normal(size=SAMPLES))
    frequency = np.fft.rfftfreq(SAMPLES, 1 / RATE)
    spectrum *= np.exp(-((low / np.maximum(frequency, 1)) ** 4) - (frequency / high) ** 4)
    sound = np.fft.irfft(spectrum, SAMPLES)
    return sound / sound.std()


def drift(rng, slowest, least):
    """A slow random course between `least` and 1."""
    knots = rng.uniform(least, 1, int(SECONDS / slowest) + 2)
    return np.interp(TIME, np.linspace(0, SECONDS, len(knots)), knots)


def tone(frequency, harmonics=(1.0,)):
    """A tone whose frequency is a number or follows a course."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(frequency, TIME.shape)) / RATE
    return sum(weight * np.sin((order + 1) * phase) for order, weight in enumerate(harmonics))


def struck(onset, decay):
    """The course of something that is struck and rings."""
    since = TIME - onset
    return np.where(since >= 0, np.exp(-np.maximum(since, 0) / decay) * (1 - np.exp(-np.maximum(since, 0) / 0.002)), 0)


def swelling(onset, length):
    """The course of something that swells and fades."""
    return np.sin(np.pi * np.clip((TIME - onset) / length, 0, 1)) ** 2


def onsets(rng, least, most):
    """Moments with gaps between two lengths in seconds."""
    moments = np.cumsum(rng.uniform(least, most, 400))
    moments += rng.uniform(0, least) - moments[0]
    return moments[moments < SECONDS - 0.1]


def wind(rng):
    return noise(rng, 150, rng.uniform(500, 900)) * drift(rng, 0.7, 0.1) ** 2


def rain(rng):
    drops = sum(struck(at, 0.004) * rng.uniform(0.5, 3) for at in onsets(rng, 0.02, 0.09))
    return noise(rng, 1500, 8000) * (0.4 + drops)


def surf(rng):
    period, phase = rng.uniform(1.6, 2.6), rng.uniform(0, 2)
    return noise(rng, 120, 3000) * (0.08 + (0.5 + 0.5 * np.sin(2 * np.pi * (TIME / period + phase))) ** 3)


def birdsong(rng):
    song, pitch = np.zeros(SAMPLES), rng.uniform(2200, 3600)
    for at in onsets(rng, 0.14, 0.4):
        slope, trill = rng.uniform(-4000, 4000), rng.choice([0, 300]) * np.sin(2 * np.pi * 28 * TIME)
        song += tone(pitch + slope * (TIME - at) + trill) * swelling(at, rng.uniform(0.06, 0.16))
    return song


def barking(rng):
    bark, pitch = np.zeros(SAMPLES), rng.uniform(180, 360)
    rough = noise(rng, 400, 1600)
    for at in onsets(rng, 0.4, 0.8):
        fall = pitch * (1 + 0.7 * np.exp(-np.maximum(TIME - at, 0) / 0.05))
        bark += (tone(fall, (1, 0.9, 0.8, 0.6, 0.4)) + 0.8 * rough) * swelling(at, rng.uniform(0.12, 0.2))
    return bark


def frogs(rng):
    pulses = 0.5 + 0.5 * np.sign(np.sin(2 * np.pi * rng.uniform(24, 38) * TIME))
    calls = sum(swelling(at, 0.4) for at in onsets(rng, 0.5, 0.9))
    return tone(rng.uniform(380, 640), (1, 0.5, 0.3)) * pulses * calls


def crickets(rng):
    rate = rng.uniform(2.2, 3.4)
    chirp = (np.sin(2 * np.pi * rate * TIME) > 0.1) * (0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(24, 34) * TIME))
    return tone(rng.uniform(3800, 5200)) * chirp + 0.02 * noise(rng, 300, 4000)


def melody(rng):
    scale, low = 2 ** (np.array([0, 2, 4, 7, 9, 12]) / 12), rng.uniform(196, 330)
    return sum(tone(low * rng.choice(scale), (1, 0.5, 0.3, 0.15)) * struck(at, 0.35) for at in onsets(rng, 0.2, 0.45))


def strings(rng):
    low = rng.uniform(130, 220)
    vibrato = 1 + 0.006 * np.sin(2 * np.pi * 5.5 * TIME)
    chord = sum(tone(low * ratio * vibrato, 1 / np.arange(1, 9)) for ratio in (1, 1.26, 1.5))
    return chord * (0.3 + swelling(0, 2.0) + swelling(1.7, 2.2))


def bells(rng):
    partials, low = (0.5, 1, 1.19, 1.5, 2, 2.74, 3.76), rng.uniform(320, 620)
    return sum(
        tone(low * partial) * struck(at, 1.4 / partial) for at in onsets(rng, 0.8, 1.3) for partial in partials
    )


def drums(rng):
    beat, skin = np.zeros(SAMPLES), noise(rng, 80, 1500)
    for at in onsets(rng, 0.16, 0.42):
        fall = rng.uniform(70, 150) * (1 + np.exp(-np.maximum(TIME - at, 0) / 0.03))
        beat += tone(fall) * struck(at, 0.12) + 0.5 * skin * struck(at, 0.03)
    return beat


def motor(rng):
    speed = rng.uniform(40, 80) * (1 + 0.3 * drift(rng, 1.0, 0.0))
    return tone(speed, 1 / np.arange(1, 20) ** 0.7) + 0.4 * noise(rng, 200, 2500)


def siren(rng):
    middle, period = rng.uniform(600, 1000), rng.uniform(0.6, 1.6)
    return tone(middle * (1 + 0.3 * np.sin(2 * np.pi * TIME / period)), (1, 0.3, 0.2))


def sawing(rng):
    stroke = np.sin(np.pi * TIME / rng.uniform(0.35, 0.6))
    return noise(rng, 900, 5000) * np.abs(stroke) ** 1.5 * (0.6 + 0.4 * np.sign(stroke))


def knocking(rng):
    wood = noise(rng, 150, 900)
    return sum(wood * struck(at, 0.025) * rng.uniform(0.6, 1) for at in onsets(rng, 0.12, 0.5))


NATURE, ANIMALS, MUSIC = [wind, rain, surf], [birdsong, barking, frogs, crickets], [melody, bells, strings, drums]
MACHINES = [motor, sawing, siren, knocking]
KINDS = [kind for group in zip_longest(ANIMALS, MUSIC, MACHINES, NATURE) for kind in group if kind]


def sound(rng, index):
    return KINDS[index % len(KINDS)](rng)


def finished(samples):
    """As 16 bits, as loud as all others, with soft ends; a peak that is too high is bent, not cut."""
    samples = samples - samples.mean()
    ends = np.minimum(1, np.minimum(TIME, SECONDS - TIME) / 0.02)
    samples = samples * ends
    samples = np.tanh(samples * LOUDNESS / np.sqrt(np.mean(samples**2)))
    return np.rint(32767 * samples).astype("<i2")


def write(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def read(path):
    """The samples of a file that `write` wrote."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")
