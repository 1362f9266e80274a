"""Numbers printed by the real mclust (frozen in mclust.json) beside ours."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.em import Climb, run
from bactrian.families import FAMILIES, Floor, parse_family
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment
from tests.golden.mclusts import DATA, KERNEL, LOOSE, SOUND, climb_from, close, numbers, tight

GOLDEN = numbers("mclust")


def start(assignment, family, **rules):
    source = ArraySource(DATA["iris"]().data)
    return source, climb_from(source, assignment, family, **rules)


@pytest.mark.parametrize("family", SOUND)
def test_one_m_step(family):
    golden = GOLDEN["iris_given_z"]
    _, climb = start(np.array(golden["labels"]), family)
    expected = golden["families"][family]
    assert close(climb.mixture.weights, expected["pro"], 1e-12)
    assert close(climb.mixture.means, expected["mean"], 1e-12)
    assert close(climb.mixture.covariance.dense(), expected["sigma"], LOOSE.get(family, 1e-12))


@pytest.mark.parametrize("family", SOUND)
def test_one_iteration_and_tight_convergence(family):
    golden = GOLDEN["iris_given_z"]
    data, labels = DATA["iris"]().data, np.array(golden["labels"])
    one = bt.fit(data, families=family, start=labels, tol=0, max_iter=0)
    assert one.log_likelihood == pytest.approx(
        golden["families"][family]["one_iteration_loglik"], rel=1e-8 if family in LOOSE else 1e-9
    )
    end = bt.fit(data, families=family, start=labels, tol=1e-14, max_iter=5000)
    assert end.log_likelihood >= golden["families"][family]["tight_loglik"] - 1e-6


def test_vve_climbs_where_mclusts_falls():
    golden = GOLDEN["iris_given_z"]
    labels = np.array(golden["labels"])
    end = bt.fit(DATA["iris"]().data, families="VVE", start=labels, tol=1e-14, max_iter=5000)
    history = np.array(end.history)
    assert (np.diff(history) >= -1e-12 * np.abs(history[1:])).all()
    assert end.log_likelihood >= -214.0532 - 1e-4
    assert end.log_likelihood > golden["families"]["VVE"]["tight_loglik"] + 20


@pytest.mark.parametrize("family", [family for family in SOUND if family != "VVI"])  # mclust's VVI errs here too
def test_equal_weights(family):
    golden = GOLDEN["iris_given_z"]
    end = tight(*start(np.array(golden["labels"]), family, equal_weights=True))
    assert end.log_likelihood >= golden["families"][family]["equal_weights_loglik"] - 1e-6
    assert np.array_equal(end.mixture.weights, np.full(3, 1 / 3))


@pytest.mark.parametrize("family", GOLDEN["iris_given_z_prior"]["families"])
def test_the_prior_where_mclust_is_consistent(family):
    golden = GOLDEN["iris_given_z_prior"]
    data = DATA["iris"]().data
    prior = ConjugatePrior().about(data.mean(0), np.cov(data.T, bias=True), len(data), 3)
    source, begin = start(np.array(golden["z"]), family, prior=prior)
    expected = golden["families"][family]
    assert close(begin.mixture.means, expected["mean"], 1e-12)
    assert close(begin.mixture.covariance.dense(), expected["sigma"], 1e-12)
    one = run(source, KERNEL, [begin], tol=0, max_iter=0)[0]
    assert one.log_likelihood == pytest.approx(expected["one_iteration_loglik"], rel=1e-9)
    # the posterior is maximised, not the likelihood, so the likelihood agrees instead of being bounded
    assert tight(source, begin).log_likelihood == pytest.approx(expected["tight_loglik"], rel=1e-6)


@pytest.mark.parametrize("family", GOLDEN["iris_given_z_prior"]["families"])
def test_the_prior_with_equal_weights(family):
    """mclust stops at its default tolerance, short of the mode; our climb passes through the same mixture."""
    golden = GOLDEN["iris_given_z_prior"]
    data = DATA["iris"]().data
    prior = ConjugatePrior().about(data.mean(0), np.cov(data.T, bias=True), len(data), 3)
    source, climb = start(np.array(golden["z"]), family, prior=prior, equal_weights=True)
    heights = []
    for n in [0] + [1] * 30:
        (climb,) = run(source, KERNEL, [climb], tol=0, max_iter=n)
        heights.append(climb.log_likelihood)
    theirs = golden["families"][family]["equal_weights_loglik"]
    found = int(np.argmin(np.abs(np.array(heights) - theirs)))
    assert heights[found] == pytest.approx(theirs, rel=1e-11)
    assert abs(heights[found - 1] - heights[found]) > 1e-4  # no other iteration would have done
    assert np.array_equal(climb.mixture.weights, np.full(3, 1 / 3))
    assert tight(source, climb).value >= climb.value


@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
@pytest.mark.parametrize("name", DATA)
def test_from_mclusts_partitions(name):
    """Every cell that did not fail in mclust: at least its likelihood, from its own start."""
    golden = GOLDEN[name]
    data = DATA[name]().data
    compared = 0
    for cell in golden["fits_from_partition"]:
        if cell["returnCode"] != 0 or cell["loglik"] is None or cell["family"] == "VVE":
            continue
        labels = np.array(golden["partitions"][str(cell["K"])])
        fit = bt.fit(data, families=cell["family"], start=labels, tol=1e-9)
        assert fit.log_likelihood >= cell["loglik"] - 1e-5, cell
        compared += 1
    assert compared >= 10


@pytest.mark.parametrize("name", DATA)
def test_criteria_count_what_mclust_counts(name):
    """Degrees of freedom in every cell, and BIC and ICL where K = 1 leaves nothing to chance."""
    data = DATA[name]().data
    fit = bt.fit(data, range(1, 10), n_init=1, max_iter=1)
    aliases = {"E": "EII", "V": "VII"}
    table = {aliases.get(f, f): cells for f, cells in GOLDEN[name]["table"].items()}
    for candidate in fit.candidates:
        cells = table[candidate.family]
        expected = cells["df"][candidate.n_components - 1]
        assert expected is None or candidate.n_parameters == expected
        if candidate.n_components == 1 and cells["loglik"][0] is not None:
            assert candidate.log_likelihood == pytest.approx(cells["loglik"][0], rel=1e-9)
            assert candidate.bic == pytest.approx(cells["bic"][0], rel=1e-9)
            assert candidate.icl == pytest.approx(cells["icl"][0], rel=1e-9)


@pytest.mark.parametrize("name", DATA)
def test_our_best_is_at_least_as_good(name):
    table = GOLDEN[name]["table"]
    theirs = min(b for cells in table.values() for b in cells["bic"] if b is not None)
    assert bt.fit(DATA[name]().data).bic <= theirs + 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_icl_at_the_optimum(family):
    """From the same partition to the same optimum, ICL agrees as far as mclust's loose stop allows."""
    golden = GOLDEN["iris_given_z"]
    fit = bt.fit(DATA["iris"]().data, families=family, start=np.array(golden["labels"]), tol=1e-10)
    z = fit.responsibilities(DATA["iris"]().data)
    assert fit.icl == pytest.approx(fit.bic - 2 * np.log(z.max(axis=1)).sum(), rel=1e-10)
    assert fit.icl >= fit.bic


def test_the_m_step_is_the_loops():
    """`Objective.maximize` after one fold is what `run` does: the golden M-steps speak for the loop."""
    source = ArraySource(DATA["iris"]().data)
    objective = Objective(parse_family("VVV"), Floor(np.zeros(4)))
    labels = np.array(GOLDEN["iris_given_z"]["labels"])
    start = from_assignment(source, KERNEL, objective, labels, 3)
    (after,) = run(source, KERNEL, [start], tol=0.0, max_iter=1)
    (folded,) = source.fold(KERNEL, [start.mixture], [objective.family.scatter])
    mixture, held = objective.maximize(folded)
    assert held == ()
    assert np.array_equal(after.mixture.means, mixture.means)
    assert after.n_iter == 1
    assert isinstance(after, Climb)
