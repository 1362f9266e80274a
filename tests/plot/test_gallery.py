"""Every script of the gallery runs, and draws its picture."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
SCRIPTS = sorted(GALLERY.glob("[0-9][0-9]_*.py"))


def test_the_gallery_is_there():
    assert len(SCRIPTS) == 9


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_draws_its_picture(script, tmp_path):
    command = [sys.executable, "-W", "error", str(script), str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "MPLBACKEND": "agg"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [f"{script.stem}.png"]
    picture = imread(tmp_path / f"{script.stem}.png")
    assert picture.shape[1] > 700
    assert picture[..., :3].std() > 0.02


def test_the_picture_of_the_readme_is_what_is_drawn_now(tmp_path):
    script = GALLERY.parent / "pictures.py"
    done = subprocess.run([sys.executable, "-W", "error", str(script), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    drawn, kept = (imread(folder / "old_faithful.png") for folder in (tmp_path, GALLERY.parent / "images"))
    assert drawn.shape == kept.shape
    # fonts and edges may differ from one matplotlib to the next
    assert np.abs(drawn - kept).mean() < 0.02


def test_the_page_shows_every_picture():
    page = (GALLERY / "README.md").read_text(encoding="utf-8")
    assert all(f"]({s.stem}.png)" in page and f"]({s.name})" in page for s in SCRIPTS)
