"""To draw a row: choose a component by its weight, then draw from that Gaussian.

Colour and shape tell which component each row really came from. A user of real data never sees that: the
rows come without labels, and to guess the labels back is what fitting is about.
"""

from lobes import COLOURS, LOBES, MARKERS, draw_rows, save

import bactrian as bt

X, labels = draw_rows(800)
ax = bt.plot.ellipses(LOBES, mass=0.95)
for k in range(LOBES.n_components):
    x, y = X[labels == k].T
    ax.scatter(x, y, s=12, color=COLOURS[k], marker=MARKERS[k], alpha=0.7, label=f"drawn from component {k}")
ax.set_title("800 rows, coloured by where they came from")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize="small")
save(ax, __file__)
