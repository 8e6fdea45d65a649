"""The features that `tests/front_ends.rs` made without weights, computed again plainly."""

import os
import pathlib

import numpy as np
import pytest
from scipy.signal import firwin, resample_poly


@pytest.fixture(scope="session")
def array():
    if "ENCORTEX_FRONT_ENDS" not in os.environ:
        pytest.skip("ENCORTEX_FRONT_ENDS names no folder: run `cargo test --test front_ends`")
    return lambda name: np.load(pathlib.Path(os.environ["ENCORTEX_FRONT_ENDS"]) / f"{name}.npy")


def decimated(series, factor):
    """As scipy.signal.decimate(ftype="fir"), but with the ends held: `series` is (time, value)."""
    taps = firwin(20 * factor + 1, 1 / factor, window="hamming")
    return resample_poly(series, 1, factor, axis=0, window=taps, padtype="edge")


def close(what, found, expected, tolerance):
    difference = np.abs(found - expected).max()
    print(f"\n{what}: {found.shape}, the greatest difference is {difference:.1e}")
    assert found.shape == expected.shape
    assert difference <= tolerance


def lab(rgb):
    """CIE L*a*b* of sRGB bytes (…, 3)."""
    gamma = rgb / 255
    linear = np.where(gamma < 0.04045, gamma / 12.92, ((gamma + 0.055) / 1.055) ** 2.4)
    white = np.array([0.950456, 1.0, 1.088754])
    xyz = linear @ np.array(
        [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
    ).T
    x, y, z = np.moveaxis(xyz / white, -1, 0)
    f = lambda t: np.where(t < 0.008856, 7.787 * t + 4 / 29, np.cbrt(t))
    return np.stack([116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))], axis=-1)


def resized(frames, side):
    """Bilinear with antialiasing, the shorter side to `side`, cut about the middle."""
    import torch

    height, width = frames.shape[1:3]
    shape = (side, side * width // height)
    pixels = torch.from_numpy(frames).permute(0, 3, 1, 2)
    pixels = torch._C._nn._upsample_bilinear2d_aa(pixels, shape, False, None, None)
    left = round((shape[1] - side) / 2)
    return pixels[..., left : left + side].permute(0, 2, 3, 1).numpy()


def pyramid(frequencies):
    """pymoten's filters of a square picture, in its order."""
    for sf in frequencies:
        envelope = min(0.6 / sf, 0.3)
        n = max(0, np.floor((1 - 3.5 * envelope) / (3.5 * envelope) / 2))
        centres = 0.5 + 3.5 * envelope * np.arange(-n, n + 1)
        for direction in np.arange(0, 360, 45):
            for x in centres:
                for y in centres:
                    for tf in (0, 2, 4):
                        if tf == 0 and direction >= 180:
                            continue
                        yield x, y, direction, sf, envelope, tf
                        if direction == 0:
                            yield x, y, direction, 0, envelope, tf


def motion_energy(luminance, hz):
    """Log energies (frame, filter) of (frame, side, side), each filter on its own."""
    frames, side, _ = luminance.shape
    length = int(hz * 2 / 3)
    h, v = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    t = np.linspace(0, 1, length, endpoint=False) - 0.5
    energies = []
    for x, y, direction, sf, envelope, tf in pyramid([2, 4, 8, 16]):
        angle = np.deg2rad(direction)
        phase = 2 * np.pi * sf * (-(h - x) * np.cos(angle) + (v - y) * np.sin(angle))
        gaussian = np.exp(-((h - x) ** 2 + (v - y) ** 2) / (2 * envelope**2))
        sine, cosine = gaussian * np.sin(phase), gaussian * np.cos(phase)
        mask = np.abs(sine) + np.abs(cosine) > 0.001
        a, b = luminance[:, mask] @ sine[mask], luminance[:, mask] @ cosine[mask]
        course = np.exp(-(t**2) / (2 * 0.3**2))
        course_sine = course * np.sin(t * 2 * np.pi * tf * length / hz)
        course_cosine = course * np.cos(t * 2 * np.pi * tf * length / hz)
        ahead = (length + 1) // 2 - 1
        filtered = lambda series, course: np.convolve(series, course)[ahead : ahead + frames]
        one = filtered(a, course_cosine) + filtered(b, course_sine)
        other = filtered(b, course_cosine) - filtered(a, course_sine)
        energies.append(np.log(np.hypot(one, other) + 1e-5))
    return np.stack(energies, axis=1)


def test_motion_energy_and_colours(array):
    film, found = array("film"), array("motion_energy")
    samples = len(found)
    shown = np.floor(12 * np.arange(8 * samples) / 16 + 1e-5).astype(int).clip(max=len(film) - 1)
    colours = lab(resized(film, 96)[shown].astype(float))
    energies = decimated(motion_energy(colours[..., 0], 16) - np.log(1e-5), 8)
    close("motion energy", found[:, :1380], energies, 3e-4)
    fields = colours.reshape(len(shown), 4, 24, 4, 24, 3).mean(axis=(2, 4))
    fields = decimated(fields.transpose(0, 3, 1, 2).reshape(len(shown), 48), 8)
    close("lightness and colours", found[:, 1380:], fields, 1e-3)


def cochleagram(waveform):
    """(channel, frame) levels, 0 at -80 dB and 1 at full scale."""
    frames = len(waveform) // 160
    padded = np.pad(waveform, 200)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.stack([np.abs(np.fft.rfft(padded[160 * i : 160 * i + 400] * window, 512)) ** 2 for i in range(frames)])
    hz = np.fft.rfftfreq(512, 1 / 16000)
    levels = []
    for channel in range(60):
        centre = 125 * 2 ** ((channel + 0.5) / 10)
        bandwidth = 1.019 * 24.7 * (4.37 * centre / 1000 + 1)
        weights = (1 + ((hz - centre) / bandwidth) ** 2) ** -4.0
        level = 10 * np.log10(np.maximum(power @ (weights / weights.sum()) / 100**2, 1e-8))
        levels.append(1 + level / 80)
    return np.stack(levels)


def modulations(levels):
    """Magnitudes (rate, scale, direction, channel, frame); what surrounds the sound is silent."""
    channels, frames = levels.shape
    padded = np.pad(levels, ((0, channels), (200, 12000 - frames - 200)))
    spectrum = np.fft.fft2(padded)
    over_time, over_channels = np.fft.fftfreq(12000, 1 / 100), np.fft.fftfreq(2 * channels, 1 / 10)
    answers = []
    for rate in (2, 4, 8, 16, 32):
        f = over_time / rate
        tone = 1 / (3.5 + 2j * np.pi * (f - 1)) ** 3 - 1 / (3.5 + 2j * np.pi * (f + 1)) ** 3
        tone = np.where(f > 0, tone / np.abs(tone).max(), 0)
        for scale in (0.25, 0.5, 1, 2):
            for direction in (1, -1):
                g = direction * over_channels / scale
                ridge = np.where(g > 0, g**2 * np.exp(1 - g**2), 0)
                answer = np.abs(np.fft.ifft2(spectrum * ridge[:, None] * tone))
                answers.append(answer[:channels, 200 : 200 + frames])
    return np.stack(answers)


def test_spectro_temporal_modulations(array):
    found = array("spectro_temporal")
    levels = cochleagram(array("waveform")[0].astype(float))
    close("levels", found[:, :60], decimated(levels.T, 50), 1e-4)
    answers = modulations(levels)
    octaves = answers.reshape(40, 6, 10, -1).mean(axis=2).reshape(240, -1)
    close("modulations", found[:, 60:], decimated(octaves.T, 50), 1e-3)


def test_lexical_features(array):
    found = array("lexical")
    assert found.shape == (6, 131)
    np.testing.assert_array_equal(found[:, 0], 1)
    np.testing.assert_array_equal(found[:, 1], [3, 5, 5, 3, 6, 6])
    np.testing.assert_array_equal(found[:, 2], [2, 3, 4, 4, 6, 6])
    embedding, context = found[:, 3:67], found[:, 67:]
    np.testing.assert_allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-5)
    expected, sum_so_far = [], np.zeros(64)
    for word in embedding:
        sum_so_far = 0.8 * sum_so_far + word
        expected.append(sum_so_far.copy())
    np.testing.assert_allclose(context, expected, atol=1e-5)
