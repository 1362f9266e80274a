"""Help is instant, complete and has an example for each command."""

import subprocess
import sys
import time

import pytest

import bactrian
from bactrian.cli.main import COMMANDS

HEAVY = ("numpy", "scipy", "sklearn", "pyarrow", "matplotlib", "rich", "bactrian.mixture")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_an_example(run, command):
    done = run(command, "--help")
    assert done.exit_code == 0
    assert f"\n  Example:\n    bactrian {command} " in done.stdout


def test_every_command_is_listed(run):
    shown = run("--help").stdout
    assert all(f"\n  {command} " in shown for command in COMMANDS)


def test_version(run):
    assert run("--version").stdout == f"bactrian {bactrian.__version__}\n"


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)], ids=["program", *COMMANDS])
def test_help_imports_nothing_heavy(command):
    script = (
        "import sys, runpy\n"
        f"sys.argv = ['bactrian', *{command!r}, '--help']\n"
        "try:\n    runpy.run_module('bactrian.cli.main', run_name='__main__')\n"
        f"except SystemExit:\n    print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stderr == "[]\n"


def test_help_is_quick(process):
    def seconds():
        start = time.perf_counter()
        assert process("fit", "--help").returncode == 0
        return time.perf_counter() - start

    # 0.15 s on an idle machine; with NumPy and SciPy it would be over 1 s
    assert min(seconds() for _ in range(5)) < 0.6
