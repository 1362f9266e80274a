"""scikit-learn's own tests of its GaussianMixture, run on ours.

A fresh interpreter replaces ``sklearn.mixture.GaussianMixture`` before it imports the installed test modules,
so that nothing here is touched.
"""

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

LEFT_OUT = {
    # call functions of sklearn.mixture._gaussian_mixture, not the class
    "test_suffstat_sk_full": "private functions",
    "test_suffstat_sk_tied": "private functions",
    "test_suffstat_sk_diag": "private functions",
    "test_gaussian_suffstat_sk_spherical": "private functions",
    "test_compute_log_det_cholesky": "private functions",
    "test_gaussian_mixture_log_probabilities": "private functions",
    # call methods or count calls that only scikit-learn's own EM has
    "test_gaussian_mixture_precisions_init": "private methods _set_parameters, _initialize",
    "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters": "mocks a private function",
    # arrays of other libraries as input and output
    "test_gaussian_mixture_array_api_compliance": "array API dispatch",
    "test_gaussian_mixture_raises_where_array_api_not_implemented": "array API dispatch",
}
NOT_OURS = "[estimator1]"  # parametrised with BayesianGaussianMixture

RUN = """
import sys, sklearn.mixture, bactrian
sklearn.mixture.GaussianMixture = bactrian.GaussianMixture
import pytest
modules = ["sklearn.mixture.tests.test_gaussian_mixture", "sklearn.mixture.tests.test_mixture"]
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:], "--pyargs", *modules]))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Name of a test with its parameters -> None, or what went wrong."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-c", RUN, "-c", str(folder / "pytest.ini"), "--rootdir", str(folder)]
    command += [f"--junitxml={folder / 'report.xml'}"]
    command += ["-k", " and ".join(f"not {name}" for name in exact(LEFT_OUT))]
    environment = os.environ | {"SKLEARN_RUN_FLOAT32_TESTS": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    cases = ElementTree.parse(folder / "report.xml").iter("testcase")
    return {case.get("name"): failure(case) for case in cases if NOT_OURS not in case.get("name")}


def exact(names):
    # -k matches parts of names, and one name left out is the beginning of one that is kept
    return [name + "[" if name == "test_gaussian_mixture_precisions_init" else name for name in names]


def failure(case):
    found = [*case.findall("failure"), *case.findall("error"), *case.findall("skipped")]
    return found[0].get("message") + "\n" + (found[0].text or "") if found else None


def test_all_pass(outcomes):
    failed = [f"{name}: {message}" for name, message in outcomes.items() if message is not None]
    assert not failed, "\n\n".join(failed)


def test_none_is_missing(outcomes):
    functions = {name.partition("[")[0] for name in outcomes}
    assert not functions & LEFT_OUT.keys()
    assert len(functions) >= 33
    assert {name.partition("[")[2] for name in outcomes} >= {"float32]", "float64]"}
