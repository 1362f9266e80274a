"""A file is written whole or not at all, and what cannot be written says so in one sentence."""

import os

import pytest

import bactrian as bt
from bactrian.whole import whole_file, write_whole

from .parts import small_fit, small_mixture


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_the_old_file(tmp_path, monkeypatch, step, error):
    path = tmp_path / "m.bactrian"
    small_mixture().save(path)
    before = path.read_bytes()

    def fail(*args):
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)) as caught:
        small_fit().save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.bactrian"]
    if isinstance(error, OSError):
        assert str(caught.value) == f"{path} cannot be written: No space left on device"


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / "m"
    path.write_text("something old")
    small_mixture().save(path)
    assert bt.load(path) == small_mixture()
    assert os.listdir(tmp_path) == ["m"]


@pytest.mark.skipif(os.name != "posix", reason="permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
@pytest.mark.parametrize("linked", [False, True])
def test_an_existing_file_keeps_its_permissions(tmp_path, mode, linked):
    path, link = tmp_path / "m", tmp_path / "link"
    path.write_text("something old")
    path.chmod(mode)
    link.symlink_to(path)
    with whole_file(link if linked else path) as part:
        assert part.stat().st_mode & 0o777 == 0o600  # while it is written nobody sees more
        part.write_text("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", mode)
    assert link.is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_a_new_file_has_the_usual_permissions(tmp_path):
    write_whole(tmp_path / "m", b"new")
    (tmp_path / "other").touch()
    assert (tmp_path / "m").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("where", ["missing/m.bactrian", "file/m.bactrian", ".", "folder"])
def test_a_place_that_cannot_be_written(tmp_path, where):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"cannot be written: [^\n]*$"):
        small_mixture().save(tmp_path / where)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="cannot be written: Permission denied"):
        small_mixture().save(tmp_path / "m")


def test_a_folder_that_refuses(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    with pytest.raises(PermissionError, match="cannot be written: Permission denied"):
        write_whole(tmp_path / "m", b"content")


def test_the_longest_name_the_system_allows(tmp_path):
    path = tmp_path / ("m" * 255)
    small_mixture().save(path)
    assert bt.load(path) == small_mixture()
