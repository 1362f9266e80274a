"""How many components? Too few miss the lobes, too many learn the noise.

The likelihood of the rows that were fitted rises with K, so it cannot choose. The likelihood of rows that
were held back rises and falls again. BIC and AIC stand in for it without holding anything back: in nats
they charge every free parameter log(N) / 2 and 1, and the lowest value wins. AIC, which charges less, may
keep components that BIC lets go.
"""

from lobes import LOBES, draw_rows, save
from matplotlib import pyplot as plt

import bactrian as bt

X, _ = draw_rows(400)
held_back = LOBES.sample(5000, rng=1)
counts = range(1, 13)
fits = [bt.fit(X, k, "VVV", max_iter=500) for k in counts]

figure, axes = plt.subplots(2, 3, figsize=(12.6, 7.6), layout="constrained")
for ax, k, word in zip(axes[0], (1, 4, 12), ("underfitted", "right", "overfitted"), strict=True):
    bt.plot.density(fits[k - 1], X, ax, mass=(0.5, 0.95))
    ax.set(title=f"K = {k}: {word}", xlim=(-6.5, 6.5), ylim=(-6.5, 7))
    ax.legend(fontsize="small", loc="lower left") if k == 12 else ax.get_legend().remove()
bt.plot.selection([fit.best for fit in fits], "bic", axes[1, 0])
bt.plot.selection([fit.best for fit in fits], "aic", axes[1, 1])

ax, usable = axes[1, 2], [fit for fit in fits if fit.best.usable]
for rows, look, label in ((X, "o-", "the 400 rows fitted"), (held_back, "s--", "5,000 rows held back")):
    reached = [fit.mixture.logpdf(rows).mean() for fit in usable]
    ax.plot(
        [fit.n_components for fit in usable],
        reached,
        look,
        label=label,
        color="#0072B2" if rows is X else "#E69F00",
    )
ax.axhline(LOBES.logpdf(held_back).mean(), color="#1A1A1A", linewidth=0.8, label="the truth, on the rows held back")
ax.set(xlabel="number of components K", ylabel="log-likelihood per row")
ax.legend(fontsize="small")
save(axes, __file__)
