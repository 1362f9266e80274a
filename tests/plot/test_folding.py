"""Long names, in lines that fit."""

import pytest

from bactrian.plot.folding import MOST_LINES, folded, width

NAMES = [
    "waiting time until the next eruption, in minutes",
    "od280/od315_of_diluted_wines_of_three_cultivars",
    "q" * 40,
    "W" * 40,
    "a b " * 20,
    "länge_des_kelchblattes_der_schwertlilie",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("room", [60.0, 118.0])
def test_lines_fit(name, room):
    lines = folded(name, room, 10.0).split("\n")
    assert 1 < len(lines) <= MOST_LINES
    assert max(width(line, 10.0) for line in lines) <= room


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_where_there_is_room(name):
    text = folded(name, 200.0, 10.0)
    assert text.replace("\n", "").replace(" ", "") == name.replace(" ", "")
    assert folded(name, 1000.0, 10.0) == name


def test_what_is_cut_ends_in_an_ellipsis():
    assert folded("q" * 400, 60.0, 10.0).endswith("…")


def test_words_stay_whole():
    assert folded("petal length of the flower", 70.0, 10.0) == "petal length\nof the flower"


def test_one_letter_is_written_wherever_there_is_room_for_none():
    assert folded("abc", 1.0, 10.0) == "a\nb\nc"


def test_formulas_are_left_alone():
    assert folded(r"$\mu_1$ of the first component", 10.0, 10.0) == r"$\mu_1$ of the first component"


def test_widths_are_those_of_the_font():
    assert width("mmmm", 10.0) == pytest.approx(2 * width("mm", 10.0))
    assert width("m", 20.0) == pytest.approx(2 * width("m", 10.0))
    assert width("i", 10.0) < width("m", 10.0)
    assert width(" ", 10.0) > 0
