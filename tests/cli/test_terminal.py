"""On a terminal, under Ctrl-C and in a pipe that is closed: with the real program."""

import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from bactrian import Mixture
from bactrian.progress import Meter
from bactrian.progress.screens import PlainScreen

pty = pytest.importorskip("pty")

# runs until it is interrupted
ENDLESS = ("fit", "x.csv", "-k", "2", "--family", "VVV", "--tol", "0", "--max-iter", str(10**9))
COMMAND = [sys.executable, "-m", "bactrian.cli.main"]


class Terminal:
    """The program, with a terminal for stderr."""

    def __init__(self, folder, *arguments, command=COMMAND):
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
        self.process = subprocess.Popen(
            [*command, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=slave, env=environment
        )
        os.close(slave)
        self.seen = ""

    def read_until(self, words, seconds=60):
        end = time.monotonic() + seconds
        while words not in self.seen and time.monotonic() < end:
            if not select.select([self.master], [], [], 0.1)[0]:
                continue
            try:
                self.seen += os.read(self.master, 65536).decode()
            except OSError:  # the other side was closed
                break
        return self.seen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.communicate()
        os.close(self.master)


PLAIN = ("-c", "import sys; sys.modules['rich'] = None\nfrom bactrian.cli.main import main; main()")


@pytest.mark.parametrize("command", [COMMAND, [sys.executable, *PLAIN]], ids=["rich", "plain"])
def test_progress_is_shown_and_then_interrupted(folder, command):
    with Terminal(folder, *ENDLESS, command=command) as terminal:
        assert "fitting K=2 VVV, iteration" in terminal.read_until("fitting K=2 VVV, iteration")
        terminal.process.send_signal(signal.SIGINT)
        seen = terminal.read_until("interrupted\r\n")
        assert terminal.process.wait(30) == 130
        assert terminal.process.stdout.read() == b""
    assert seen.endswith("error: interrupted\r\n")
    assert "Traceback" not in seen
    if command is COMMAND:
        assert "\x1b[" in seen  # rich's colours
    else:
        *_, wiped, last = seen[:-2].split("\r")
        assert (wiped.strip(), last) == ("", "error: interrupted")


def test_what_is_short_shows_nothing():
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream, Meter(stream, delay=60) as meter:
        meter.show("counting", 1, 4)
        time.sleep(0.5)
        assert not select.select([master], [], [], 0)[0]
    os.close(master)


def test_nothing_is_shown_without_a_terminal(folder):
    process = subprocess.Popen([*COMMAND, *ENDLESS], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    output, messages = process.communicate(timeout=60)
    assert (process.returncode, output, messages) == (130, b"", b"error: interrupted\n")


def test_a_closed_pipe_is_silent(folder):
    process = subprocess.Popen(
        [*COMMAND, "sample", "fit.bactrian", "-n", "300000"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == b"length,width\n"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141
    process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
@pytest.mark.parametrize(
    "arguments",
    [("info", "fit.bactrian"), ("sample", "fit.bactrian", "-n", str(10**15))],
    ids=["info", "endless draws"],
)
def test_a_full_stdout_is_one_line(folder, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, *arguments], cwd=folder, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"error: No space left on device\n")


def test_letters_that_stdout_lacks_are_spelt_out(tmp_path):
    Mixture([1], [[0]], [[1]], feature_names=["λ"]).save(tmp_path / "m")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*COMMAND, "info", "m"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u03bb" in done.stdout


def test_a_meter_shows_the_last_state_and_leaves_nothing():
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream, Meter(stream, delay=0) as meter:
        meter.show("counting", 1, 4)
        seen = ""
        while "counting" not in seen:
            seen += os.read(master, 4096).decode()
    os.close(master)
    assert "counting" in seen


def test_a_plain_line_fits_the_terminal():
    stream = io.StringIO()
    screen = PlainScreen(stream)
    screen.draw("x" * 500, 0, 0)
    screen.draw("half", 1, 2)
    screen.clear()
    assert stream.getvalue().split("\r") == ["", "x" * 79, "half  (50%)".ljust(79), " " * 11, ""]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_file_that_was_begun_does_not_stay(folder, tmp_path_factory, tmp_path, how, code):
    many = tmp_path_factory.mktemp("many") / "x.npy"
    np.lib.format.open_memmap(many, "w+", np.float64, (10**8, 2)).flush()  # zeros, which take no room
    process = subprocess.Popen(
        [*COMMAND, "predict", "fit.bactrian", str(many), "-o", str(tmp_path / "big.csv")],
        cwd=folder, stdout=-1, stderr=-1, text=True,
    )  # fmt: skip
    while process.poll() is None and not list(tmp_path.glob(".bactrian-*.part")):
        time.sleep(0.01)
    process.send_signal(how)
    if how == signal.SIGTERM:
        process.send_signal(how)  # as timeout(1) does
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed, said) == (code, "", "error: interrupted\n")
    assert not os.listdir(tmp_path)
