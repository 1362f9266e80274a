"""The storage forms that kernels know: full, diagonal, spherical; one per component or tied."""

from bactrian.covariance.diagonal import Diagonal
from bactrian.covariance.form import Covariance
from bactrian.covariance.full import Full
from bactrian.covariance.parse import parse_covariance
from bactrian.covariance.spherical import Spherical

__all__ = ["Covariance", "Diagonal", "Full", "Spherical", "parse_covariance"]
