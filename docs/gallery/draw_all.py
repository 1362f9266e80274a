"""Run every script of the gallery: ``python docs/gallery/draw_all.py [folder]``."""

import os
import subprocess
import sys
from pathlib import Path

here = Path(__file__).parent
for script in sorted(here.glob("[0-9][0-9]_*.py")):
    print(script.name, flush=True)
    command = [sys.executable, str(script), *sys.argv[1:2]]
    subprocess.run(command, check=True, env={**os.environ, "MPLBACKEND": "agg"})
