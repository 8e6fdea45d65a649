"""scripts/stimuli: what it makes is what it says, the same for a seed, and different within a condition."""

import importlib
import pathlib
import shutil
import subprocess
import sys
import wave

import numpy as np
import pytest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where pytest brings it
    import tomli as tomllib

REPOSITORY = pathlib.Path(__file__).parents[2]
SCRIPT = REPOSITORY / "scripts/stimuli"
COUNT = 4
CATEGORIES = ["faces", "places", "bodies", "objects", "characters"]

Image = pytest.importorskip("PIL.Image", reason="SKIPPED: there is no Pillow; scripts/setup installs it")
sys.path.insert(0, str(REPOSITORY / "scripts"))
films = importlib.import_module("schematic.films")

needs_speech = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="SKIPPED: there is no espeak-ng")
needs_films = pytest.mark.skipif(films.encoder() is None, reason="SKIPPED: there is no ffmpeg")


def run(folder, *arguments):
    return subprocess.run([sys.executable, SCRIPT, folder, *arguments], capture_output=True, text=True)


def make(folder, *arguments):
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "stimuli", "--count", str(COUNT), "--seed", "7")


def contents(folder, *suffixes):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.suffix in suffixes}


def pixels(path):
    return np.asarray(Image.open(path), float)


def samples(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768


def frames(path):
    command = [films.encoder(), "-loglevel", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, 256, 256).astype(float)


def heard(path):
    """The sound of a film as its encoder hears it, at 22,050 Hz."""
    command = [films.encoder(), "-loglevel", "error", "-i", path, "-f", "s16le", "-ac", "1", "-ar", "22050", "pipe:"]
    sound = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2") / 32_768
    return np.pad(sound, (0, max(0, 88_200 - len(sound))))[:88_200]


def files(made, localizer, condition):
    found = sorted((made / localizer / condition).iterdir())
    assert len(found) == COUNT
    return found


def test_a_folder_is_a_localizer_and_a_folder_in_it_a_condition(made):
    for folder in (path for path in made.iterdir() if path.is_dir()):
        localizer = tomllib.loads((REPOSITORY / "localizers" / f"{folder.name}.toml").read_text())
        wanted = {condition["name"] for condition in localizer["conditions"] if "silence_s" not in condition}
        assert {path.name for path in folder.iterdir()} == wanted
        assert localizer["stimulus"] != "text"


def test_it_is_called_what_it_is(made):
    text = (made / "README.txt").read_text()
    assert "schematic" in text and "not validated" in text


def test_a_seed_makes_the_same_bytes_and_a_larger_count_adds_to_them(made, tmp_path):
    more = contents(make(tmp_path / "more", "--count", str(COUNT + 1), "--seed", "7"), ".png", ".wav")
    for path, content in contents(made, ".png", ".wav").items():
        assert more[path] == content, path


def test_another_seed_makes_other_bytes(made, tmp_path):
    other = contents(make(tmp_path / "other", "--count", "2", "--seed", "8"), ".png", ".wav")
    same = [path for path, content in contents(made, ".png", ".wav").items() if other.get(path) == content]
    assert not same


def test_a_folder_of_someone_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = run(tmp_path, "--count", "2")
    assert done.returncode != 0 and "not of this script" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_one_stimulus_a_condition_is_refused(tmp_path):
    done = run(tmp_path / "one", "--count", "1")
    assert done.returncode != 0 and "two stimuli" in done.stderr


def test_without_espeak_the_speech_is_left_out_loudly(tmp_path):
    elsewhere = {"PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "mute", "--count", "2"], capture_output=True, text=True, env=elsewhere
    )
    assert done.returncode == 0, done.stderr
    assert any(line.startswith("SKIPPED: speech_silence") for line in done.stderr.splitlines())
    made = {path.name for path in (tmp_path / "mute").iterdir()}
    assert made >= set(CATEGORIES) and not made & {"speech_silence", "speech_sounds", "multisensory"}
    assert "Left out: speech_silence" in (tmp_path / "mute/README.txt").read_text()


@pytest.mark.parametrize("category", CATEGORIES)
class TestPictures:
    def test_they_are_colours_on_grey(self, made, category):
        for path in files(made, "faces", category):
            picture = Image.open(path)
            assert (picture.mode, picture.size) == ("RGB", (256, 256))
            corner = np.asarray(picture)[[0, 0, -1, -1], [0, -1, 0, -1]]
            assert np.all(corner == 128)
            inked = np.mean(np.any(np.asarray(picture) != 128, axis=2))
            assert 0.03 < inked < 0.95

    def test_they_differ(self, made, category):
        pictures = [pixels(path) for path in files(made, "faces", category)]
        for i, one in enumerate(pictures):
            assert all(np.abs(one - other).mean() > 2 for other in pictures[:i])

    def test_every_category_serves_all_five_localizers(self, made, category):
        for localizer in CATEGORIES:
            for one, other in zip(files(made, "faces", category), files(made, localizer, category)):
                assert one.read_bytes() == other.read_bytes()


def test_a_scrambled_picture_has_the_power_of_the_intact_one_and_not_its_shape(made):
    for one, other in zip(files(made, "scrambled", "intact"), files(made, "scrambled", "scrambled")):
        intact, scrambled = pixels(one).mean(axis=2), pixels(other).mean(axis=2)
        power = [np.log(np.abs(np.fft.rfft2(picture)) + 100).ravel() for picture in (intact, scrambled)]
        assert np.corrcoef(*power)[0, 1] > 0.9
        assert abs(np.corrcoef(intact.ravel(), scrambled.ravel())[0, 1]) < 0.5
        assert scrambled.mean() == pytest.approx(intact.mean(), abs=2)
        assert scrambled.std() == pytest.approx(intact.std(), rel=0.1)


@needs_films
def test_what_moves_moves_and_what_is_static_does_not(made):
    for moving, static in zip(files(made, "motion", "moving"), files(made, "motion", "static")):
        moves, stays = frames(moving), frames(static)
        assert len(moves) == len(stays) == 50
        change = [np.abs(np.diff(film, axis=0)).mean() for film in (moves, stays)]
        assert change[0] > 20 * change[1] and change[0] > 2
        assert np.abs(moves[0] - stays[0]).mean() < 1


@needs_speech
def test_sounds_are_as_long_and_as_loud(made):
    speech, sounds = files(made, "speech_sounds", "speech"), files(made, "speech_sounds", "sounds")
    for path in [*files(made, "speech_silence", "speech"), *speech, *sounds]:
        sound = samples(path)
        assert len(sound) == 88_200
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(0.078, rel=0.1)
        assert np.abs(sound).max() < 1


@needs_speech
@needs_films
def test_a_mouth_opens_with_its_own_sentence_and_not_with_another(made):
    def agreement(film):
        picture = frames(film)
        mouth = np.abs(picture - picture[-1]).mean(axis=(1, 2))  # shut at the end, when the sentence is over
        loudness = np.sqrt(np.mean(heard(film).reshape(100, 882) ** 2, axis=1))
        return np.corrcoef(mouth, loudness)[0, 1]

    congruent = [agreement(path) for path in files(made, "multisensory", "both_congruent")]
    incongruent = [agreement(path) for path in files(made, "multisensory", "both_incongruent")]
    assert min(congruent) > 0.7
    assert np.all(np.array(incongruent) < np.array(congruent) - 0.15)


@needs_speech
@needs_films
def test_one_modality_is_shown_the_congruent_films(made):
    congruent = [path.read_bytes() for path in files(made, "multisensory", "both_congruent")]
    for condition in ("audio", "video"):
        assert [path.read_bytes() for path in files(made, "multisensory", condition)] == congruent


def test_material_has_every_kind_and_none_of_the_localizers(made, tmp_path):
    folder = make(tmp_path / "material", "--material", "--count", "9", "--seed", "7")
    for kind in [*CATEGORIES, "scrambled"]:
        pictures = sorted((folder / kind).glob("*.png"))
        assert len(pictures) == 9
        assert all(Image.open(picture).size == (128, 128) for picture in pictures)
    assert len(list((folder / "sounds").glob("*.wav"))) == 9
    mouths = [sorted(portrait.glob("*.png")) for portrait in sorted((folder / "portraits").iterdir())]
    assert len(mouths) == 9 and all(len(portrait) == films.MOUTHS for portrait in mouths)
    assert all(not np.array_equal(pixels(portrait[0]), pixels(portrait[-1])) for portrait in mouths)
    for category in CATEGORIES:
        smaller = [np.asarray(Image.open(path).reduce(2)) for path in (made / category / category).glob("*.png")]
        own = [np.asarray(Image.open(path)) for path in (folder / category).glob("*.png")]
        assert not any(np.array_equal(one, other) for one in own for other in smaller)


def test_more_material_adds_to_less(tmp_path):
    few = contents(make(tmp_path / "few", "--material", "--count", "9"), ".png", ".wav")
    more = contents(make(tmp_path / "more", "--material", "--count", "12"), ".png", ".wav")
    assert len(more) > len(few) and all(more[name] == content for name, content in few.items())
