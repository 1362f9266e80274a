"""Checkpoints that are none, or of another fit: one sentence that says what is wrong."""

from dataclasses import replace

import numpy as np
import pytest

import bactrian as bt
from bactrian import em, model_file
from bactrian.checkpoints import flat
from bactrian.checkpoints.flat import flatten, restore
from bactrian.covariance import Diagonal, Full, Spherical
from bactrian.kernels import Noise, Parameters
from bactrian.statistics import Scatter, Statistics
from tests.fit.cases import lobes

X = lobes(400, 2, 3)
LABELS = np.where(np.arange(400) < 20, np.arange(400) % 2, -1)
MASK = np.arange(400) < 10


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "state"
    bt.fit(X, [1, 2], "VVV", checkpoint=path)
    return path


def changed():
    x = X.copy()
    x[[0, 1]] = x[[1, 0]]
    return x


OTHERS = {
    "fewer rows": (X[1:], {}, "the number of rows was 400 and is 399"),
    "other features": (np.column_stack([X, X[:, 0] ** 2]), {}, "the number of features was 2 and is 3"),
    "names": (X, {"feature_names": ["a", "b"]}, "the features was None and is a, b"),
    "shifted": (X + np.array([0, 1]), {}, "the mean or variance of column 1 is not what it was"),
    "order": (changed(), {}, "its rows are not what they were"),
    "float32": (X.astype(np.float32), {}, "the type of the numbers was float64 and is float32"),
    "weights": (X, {"sample_weight": np.full(400, 2.0)}, "the total weight was 400.0 and is 800.0"),
    "K": (X, {"n_components": [1, 2, 3]}, "n_components was 1, 2 and is 1, 2, 3"),
    "families": (X, {"families": ["VVV", "EEE"]}, "families was VVV and is VVV, EEE"),
    "criterion": (X, {"criterion": "aic"}, "criterion was bic and is aic"),
    "tol": (X, {"tol": 1e-3}, "tol was 1e-06 and is 0.001"),
    "max_iter": (X, {"max_iter": 7}, "max_iter was 1000 and is 7"),
    "n_init": (X, {"n_init": 3}, "n_init was 8 and is 3"),
    "start": (X, {"start": "k-means++"}, "start was auto and is k-means++"),
    "labels as start": (X, {"start": np.arange(400) % 2}, "n_components was 1, 2 and is 2"),
    "regularization": (X, {"regularization": 1e-3}, "regularization was None and is 0.001"),
    "prior": (X, {"prior": "conjugate"}, "prior is not what it was"),
    "noise": (X, {"noise": True}, "noise was None and is"),
    "mask": (X, {"noise": MASK}, "noise was None and is"),
    "labels": (X, {"labels": LABELS, "n_components": [1, 2]}, "labels is not what it was"),
    "equal weights": (X, {"equal_weights": True}, "equal_weights was False and is True"),
    "acceleration": (X, {"acceleration": None}, "acceleration was quasi-newton and is None"),
    "seed": (X, {"random_state": 1}, "random_state is not what it was"),
    "no seed": (X, {"random_state": None}, "random_state is not what it was"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_of_another_fit(path, case):
    data, how, sentence = OTHERS[case]
    before = path.read_bytes()
    with pytest.raises(bt.ParameterError, match="belongs to another fit: ") as caught:
        bt.fit(data, **{"n_components": [1, 2], "families": "VVV", "checkpoint": path, **how})
    assert sentence in str(caught.value)
    assert path.read_bytes() == before


def test_threads_do_not_matter(path):
    fit = bt.fit(X, [1, 2], "VVV", checkpoint=path, n_threads=1)
    assert fit.mixture == bt.fit(X, [1, 2], "VVV").mixture


def test_a_file_that_is_there_can_be_refused(path):
    with pytest.raises(bt.ParameterError, match="is there already; resume"):
        bt.fit(X, [1, 2], "VVV", checkpoint=bt.Checkpoint(path, resume=False))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00" * 100])
def test_another_file_is_not_overwritten(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(bt.ModelFileError, match=r"x\.csv"):
        bt.fit(X, 2, "VVV", checkpoint=path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,2\n" * 5, r"is no checkpoint of a fit: .*; give another name for the checkpoint$"),
        (
            b"abc",
            "is truncated or damaged: it has only 3 bytes; it is of no use as a checkpoint, so delete it to begin",
        ),
    ],
)
def test_no_word_of_models(tmp_path, content, sentence):
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(bt.ModelFileError, match=sentence) as caught:
        bt.fit(X, 1, checkpoint=tmp_path / "state")
    assert "save the model" not in str(caught.value)
    assert "model file" not in str(caught.value)


def test_a_model_is_not_overwritten(tmp_path):
    bt.fit(X, 2, "VVV").save(tmp_path / "m")
    with pytest.raises(bt.ModelFileError, match="is a model, and no checkpoint"):
        bt.fit(X, 2, "VVV", checkpoint=tmp_path / "m")


def test_a_checkpoint_is_no_model(path):
    with pytest.raises(bt.ModelFileError, match="is a checkpoint of a fit, not a model"):
        bt.load(path)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.999])
def test_damaged(path, part):
    content = bytearray(path.read_bytes())
    content[int(part * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises((bt.ModelFileError, bt.ParameterError)):
        bt.fit(X, [1, 2], "VVV", checkpoint=path)


def test_cut_short(path):
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(bt.ModelFileError, match="truncated"):
        bt.fit(X, [1, 2], "VVV", checkpoint=path)


def test_hostile_states(path):
    """Right by its digest, but with numbers that would lead beyond the arrays of the rows."""
    from bactrian.checkpoints import file

    content = file.read(path)
    big = Parameters(np.ones(1), np.zeros((1, 5)), Spherical(np.ones(1), 1, 5))
    state = flatten((big, (), np.zeros(3), 0.0, 0.0, None, {}))
    file.write(path, file.Content(content.belongs, None, dict.fromkeys(content.states, state)))
    with pytest.raises(bt.ModelFileError, match="another number of components or features"):
        bt.fit(X, [1, 2], "VVV", checkpoint=path)


@pytest.mark.parametrize("bad", ["", 3, b"x", ["a"]])
def test_no_name(bad):
    with pytest.raises((bt.ParameterError, bt.ModelFileError, OSError)):
        bt.fit(X, 2, "VVV", checkpoint=bad)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="cannot be written"):
        bt.fit("no rows are read before", checkpoint=tmp_path / "missing" / "state")


@pytest.mark.parametrize("how", [{"minutes": -1}, {"passes": 0}, {"minutes": "x"}, {"passes": 1.5}])
def test_how_often_it_cannot_be(how):
    with pytest.raises(bt.ParameterError):
        bt.Checkpoint("state", **how)


MIXTURES = [
    Parameters(np.array([0.4, 0.6]), np.array([[0.0, -0.0], [1, 2]]), Full(np.array([np.eye(2)] * 2) * [[[1.1]]], 2)),
    Parameters(np.array([0.4, 0.5]), np.ones((2, 3)), Diagonal(np.ones((1, 3)), 2, tied=True), Noise(0.1, -3.0)),
    Parameters(np.array([1.0]), np.ones((1, 1)), Spherical(np.ones(1), 1, 1)),
]
VALUES = [None, True, 7, -7, 2.5, np.inf, "abc", (), (1, (2.0, None)), {"a": 1.0, "b": (True,)}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_there_and_back(value):
    back = restore(flatten(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("mixture", MIXTURES, ids=["full", "diagonal", "spherical"])
def test_mixtures_there_and_back(mixture):
    back = restore(flatten({"m": mixture}))["m"]
    assert back.noise == mixture.noise
    for a, b in [(back.weights, mixture.weights), (back.means, mixture.means)]:
        assert a.tobytes() == b.tobytes()
    assert back.covariance.name == mixture.covariance.name
    assert back.covariance.array.tobytes() == mixture.covariance.array.tobytes()
    assert back.covariance.whiteners.tobytes() == mixture.covariance.whiteners.tobytes()


HOSTILE = {
    "unknown tag": [99],
    "fraction as tag": [0.5],
    "NaN as tag": [np.nan],
    "endless list": [flat.LIST, 2**52],
    "huge array": [flat.ARRAY, 2, 2**40, 2**40],
    "negative length": [flat.TEXT, -1],
    "not a letter": [flat.TEXT, 1, 1e9],
    "left over": [flat.NOTHING, 1],
    "nothing": [],
    "deep": [flat.LIST, 1] * 1000 + [flat.NOTHING],
    "mixture of a number": [flat.MIXTURE, flat.NUMBER, 1],
    "sums of a number": [flat.SUMS, flat.NUMBER, 1],
    "sums of an empty table": [flat.SUMS, flat.TABLE, 0],
    "sums of themselves": [flat.SUMS] * 1000,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_vectors(case):
    with pytest.raises((ValueError, TypeError)):
        restore(np.array(HOSTILE[case], dtype=float))


SUMS = Statistics.zero(np.zeros((2, 3)), Scatter.FULL)


@pytest.mark.parametrize("scatter", Scatter)
def test_statistics_there_and_back(scatter):
    rng = np.random.default_rng(0)
    sums = Statistics(
        1.0, -2.0, 3.0, rng.random(2), rng.random((2, 3)), rng.random((2, 3)), rng.random(scatter.shape(2, 3)), scatter
    )
    sums.means()  # remembers something of its own
    (back,) = restore(flatten((sums,)), (2, 3))
    assert back.scatter is scatter
    assert flatten(back).tobytes() == flatten(sums).tobytes()


@pytest.mark.parametrize(
    "bad",
    [
        {"second": np.zeros((2, 2, 2))},
        {"counts": np.zeros(3)},
        {"first": np.zeros((3, 3))},
        {"shift": np.zeros(3)},
        {"shift": np.zeros((2, 4)), "first": np.zeros((2, 4)), "second": np.zeros((2, 4, 4))},
    ],
    ids=str,
)
def test_hostile_statistics(bad):
    with pytest.raises(ValueError, match=r"statistics|unpack"):
        restore(flatten(replace(SUMS, **bad)), (2, 3))


def test_every_pace_can_be_written():
    """What a pace remembers after some steps."""
    rows = lobes(3000, 2, 3)
    from bactrian.families import Floor, parse_family
    from bactrian.kernels import ReferenceKernel
    from bactrian.objective import Objective
    from bactrian.sources import ArraySource

    class Recorder:
        def __init__(self):
            self.names = set()

        def begin(self, *_):
            return self

        def passed(self, climbs, paces, inside):
            for pace in paces:
                memory = {k: v for k, v in vars(pace).items() if k not in pace.transient}
                restore(flatten(memory))
                self.names |= set(memory)

        def ended(self):
            pass

    objective = Objective(parse_family("VVV"), Floor(np.full(2, 1e-9)))
    start = em.Climb(objective, Parameters(np.full(3, 1 / 3), rows[:3].copy(), Full(np.array([np.eye(2)] * 3), 3)))
    for name in em.PACES:
        recorder = Recorder()
        em.run(ArraySource(rows), ReferenceKernel(), [start], tol=0, max_iter=20, acceleration=name, memory=recorder)
        assert (len(recorder.names) > 3) == (name is not None)


def test_the_file_is_a_model_file(path):
    arrays, header = model_file.read(path)
    assert list(arrays) == ["states"]
    assert header["checkpoint"]["belongs"]["n_given"] == 400
