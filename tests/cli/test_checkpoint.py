"""``bactrian fit --checkpoint``: stop it, and go on."""

import os
import signal
import subprocess
import time

import numpy as np
import pytest

import bactrian as bt

from .conftest import COMMAND

ARGUMENTS = ("-k", "9:10", "--family", "EEE,VVV", "--tol", "0", "--max-iter", "60")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "x.npy"
    rng = np.random.default_rng(2)
    np.save(path, rng.normal(size=(30_000, 4)) + 3 * rng.integers(0, 3, (30_000, 1)))
    return path


def start(folder, *arguments):
    return subprocess.Popen([*COMMAND, *map(str, arguments)], cwd=folder, stdout=-1, stderr=-1, text=True)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_and_resumed(tmp_path, process, many, how):
    state, model, other = tmp_path / "state", tmp_path / "m.bactrian", tmp_path / "other.bactrian"
    given = ("fit", many, *ARGUMENTS)
    going = start(tmp_path, *given, "--checkpoint", state, "--checkpoint-every", 0.001, "-o", model)
    while going.poll() is None and not state.exists():
        time.sleep(0.01)
    time.sleep(0.1)
    going.send_signal(how)
    _, said = going.communicate()
    assert going.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(how, -signal.SIGKILL)
    if how != signal.SIGKILL:
        assert said == f"error: interrupted; the same command with --resume goes on from {state}\n"
    assert not model.exists()
    done = process(*given, "--checkpoint", state, "--resume", "-o", model)
    assert done.returncode == 0, done.stderr
    assert process(*given, "-o", other).returncode == 0
    assert model.read_bytes() == other.read_bytes()


def test_the_same_command_begins_and_goes_on(run, tmp_path):
    given = ("fit", "x.csv", "-k", "1:2", "--checkpoint", tmp_path / "s", "--resume", "--json")
    first, second = run(*given), run(*given)
    assert first.exit_code == second.exit_code == 0
    assert first.stdout == second.stdout


def test_a_checkpoint_is_never_overwritten_unasked(run, tmp_path):
    given = ("fit", "x.csv", "-k", "1:2", "--checkpoint", tmp_path / "s")
    assert run(*given).exit_code == 0
    again = run(*given)
    assert again.exit_code == 2
    assert "is there already; go on from it with --resume, or give another name" in again.stderr


REFUSED = {
    "other K": (
        ("fit", "x.csv", "-k", "1:3", "--checkpoint", "S", "--resume"),
        2,
        "n_components was 1, 2 and is 1, 2, 3",
    ),
    "a model": (("fit", "x.csv", "--checkpoint", "fit.bactrian", "--resume"), 1, "is a model, and no checkpoint"),
    "the data": (("fit", "x.csv", "--checkpoint", "x.csv", "--resume"), 2, "is named twice"),
    "no folder": (("fit", "x.csv", "--checkpoint", "missing/s"), 1, "cannot be written"),
    "no checkpoint": (("fit", "x.csv", "--resume"), 2, "need --checkpoint FILE"),
    "every without": (("fit", "x.csv", "--checkpoint-every", "3"), 2, "need --checkpoint FILE"),
    "negative": (("fit", "x.csv", "--checkpoint", "S", "--checkpoint-every", "-1"), 2, "x>=0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(run, tmp_path, folder, case):
    arguments, code, sentence = REFUSED[case]
    state = tmp_path / "s"
    bt.fit(folder / "x.csv", [1, 2], checkpoint=state)
    result = run(*(state if a == "S" else a for a in arguments))
    assert result.exit_code == code
    assert sentence in " ".join(result.stderr.split())
