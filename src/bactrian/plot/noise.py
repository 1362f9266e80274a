"""Rows that belong to no component: small grey crosses, in every picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bactrian.fit_result import Fit
from bactrian.kernels import Noise
from bactrian.mixture import Mixture
from bactrian.noise import responsibilities_beside
from bactrian.operations.uncertainty import uncertainty
from bactrian.plot import style
from bactrian.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# how high on the Axes the crosses of one feature stand, as a share of its height
FOOT = 0.04


def read_noise(model: Any) -> Noise | None:
    """The noise beside a mixture's components, where a fit has any."""
    # an estimator of ours keeps it as a fit does, but under scikit-learn's rules a public name would be no good
    found = model.noise if isinstance(model, Fit) else getattr(model, "_noise", None)
    return found if isinstance(found, Noise) and found.weight > 0 else None


def shares(mixture: Mixture, noise: Noise | None) -> FloatArray:
    """(K,) weights of the components in the whole, of which noise has its own."""
    return mixture.weights if noise is None else (1 - noise.weight) * mixture.weights


def memberships(mixture: Mixture, noise: Noise | None, values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Of (N, D) rows the component, (N,), K for noise, and how probable it is that it is another."""
    responsibilities = responsibilities_beside(mixture, noise, values)
    return responsibilities.argmax(axis=1), uncertainty(responsibilities)


def is_noise(mixture: Mixture, noise: Noise | None, values: FloatArray) -> Any:
    """(N,) booleans, or None where there is no noise."""
    return None if noise is None else memberships(mixture, noise, values)[0] == mixture.n_components


def crosses(ax: Axes, places: FloatArray, scale: float = 1.0) -> None:
    """At (N, 2) places."""
    if len(places):
        x, y = places.T
        ax.scatter(x, y, s=18 * scale, marker=style.NOISE, color=style.CROSSES, linewidths=0.9, zorder=2.5)


def crosses_at_foot(ax: Axes, x: FloatArray) -> None:
    """At (N,) places of one feature, whose other axis is a density."""
    if len(x):
        look: dict[str, Any] = {"color": style.CROSSES, "markersize": 4, "markeredgewidth": 0.9, "zorder": 5}
        ax.plot(x, [FOOT] * len(x), style.NOISE, transform=ax.get_xaxis_transform(), **look)


def entry(ax: Axes, noise: Noise, linestyle: Any = "none") -> None:
    """The noise in the legend."""
    look: dict[str, Any] = {"marker": style.NOISE, "markersize": 5, "markeredgewidth": 1.0, "color": style.CROSSES}
    ax.plot([], [], linestyle=linestyle, label=f"noise (weight {noise.weight:.2g})", **look)
