"""Draw the README's picture as its five lines do: ``python docs/pictures.py [folder]``; by default into docs/images."""

import os
import sys
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "agg")

import bactrian as bt

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "images"
geyser = bt.datasets.old_faithful()
fit = bt.fit(geyser.data, feature_names=geyser.feature_names)
fit.plot(geyser.data).figure.savefig(folder / "old_faithful.png", dpi=150)
