"""What the examples share: Seattle's daily weather, 2012 to 2015, and a folder for pictures."""

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
