"""Log-densities in 50 digits, straight from the definition: what float64 answers are held against."""

import mpmath
import numpy as np

DIGITS = 50


def logpdf(mixture, rows):
    """log p(x) of each row as float64, from the mixture's own numbers taken as exact."""
    with mpmath.workdps(DIGITS):
        factors = [_cholesky(matrix) for matrix in mixture.parameters.covariance.dense()]
        return np.array([float(_log_density(mixture, factors, row)) for row in np.atleast_2d(rows)])


def inverse_factor(matrix):
    """L^-1 of one matrix, rounded to float64."""
    with mpmath.workdps(DIGITS):
        lower = _cholesky(matrix)
        columns = [_forward(lower, [mpmath.mpf(int(i == j)) for i in range(len(lower))]) for j in range(len(lower))]
        return np.array([[float(v) for v in column] for column in columns]).T


def _log_density(mixture, factors, row):
    terms = []
    for weight, mean, lower in zip(mixture.weights, mixture.means, factors, strict=True):
        y = _forward(lower, [mpmath.mpf(float(x)) - mpmath.mpf(float(m)) for x, m in zip(row, mean, strict=True)])
        log_det = 2 * sum(mpmath.log(lower[i][i]) for i in range(len(y)))
        quadratic = len(y) * mpmath.log(2 * mpmath.pi) + log_det + sum(v * v for v in y)
        if weight > 0:
            terms.append(mpmath.log(mpmath.mpf(float(weight))) - quadratic / 2)
    top = max(terms)
    return top + mpmath.log(sum(mpmath.exp(t - top) for t in terms))


def _cholesky(matrix):
    n = len(matrix)
    lower = [[mpmath.mpf(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = mpmath.mpf(float(matrix[i, j])) - sum(lower[i][m] * lower[j][m] for m in range(j))
            lower[i][j] = mpmath.sqrt(rest) if i == j else rest / lower[j][j]
    return lower


def _forward(lower, right):
    y = []
    for i, b in enumerate(right):
        y.append((b - sum(lower[i][j] * y[j] for j in range(i))) / lower[i][i])
    return y
