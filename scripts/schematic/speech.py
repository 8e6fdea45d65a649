"""Sentences spoken by espeak-ng, in voices that differ, each in a sound as long as all others."""

import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from .sounds import RATE, SAMPLES

VOICES = [f"{accent}+{timbre}" for timbre in ("m3", "f2", "m1", "f4", "m7", "f3") for accent in ("en-us", "en-gb")]


def is_possible():
    return shutil.which("espeak-ng") is not None


def spoken(sentence, voice, words_a_minute, pitch):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        manner = ["-v", voice, "-s", str(words_a_minute), "-p", str(pitch)]
        subprocess.run(["espeak-ng", *manner, "-w", str(path), "--", sentence], check=True, capture_output=True)
        with wave.open(str(path)) as file:
            if file.getframerate() != RATE:
                raise RuntimeError(f"espeak-ng speaks {voice} at {file.getframerate()} Hz instead of {RATE} Hz")
            return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)


def speech(rng, index, sentences):
    """One of the sentences; said faster where it would not fit."""
    sentence, voice = sentences[index % len(sentences)], VOICES[index % len(VOICES)]
    rate, pitch = int(rng.integers(145, 170)), int(rng.integers(35, 65))
    while len(samples := spoken(sentence, voice, rate, pitch)) > SAMPLES:
        rate += 10
    return np.pad(samples, (0, SAMPLES - len(samples)))
