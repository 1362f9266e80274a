"""A soft answer and a hard one.

Given the mixture, Bayes' rule says how probably each component made a row: its responsibilities, which
sum to 1. Left: every row in a blend of the components' colours, by its responsibilities. Right: the hard
assignment to the most responsible component, where large and pale means that another answer is nearly as
good. A row between two lobes belongs to neither, and an honest clustering says so. The components'
numbers are names, no more: another start may exchange them.
"""

import numpy as np
from lobes import COLOURS, draw_rows, save
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

import bactrian as bt

X, labels = draw_rows(800)
fit = bt.fit(X, 4, "VVV")

figure, (left, right) = plt.subplots(1, 2, figsize=(12.4, 4.9), layout="constrained", sharex=True, sharey=True)
blend = fit.responsibilities(X) @ np.array([to_rgb(colour) for colour in COLOURS])
left.scatter(*X.T, s=14, color=np.clip(blend, 0, 1))
bt.plot.ellipses(fit, left, mass=0.95)
left.set_title("responsibilities: colours blend")
bt.plot.clusters(fit, X, right)
right.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize="small")
right.set(ylabel="", title=f"hard assignment: {fit.uncertainty(X).mean():.1%} of the labels expected wrong")
save([left, right], __file__)
