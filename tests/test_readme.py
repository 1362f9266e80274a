"""The README runs as printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```(python)?\n(.*?)```", README.read_text(), flags=re.DOTALL)


@pytest.mark.filterwarnings("ignore:.*non-interactive.*:UserWarning")
def test_examples_run_and_print_what_is_printed(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, "README.md", "exec"), names)
        else:
            printed = capsys.readouterr().out.splitlines()
            expected = [line for line in text.splitlines() if line and line != "..."]
            assert printed[: len(expected)] == expected
    pyplot.close("all")
    assert sum(language == "python" for language, _ in BLOCKS) >= 4
    assert (tmp_path / "old_faithful.png").stat().st_size > 10_000
    assert (tmp_path / "geyser.bactrian").stat().st_size > 100


def test_every_file_it_points_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
