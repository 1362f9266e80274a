"""A cluster need not be a Gaussian: components that rows cannot tell apart are one cluster.

Two crosses and two round groups make four clusters, but each cross needs two Gaussians, so BIC asks for
six. The density is right, and the components are no clusters. Merging leaves the density alone and joins
components two by two, those first whose memberships are least certain. The entropy of the memberships
falls steeply while parts of one cluster are joined and hardly at all when clusters are, which says how many
there are (Baudry and others 2010). Each cluster is a mixture itself. The contours hold 90 % of it.
"""

import numpy as np
from lobes import COLOURS, MARKERS, save
from matplotlib import pyplot as plt

import bactrian as bt


def turned(angle: float) -> np.ndarray:
    """Covariance of a stick, 3 long and 0.3 wide (standard deviations), at an angle."""
    c, s = np.cos(angle), np.sin(angle)
    root = np.array([[c, -s], [s, c]]) * [3.0, 0.3]
    return root @ root.T


truth = bt.Mixture(
    weights=[0.2, 0.2, 0.2, 0.2, 0.1, 0.1],
    means=[[0, 0], [-0.4, 1.4], [12, 8], [10.9, 9], [10, -3], [-5, 9]],
    covariances=[turned(0.3), turned(0.3 + np.pi / 2), turned(0.8), turned(0.8 + np.pi / 2), np.eye(2), np.eye(2)],
)
X = truth.sample(1000, rng=2010)
fit = bt.fit(X, families="VVV")
merging = fit.merge(X)
labels = merging.classify(X)

figure, axes = plt.subplots(1, 3, figsize=(14.4, 4.8), layout="constrained")
axes[0].scatter(*X.T, s=6, alpha=0.4, color="#8C8C8C", linewidths=0)
bt.plot.ellipses(fit, axes[0], mass=0.9)
axes[0].set(title=f"{fit.n_components} components by BIC")
axes[0].get_legend().remove()

merging.plot(axes[1])
axes[1].set(title="entropy while they are joined")

span = [np.linspace(low, high, 300) for low, high in zip(X.min(axis=0) - 1, X.max(axis=0) + 1, strict=True)]
places = np.stack(np.meshgrid(*span), axis=-1)
for c, cluster in enumerate(merging.clusters()):
    own = X[labels == c]
    axes[2].scatter(*own.T, s=10, alpha=0.6, color=COLOURS[c % 4], marker=MARKERS[c % 4], linewidths=0)
    heights = cluster.logpdf(places.reshape(-1, 2)).reshape(places.shape[:2])
    level = cluster.density_level(0.9, log=True)
    axes[2].contour(*span, heights, levels=[level], colors="#1A1A1A", linestyles="solid", linewidths=1.0)
axes[2].set(title=f"{merging.suggested} clusters", xlim=axes[0].get_xlim(), ylim=axes[0].get_ylim())
save(axes, __file__)
