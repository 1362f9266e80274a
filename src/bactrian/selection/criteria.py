"""Criteria; lower is better. mclust prints their negatives.

BIC: Schwarz 1978. AIC: Akaike 1974. ICL: Biernacki, Celeux & Govaert 2000 (IEEE PAMI 22:719).
"""

from __future__ import annotations

import numpy as np

CRITERIA = ("bic", "aic", "icl", "cv")


def bic(log_likelihood: float, n_parameters: int, total: float) -> float:
    """-2 l + p log N, N being the sum of the row weights."""
    return float(-2 * log_likelihood + n_parameters * np.log(total))


def aic(log_likelihood: float, n_parameters: int) -> float:
    """-2 l + 2 p."""
    return -2 * log_likelihood + 2 * n_parameters


def icl(bic: float, map_log_responsibility: float) -> float:
    """BIC - 2 sum_i log P(most likely component | x_i): BIC and a price for overlap."""
    return bic - 2 * map_log_responsibility
