"""Classics, as published; the numbers lie beside this file."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np

from bactrian.datasets.dataset import Dataset


def old_faithful() -> Dataset:
    """272 eruptions of the Old Faithful geyser: duration, and waiting time to the next, in minutes."""
    names, rows = _read("old_faithful.csv")
    return Dataset(
        np.array(rows, dtype=np.float64),
        names,
        "duration of an eruption of Old Faithful and the wait for the next, in minutes",
        "Azzalini & Bowman 1990, Applied Statistics 39:357; as in R's faithful",
    )


def iris() -> Dataset:
    """150 irises of three species: length and width of sepal and petal in centimetres, 50 of each species."""
    names, rows = _read("iris.csv")
    species = tuple(dict.fromkeys(row[-1] for row in rows))
    return Dataset(
        np.array([row[:-1] for row in rows], dtype=np.float64),
        names[:-1],
        "sepals and petals of three species of iris, in centimetres",
        "Anderson 1935; Fisher 1936, Annals of Eugenics 7:179; as in R's iris",
        labels=np.array([species.index(row[-1]) for row in rows]),
        label_names=species,
    )


def acidity() -> Dataset:
    """155 lakes in Wisconsin: log of an acidity index (acid neutralising capacity)."""
    names, rows = _read("acidity.csv")
    return Dataset(
        np.array(rows, dtype=np.float64),
        names,
        "log acidity index of lakes in north-central Wisconsin",
        "Crawford et al. 1992; Richardson & Green 1997, J. R. Stat. Soc. B 59:731",
    )


def crabs() -> Dataset:
    """1000 crabs from Naples: breadth of the forehead by length of the body, the first mixture ever fitted.

    Weldon's measurements as Pearson grouped them: 29 intervals of width 0.004, of which ``data`` holds the
    middles and ``sample_weight`` the numbers of crabs. Pearson's unit is the interval, and 1 is the first.
    """
    names, rows = _read("crabs.csv")
    table = np.array(rows, dtype=np.float64)
    return Dataset(
        table[:, :1].copy(),
        names[:1],
        "breadth of the forehead relative to the length of the body of 1000 crabs, in 29 groups",
        "Weldon 1893; Pearson 1894, Phil. Trans. R. Soc. A 185:71",
        sample_weight=table[:, 1].copy(),
    )


def _read(name: str) -> tuple[tuple[str, ...], list[list[str]]]:
    text = (files("bactrian.datasets") / name).read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    return tuple(header), rows
