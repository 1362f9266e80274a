"""Messages name the options that were typed, and not the arguments of the library."""

import pytest

from bactrian.cli.fit import fit
from bactrian.cli.wording import OPTIONS, as_options

SAID = {
    "with regularization=": "with --regularization",
    "a variance with regularization=0; or less": "a variance with --regularization 0; or less",
    "start='hierarchical' makes groups; leave start= or labels= out": (
        "--start hierarchical makes groups; leave --start or --known out"
    ),
    "criterion='cv' needs rows": "--criterion cv needs rows",
    "weigh rows; use noise=True": "weigh rows; use --noise",
    "n_init should be an integer of at least 1": "--n-init should be an integer of at least 1",
    "choose --columns a (in Python, features=['a', ...])": "choose --columns a",
    "say so with --header yes (in Python, bt.sources.csv(path, header=True)), else": "say so with --header yes, else",
    "start=2020/x.csv is empty": "start=2020/x.csv is empty",
    "no such table (WHERE noise=3)": "no such table (WHERE noise=3)",
    "the noise should be a number": "the noise should be a number",
}


@pytest.mark.parametrize("message", SAID)
def test_arguments_become_options(message):
    assert as_options(message) == SAID[message]


def test_every_option_is_one_of_the_command():
    assert set(OPTIONS.values()) <= {name for option in fit.params for name in option.opts}


def test_in_what_the_command_says(run, tmp_path):
    (tmp_path / "x.csv").write_text("a,b,kind\n" + "1,5,0\n2,3,1\n4,5,\n3,1,\n")
    done = run("fit", tmp_path / "x.csv", "-k", 2, "--known", "kind", "--start", "hierarchical")
    assert done.stderr.startswith(
        "error: --start hierarchical makes groups that know nothing of the labels given; leave"
    )
    assert done.stderr.endswith(" leave --start or --known out\n")
