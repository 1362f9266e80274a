"""A mixture is a distribution, and its numbers are all there is to it.

Four Gaussians, each with a weight (how much of the probability it holds), a mean (where it stands) and a
covariance (how wide it is, and which way it leans). Their weighted sum is a density; no data has been
seen yet. Each shade is the smallest region that holds the share of the probability which the legend
states.
"""

from lobes import LOBES, save

import bactrian as bt

ax = bt.plot.density(LOBES, mass=(0.25, 0.5, 0.75, 0.95, 0.99))
ax.set_title("four lobes, defined by their numbers")
save(ax, __file__)
