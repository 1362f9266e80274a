"""What public methods return is said in their hints; ``| Any`` is left where one row or a collection may be asked."""

import inspect

import pytest

import bactrian as bt
from bactrian.operations.merging import Merging

METHODS = [
    *((bt.Mixture, name) for name in ("logpdf", "pdf", "responsibilities", "classify", "cdf")),
    *((bt.Fit, name) for name in ("classify", "responsibilities", "uncertainty", "plot")),
    *((Merging, name) for name in ("classify", "responsibilities", "plot")),
    *((bt.GaussianMixture, name) for name in ("predict", "predict_proba", "score_samples", "fit_predict")),
    *((bt.plot, name) for name in bt.plot.__all__),
]


@pytest.mark.parametrize(("where", "name"), METHODS)
def test_what_is_returned_is_said(where, name):
    signature = inspect.signature(getattr(where, name))
    assert signature.return_annotation not in ("Any", inspect.Signature.empty)
    assert all(p.annotation != "Any" for n, p in signature.parameters.items() if n in ("ax", "mixture", "mass"))
