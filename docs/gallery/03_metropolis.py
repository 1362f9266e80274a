"""Two ways to the same rows: a Markov chain that only knows the density, and direct draws.

The algorithm of Metropolis and others (1953) needs the density only up to a factor: propose a step,
accept it with probability min(1, ratio of densities). It works for almost any density, but neighbouring
rows are alike, and the chain seldom crosses the valleys between lobes, so the shares of the lobes settle
slowly. A mixture can be drawn from directly: every row is independent, and the shares are soon right. The
lower panels count which lobe holds the rows so far; the thin lines are where each share will end.
"""

import numpy as np
from lobes import COLOURS, LOBES, save
from matplotlib import pyplot as plt

import bactrian as bt

N, STEP = 4000, 0.9


def metropolis(n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 2) states of a chain that starts in the first lobe."""
    state = LOBES.means[0]
    log_density = LOBES.logpdf(state)
    states = np.empty((n, 2))
    for i in range(n):
        proposal = state + STEP * rng.standard_normal(2)
        proposed = LOBES.logpdf(proposal)
        if np.log(rng.random()) < proposed - log_density:
            state, log_density = proposal, proposed
        states[i] = state
    return states


rng = np.random.default_rng(1953)
chains = {"Metropolis": metropolis(N, rng), "direct draws": LOBES.sample(N, rng=rng)}
ends = LOBES.classify(LOBES.sample(100_000, rng=rng))

grid = {"sharex": "row", "sharey": "row", "gridspec_kw": {"height_ratios": (3, 1.3)}}
figure, axes = plt.subplots(2, 2, figsize=(9.6, 6.4), layout="constrained", **grid)
for (above, below), (name, rows) in zip(axes.T, chains.items(), strict=True):
    bt.plot.density(LOBES, ax=above, mass=(0.5, 0.95))
    above.plot(*rows[:400].T, ".-" if name == "Metropolis" else ".", linewidth=0.6, markersize=4, color="#1A1A1A")
    above.set_title(f"{name}: the first 400 of {N:,}")
    share = np.cumsum(np.eye(4)[LOBES.classify(rows)], axis=0) / np.arange(1, N + 1)[:, None]
    for k in range(4):
        below.plot(share[:, k], color=COLOURS[k], linestyle=("-", "--", ":", "-.")[k], label=f"lobe {k}")
        below.axhline(np.mean(ends == k), color=COLOURS[k], linewidth=0.6)
    below.set(xlabel="rows drawn", ylabel="share so far", ylim=(0, 1))
for ax in axes[:, 1]:
    ax.set_ylabel("")
axes[0, 0].get_legend().remove()
axes[1, 1].legend(ncols=4, fontsize="small", framealpha=0.85, loc="upper right")
save(axes, __file__)
