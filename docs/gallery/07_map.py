"""Maximum likelihood is the most probable answer under a flat prior.

By Bayes' rule the posterior of the parameters is likelihood times prior. Where the prior is flat the two
have the same shape, so the maximum of the posterior (MAP) is the maximum of the likelihood. Here are
forty rows of two Gaussians of known weights (0.7 and 0.3) and variances (1); only the two means are
sought, so the log-posterior can be drawn. It has two peaks: the better one, and one with the components
exchanged. EM climbs to the one in whose basin it starts; that is why a fit tries several starts. Right: a
prior that expects both means near 0 moves both peaks, and EM climbs this surface as willingly: the prior
counts like ten more rows at 0 for each component.

A flat prior depends on what is called the parameter: flat for a variance is not flat for its logarithm.
And a likelihood with free variances has no maximum at all, because a component can shrink onto one row; a
prior on the variances cures that.
"""

import numpy as np
from lobes import save
from matplotlib import pyplot as plt

import bactrian as bt

WEIGHTS = np.array([0.7, 0.3])
x = bt.Mixture(WEIGHTS, [-1.0, 2.2], 1.0).sample(40, rng=4)[:, 0]
STARTS = [(-3.0, -2.5), (3.6, 3.0), (-3.4, 3.6), (0.6, -3.4), (3.6, -0.5), (1.2, 1.5)]


def log_posterior(a: np.ndarray, b: np.ndarray, precision: float) -> np.ndarray:
    """Up to a constant; the prior of each mean is normal about 0, and flat for precision 0."""
    parts = [w * np.exp(-0.5 * (x - mean[..., None]) ** 2) for w, mean in zip(WEIGHTS, (a, b), strict=True)]
    return np.log(sum(parts)).sum(axis=-1) - 0.5 * precision * (a**2 + b**2)


def climb(means: tuple[float, float], precision: float, steps: int = 200) -> np.ndarray:
    """(steps + 1, 2) means along EM's path."""
    path = [np.array(means)]
    for _ in range(steps):
        r = bt.Mixture(WEIGHTS, path[-1], 1.0).responsibilities(x)
        path.append(r.T @ x / (r.sum(axis=0) + precision))
    return np.array(path)


figure, axes = plt.subplots(1, 2, figsize=(11.4, 5.2), layout="constrained", sharex=True, sharey=True)
a, b = np.meshgrid(np.linspace(-4, 4.2, 161), np.linspace(-4, 4.2, 161))
for ax, precision in zip(axes, (0.0, 10.0), strict=True):
    height = log_posterior(a, b, precision)
    levels = -np.array([80, 60, 40, 30, 20, 12, 6, 2, 0])
    filled = ax.contourf(a, b, height - height.max(), levels=levels, cmap="Blues", extend="min", alpha=0.8)
    for start in STARTS:
        path = climb(start, precision)
        ax.plot(*path.T, ".-", color="#1A1A1A", markersize=4, linewidth=0.9)
        ax.plot(*path[0], "s", color="#E69F00", markeredgecolor="#1A1A1A")
        ax.plot(*path[-1], "*", color="white", markeredgecolor="#1A1A1A", markersize=15)
    ax.plot([], [], "s", color="#E69F00", markeredgecolor="#1A1A1A", label="start of EM")
    ax.plot([], [], "*", color="white", markeredgecolor="#1A1A1A", markersize=12, label="end of EM")
    ax.set(xlabel="mean of the component of weight 0.7")
axes[0].set(ylabel="mean of the component of weight 0.3", title="flat prior: log-posterior = log-likelihood")
axes[1].set_title("prior: each mean near 0, as if by 10 rows there")
axes[0].legend(loc="upper right", framealpha=0.9)
figure.colorbar(filled, ax=axes, label="log-posterior below its maximum, nats", shrink=0.9)
save(axes, __file__)
