"""Everything is kept, however quick it was."""

import pytest

from bactrian.checkpoints import diary


@pytest.fixture(autouse=True)
def _keep_all(monkeypatch):
    monkeypatch.setattr(diary, "WORTH", 0.0)
