"""The library of localizers: every paradigm is whole, and the texts of its conditions are matched as it says.

The server reads the same files; this holds what it cannot know: which texts belong together, and which regions exist.
"""

import ast
import operator
import pathlib
import re

import pytest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where pytest brings it
    import tomli as tomllib

LIBRARY = pathlib.Path(__file__).parents[2] / "localizers"
NAMES = (
    "faces places bodies objects characters scrambled motion speech_silence speech_sounds sentences_word_lists "
    "sentences_pseudo_words complex_simple emotional_pain theory_of_mind multisensory"
).split()
REGIONS = (
    "FFA OFA pSTS-faces PPA RSC OPA EBA FBA LOC VWFA MT A1 STG STS IFG IFGorb MFG AntTemp PostTemp AngG TPJ Precuneus "
    "mPFC pSTS-multisensory"
).split()
MODALITIES = {"text", "audio", "video"}
LEAST_ITEMS = 40

# Texts that are matched line by line: how far two lines may differ, in words.
MATCHED = {
    ("complex_sentences", "simple_sentences"): lambda longer: 1,
    ("emotional_pain", "physical_pain"): lambda longer: 0.10 * longer,
    ("belief", "photo"): lambda longer: 0.10 * longer,
}
# The least and the most words of a line.
LENGTHS = {
    "sentences": (8, 12),
    "complex_sentences": (8, 12),
    "simple_sentences": (8, 12),
    "emotional_pain": (26, 36),
    "physical_pain": (26, 36),
    "belief": (35, 45),
    "photo": (35, 45),
}
MIND = re.compile(
    r"\b(believe|think|thought|know|knew|hope|expect|sure|certain|convinced|imagine|wonder|assume|suppose|fear|afraid|"
    r"remember|guess|suspect|persuaded|confident)",
    re.IGNORECASE,
)

every_localizer = pytest.mark.parametrize("name", NAMES)
every_text = pytest.mark.parametrize("text", LENGTHS)
every_match = pytest.mark.parametrize("one, other", MATCHED)


def localizer(name):
    return tomllib.loads((LIBRARY / f"{name}.toml").read_text())


def items(text):
    return (LIBRARY / "items" / f"{text}.txt").read_text().splitlines()


def words(line):
    return len(line.split())


def mean_words(text):
    return sum(map(words, items(text))) / len(items(text))


def weights(expression):
    """The weight of each condition in a linear expression; all but + - * / of numbers and conditions is refused."""
    binary = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
    tree = ast.parse(expression, mode="eval").body

    def value(node, unit):
        match node:
            case ast.BinOp(left, op, right):
                return binary[type(op)](value(left, unit), value(right, unit))
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand, unit)
            case ast.Constant(int() | float() as number):
                return number
            case ast.Name(condition):
                return float(condition == unit)
        raise ValueError(f"{ast.dump(node)} has no place in a contrast")

    conditions = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {condition: value(tree, condition) for condition in conditions}


def test_the_library_holds_the_fifteen_and_no_other():
    assert sorted(path.stem for path in LIBRARY.glob("*.toml")) == sorted(NAMES)


def test_every_text_belongs_to_a_localizer():
    used = {condition["items"] for name in NAMES for condition in localizer(name)["conditions"] if "items" in condition}
    assert used == set(LENGTHS) == {path.stem for path in (LIBRARY / "items").iterdir()}


@every_localizer
class TestLocalizer:
    def test_it_is_whole(self, name):
        file = localizer(name)
        assert file.keys() - {"modalities", "published"} == {
            "title", "description", "stimulus", "conditions", "design", "estimate", "contrasts", "expected",
        }
        assert file["title"] and 80 <= len(file["description"]) <= 400
        assert file["stimulus"] in {"image", "sound", "film", "text"}
        assert file["design"]["kind"] in {"event", "block", "continuous", "isolated"}
        assert file["estimate"]["kind"] in {"peak", "glm", "timecourse"}

    def test_a_condition_has_one_source_of_stimuli(self, name):
        file = localizer(name)
        conditions = [condition["name"] for condition in file["conditions"]]
        assert len(set(conditions)) == len(conditions) >= 2
        for condition in file["conditions"]:
            assert condition["wants"]
            sources = condition.keys() & {"items", "derived", "silence_s"}
            assert len(sources) == 1 if file["stimulus"] == "text" else sources <= {"silence_s"}
            assert (condition["wants"] == "nothing") == ("silence_s" in condition)
            if "derived" in condition:
                assert condition["derived"].keys() == {"from", "rule", "seed"}
                assert condition["derived"]["from"] in LENGTHS
                assert condition["derived"]["rule"] in {"word_list", "pseudo_words"}

    def test_its_modalities_are_known(self, name):
        file = localizer(name)
        for place in [file, *file["conditions"]]:
            assert set(place.get("modalities", [])) <= MODALITIES

    def test_the_response_to_a_trial_is_past_its_peak_before_the_next(self, name):
        file = localizer(name)
        if file["stimulus"] == "image":
            assert file["design"]["asynchrony_s"] - file["design"]["stimulus_s"] >= 7
        else:
            assert file["design"]["pause_s"] >= 8
            assert "stimulus_s" not in file["design"], "only a picture is held so long; others last as long as they do"

    def test_its_contrasts_are_of_its_conditions_and_sum_to_zero(self, name):
        file = localizer(name)
        conditions = {condition["name"] for condition in file["conditions"]}
        for contrast in file["contrasts"]:
            found = weights(contrast["expression"])
            assert found.keys() <= conditions
            assert all(found.values())
            assert sum(found.values()) == pytest.approx(0, abs=1e-12)

    def test_what_it_expects_is_of_its_contrasts_and_in_regions_that_exist(self, name):
        file = localizer(name)
        contrasts = {contrast["name"] for contrast in file["contrasts"]}
        for expected in file["expected"]:
            assert expected.keys() == {"contrast", "region", "hemisphere", "citation"}
            assert expected["contrast"] in contrasts
            assert expected["region"] in REGIONS
            assert expected["hemisphere"] in {"left", "right", "both"}
            assert re.search(r"\b(19|20)\d\d\b|arXiv", expected["citation"])
        if "published" in file:
            assert file["published"]["contrast"] in contrasts
            assert -1 <= file["published"]["r"] <= 1 and 0 < file["published"]["p"] < 0.05


@pytest.mark.parametrize("name", ["faces", "places", "bodies", "objects", "characters"])
def test_a_category_has_the_weights_of_floc(name):
    (contrast,) = localizer(name)["contrasts"]
    found = weights(contrast["expression"])
    assert len(found) == 5
    assert all(4 * weight == (4 if condition == name else -1) for condition, weight in found.items())


def test_the_agreement_is_that_of_the_paper():
    published = {name: localizer(name)["published"]["r"] for name in NAMES if "published" in localizer(name)}
    assert published == {
        "places": 0.79, "bodies": 0.74, "faces": 0.64, "characters": 0.60, "objects": 0.12, "speech_silence": 0.79,
        "speech_sounds": 0.45, "emotional_pain": 0.50, "sentences_word_lists": 0.60, "complex_simple": 0.21,
    }


@every_text
class TestText:
    def test_there_are_enough_and_none_twice(self, text):
        assert len(set(items(text))) == len(items(text)) >= LEAST_ITEMS

    def test_every_line_is_clean(self, text):
        for line in items(text):
            assert re.fullmatch(r"[A-Z][A-Za-z',]*( [A-Za-z',]+[.]?)*[.]", line), line
            assert not re.search(r"[.](?! [A-Z]|$)| [a-z]*[A-Z]+[a-z]*[A-Z]", line), line
            assert not re.search(r"\b(\w+) \1\b", line, re.IGNORECASE), f"a word twice: {line}"

    def test_every_line_has_its_length(self, text):
        least, most = LENGTHS[text]
        assert all(least <= words(line) <= most for line in items(text))


@every_match
class TestMatched:
    def test_line_by_line_they_are_as_long(self, one, other):
        limit = MATCHED[one, other]
        for first, second in zip(items(one), items(other), strict=True):
            longer = max(words(first), words(second))
            assert abs(words(first) - words(second)) <= limit(longer), f"{first} | {second}"

    def test_on_average_they_are_as_long(self, one, other):
        assert mean_words(one) == pytest.approx(mean_words(other), rel=0.05)

    def test_line_by_line_they_share_words(self, one, other):
        """They are about the same person, place or event."""
        common = set("the a of to in and it he she his her was had that on at".split())
        for first, second in zip(items(one), items(other), strict=True):
            shared = set(re.findall(r"\w+", first.lower())) & set(re.findall(r"\w+", second.lower()))
            assert len(shared - common) >= 2, f"{first} | {second}"


def test_a_complex_sentence_embeds_a_clause_and_a_simple_one_has_the_same_words_with_it_at_the_end():
    for embedded, final in zip(items("complex_sentences"), items("simple_sentences"), strict=True):
        assert re.match(r"The \w+ (that|who) the ", embedded), embedded
        assert not re.match(r"The \w+ (that|who) ", final), final
        assert sorted(embedded.lower().rstrip(".").split()) == sorted(final.lower().rstrip(".").split())


def test_no_story_of_a_photograph_speaks_of_a_mind():
    assert not [line for line in items("photo") if MIND.search(line)]
