"""The page on streams runs as printed."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "streaming.md"


def test_the_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    exec(compile(block, "streaming.md", "exec"), names)
    assert names["both"].n_rows == 6000
