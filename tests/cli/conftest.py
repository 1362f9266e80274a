"""Models and tables that the commands are tried on, and two ways to run them."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from bactrian import fit
from bactrian.cli.main import program

COMMAND = (sys.executable, "-m", "bactrian.cli.main")
NAMES = ("length", "width")


def two_groups(n=60):
    rng = np.random.default_rng(5)
    return np.concatenate([rng.normal(0, 1, (n, 2)), rng.normal([6, 9], [1, 2], (n, 2))])


@pytest.fixture(scope="session")
def values():
    return two_groups()


@pytest.fixture(scope="session")
def folder(tmp_path_factory, values):
    """``x.csv``, ``x.parquet``, ``x.npy``, and ``fit.bactrian`` and ``mixture.bactrian`` made from them."""
    place = tmp_path_factory.mktemp("given")
    lines = [",".join(NAMES), *(",".join(format(v, ".17g") for v in row) for row in values)]
    (place / "x.csv").write_text("\n".join(lines) + "\n")
    table = pa.table(dict(zip(NAMES, values.T, strict=True)))
    pq.write_table(table, place / "x.parquet")
    np.save(place / "x.npy", values)
    found = fit(table, [1, 2], ["EII", "VVV"])
    found.save(place / "fit.bactrian")
    found.mixture.save(place / "mixture.bactrian")
    return place


@pytest.fixture
def run(folder, monkeypatch):
    """Run a command in this process, in the folder of the given files."""
    monkeypatch.chdir(folder)

    def run(*arguments, **options):
        return CliRunner().invoke(program, [str(a) for a in arguments], prog_name="bactrian", **options)

    return run


@pytest.fixture
def process(folder):
    """Run the real program, in the folder of the given files."""

    def process(*arguments, command=COMMAND, **options):
        options = {"capture_output": True, "timeout": 120, "cwd": folder, "env": os.environ, **options}
        return subprocess.run([*command, *map(str, arguments)], check=False, **options)

    return process
