"""Pictures of mixtures. matplotlib is imported only in this folder, and only when something is drawn.

Every function draws on the Axes it is given, or on a new figure, returns what it drew on, and never shows it.
Whatever holds a mass states it in the legend. Colour never speaks alone: markers or line styles say the same
thing again.
"""

from bactrian.plot.clusters import clusters
from bactrian.plot.density import density
from bactrian.plot.ellipses import ellipses
from bactrian.plot.merging import merging
from bactrian.plot.overview import mixture
from bactrian.plot.pairs import pairs
from bactrian.plot.selection import selection

__all__ = ["clusters", "density", "ellipses", "merging", "mixture", "pairs", "selection"]
