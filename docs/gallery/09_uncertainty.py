"""How far can a fit be trusted? Fit other rows that could as well have come, and see how much it moves.

Three components of one shape describe Old Faithful best by BIC. Left: the means of 999 bootstrap fits, whose rows
are drawn from the 272 with replacement. The first component stands apart and hardly moves. The other two overlap:
rows can belong to either, so where the small one ends is known badly, and its means trail off to one side. Middle:
the same for its weight. The curvature of the likelihood at the fit sees the near side only, and promises more than
the bootstrap keeps. Right: are three components needed at all? The likelihood ratio of two against three is far
beyond those of rows that were drawn from two. That of three against four is among the larger ones: BIC stays at three,
this test at the 5 % level would not.
"""

import numpy as np
from lobes import COLOURS, MARKERS, save
from matplotlib import pyplot as plt

import bactrian as bt

faithful = bt.datasets.old_faithful()
fit = bt.fit(faithful.data, 3, "EEE", feature_names=faithful.feature_names)
bootstrap = fit.standard_errors(method="bootstrap")
information = fit.standard_errors(method="information")
SMALL = int(np.argmin(fit.mixture.weights))

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14.4, 4.9), layout="constrained")
left.plot(*faithful.data.T, ".", color="#B0B0B0", markersize=4, label="272 eruptions")
for k, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=False)):
    if k < fit.n_components:
        cloud = bootstrap.replicates.means[:, k]
        left.plot(*cloud.T, marker, color=colour, markersize=2.5, alpha=0.4, label=f"means of component {k}, 999 fits")
left.plot(*fit.mixture.means.T, "*", color="white", markeredgecolor="#1A1A1A", markersize=15, label="the fit")
left.set(title="where the means could be", xlabel="eruption, minutes", ylabel="waiting, minutes")
left.legend(fontsize="small", loc="lower right")

drawn = bootstrap.replicates.weights[:, SMALL]
middle.hist(drawn, bins=40, density=True, color=COLOURS[SMALL], alpha=0.6, label="999 bootstrap fits")
estimate, error = fit.mixture.weights[SMALL], information.weights[SMALL]
at = np.linspace(*(estimate + np.array([-4, 4]) * error), 200)
middle.plot(at, np.exp(-0.5 * ((at - estimate) / error) ** 2) / (error * np.sqrt(2 * np.pi)), "k--", label="curvature")
for errors, height, look in ((bootstrap, -0.25, "-"), (information, -0.55, "--")):
    ends = [errors.low.weights[SMALL], errors.high.weights[SMALL]]
    middle.plot(ends, [height, height], f"|{look}", color="#1A1A1A", markersize=9, linewidth=2)
middle.plot([], [], "|-", color="#1A1A1A", label="95 % intervals of both")
middle.set(title=f"the weight of component {SMALL}", xlabel="weight", ylabel="density")
middle.legend(fontsize="small")

tests = bt.test_n_components(faithful.data, range(2, 4), "EEE", n_resamples=99)
for step, colour in zip(tests.steps, COLOURS, strict=False):
    k = step.n_components
    label = f"{k} against {k + 1}, rows drawn from {k}"
    right.hist(step.resampled, bins=np.arange(0, 32, 1.5), histtype="step", linewidth=2, color=colour, label=label)
    right.axvline(step.statistic, color=colour, linestyle=":", linewidth=2.5)
    right.plot([], [], ":", color=colour, linewidth=2.5, label=f"the eruptions: p = {step.p_value:.3g}")
right.set(title="are more components needed?", xlabel="twice the log likelihood ratio", ylabel="resamples of 99")
right.legend(fontsize="small")
save([left, middle, right], __file__)
