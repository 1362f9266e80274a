"""What is saved comes back, to the last bit."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bactrian as bt
from bactrian import model_file

from .parts import same_fit, small_fit, small_mixture

FORMS = {
    "full": [[[2, 0.3], [0.3, 1]], [[1, -0.2], [-0.2, 3]], [[1, 0], [0, 1 / 3]]],
    "tied": [[2, 0.3], [0.3, 1]],
    "diagonal": [[1, 2], [3, 4], [1 / 3, 1e-200]],
    "tied diagonal": [1 / 3, 1e200],
    "spherical": [1, 2, 1 / 3],
    "tied spherical": 1 / 3,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_mixture(form, tmp_path):
    mixture = bt.Mixture([1 / 3, 1 / 3, 1 / 3], [[0, 1], [1 / 3, 5], [1e8, -1e-300]], FORMS[form], form=form)
    mixture.save(tmp_path / "m.bactrian")
    again = bt.load(tmp_path / "m.bactrian")
    assert isinstance(again, bt.Mixture)
    assert again == mixture
    assert again.form == form
    rows = np.array([[0.5, 1.0], [2.0, 2.0]])
    np.testing.assert_array_equal(again.logpdf(rows), mixture.logpdf(rows))


def test_names_are_kept(tmp_path):
    small_mixture().save(tmp_path / "m")
    assert bt.load(tmp_path / "m") == small_mixture()
    assert bt.load(str(tmp_path / "m")).feature_names == ("größe ✓", 'a "quoted" <b>')


@given(
    st.lists(st.floats(-1e300, 1e300), min_size=3, max_size=3),
    st.lists(st.floats(1e-280, 1e280), min_size=3, max_size=3),
    st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
)
def test_any_numbers(tmp_path_factory, means, variances, weights):
    path = tmp_path_factory.mktemp("any") / "m.bactrian"
    mixture = bt.Mixture(np.array(weights) / np.sum(weights), means, variances)
    mixture.save(path)
    assert bt.load(path) == mixture


def test_mixtures_made_by_operations(tmp_path):
    rng = np.random.default_rng(5)
    factors = rng.standard_normal((4, 5, 5))
    mixture = bt.Mixture(np.full(4, 0.25), rng.standard_normal((4, 5)), factors @ factors.swapaxes(1, 2))
    made = [
        mixture.condition({0: 0.3, 2: -1.0}),
        mixture.marginal([3, 1]),
        mixture.affine(rng.standard_normal((5, 5)), 1 / 3),
        mixture.reorder([2, 0]),
    ]
    for number, derived in enumerate(made):
        derived.save(tmp_path / str(number))
        assert bt.load(tmp_path / str(number)) == derived


def test_a_fit_with_failed_candidates(tmp_path):
    small_fit().save(tmp_path / "f.bactrian")
    again = bt.load(tmp_path / "f.bactrian")
    assert isinstance(again, bt.Fit)
    assert same_fit(again, small_fit())
    assert repr(again) == repr(small_fit())


def test_a_real_fit(tmp_path):
    data = bt.datasets.old_faithful().data
    fit = bt.fit(data, [1, 2], ["VVV", "EEE", "VII"])
    fit.save(tmp_path / "f.bactrian")
    again = bt.load(tmp_path / "f.bactrian")
    assert same_fit(again, fit)
    np.testing.assert_array_equal(again.classify(data), fit.classify(data))


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in "ab":
        small_fit().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_header_is_strict_json(tmp_path):
    small_fit().save(tmp_path / "f")
    content = (tmp_path / "f").read_bytes()

    def refuse(literal):
        raise AssertionError(literal)

    outer = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")], parse_constant=refuse)
    inner = json.loads(outer["__metadata__"]["bactrian"], parse_constant=refuse)
    assert inner["fit"]["candidates"]["bic"] == [1 / 3, None, "-inf"]


@pytest.mark.parametrize("kind", ["mixture", "fit"])
def test_files_of_version_1_are_read(kind):
    # written once by version 0.1.0; every later version must read them
    path = Path(__file__).parent / f"version-1-{kind}.bactrian"
    again = bt.load(path)
    assert again == small_mixture() if kind == "mixture" else same_fit(again, small_fit())


def test_arrays_and_header_alone(tmp_path):
    arrays = {"weights": np.array([1.0]), "scalar": np.array(0.5), "fortran": np.arange(6.0).reshape(2, 3).T}
    model_file.write(tmp_path / "x", arrays, {"n": np.int64(3), "t": (1, 2), "x": np.float64("nan")})
    again, header = model_file.read(tmp_path / "x")
    assert {name: a.tolist() for name, a in again.items()} == {name: a.tolist() for name, a in arrays.items()}
    assert (header["n"], header["t"], header["x"]) == (3, [1, 2], None)
    assert header["library_version"] == bt.__version__


def test_what_could_not_be_read_is_not_written(tmp_path):
    names = ["x" * 3_000_000, "y" * 3_000_000]
    mixture = bt.Mixture([1], [[0, 0]], [1, 1], form="tied diagonal", feature_names=names)
    with pytest.raises(bt.ModelFileError, match="its first eight bytes are not the length"):
        mixture.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
