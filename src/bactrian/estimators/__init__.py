"""scikit-learn estimators: thin skins over starts and em; the only folder that knows scikit-learn."""

from bactrian.estimators.gaussian_mixture import GaussianMixture

__all__ = ["GaussianMixture"]
