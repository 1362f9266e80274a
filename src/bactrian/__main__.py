"""``python -m bactrian`` is the command ``bactrian``."""

from bactrian.cli.main import main

main()
