"""From rows back to the distribution: expectation-maximisation.

The E-step asks of each row how probably each component made it; the M-step gives each component the
weight, mean and covariance of the rows that are its own. No step lowers the likelihood (Dempster, Laird
and Rubin 1977). It begins here from four equal circles at four of the rows. On the rows it has seen, the
fit ends a little above the truth: the likelihood of the rows that were fitted always flatters.
"""

import numpy as np
from lobes import LOBES, draw_rows, save
from matplotlib import pyplot as plt

import bactrian as bt

X, _ = draw_rows(800)
start = bt.Mixture(np.full(4, 0.25), X[:4], 1.0)
early = bt.fit(X, 4, "VVV", start=start, tol=0, max_iter=8)
final = bt.fit(X, 4, "VVV", start=start)
stages = {
    "start": start,
    "after 8 steps": early.mixture,
    f"converged after {final.n_iter} steps": final.mixture,
}

figure, axes = plt.subplots(1, 3, figsize=(12.6, 5.0), layout="constrained", sharex=True, sharey=True)
truth = LOBES.logpdf(X).mean()
for ax, (title, mixture) in zip(axes, stages.items(), strict=True):
    ax.plot(*X.T, ".", color="#8C8C8C", markersize=3, label="800 rows")
    bt.plot.ellipses(mixture, ax, mass=(0.5, 0.95)).get_legend().remove()
    reached = mixture.logpdf(X).mean()
    ax.set_title(f"{title}\nlog-likelihood per row {reached:.3f} (truth: {truth:.3f})", size="medium")
    ax.label_outer()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
save(axes, __file__)
