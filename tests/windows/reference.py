"""Windows by dictionary: every step looked up by its time, one at a time. Slow and plain."""

import numpy as np
import pandas as pd


def windows_by_dictionary(rows, window, dilation, fill, past=()):
    """Windows of some rows.

    `rows` and `past` hold (series, time, values) triples with whole-numbered times. Looks up the
    step in the rows, then in the last ``(window - 1) * dilation`` past ones of the series, by time.
    """
    given = {(series, time): values for series, time, values in rows}
    earliest = {}
    for series, time, values in [*past, *rows]:
        if series not in earliest or time < earliest[series][0]:
            earliest[series] = (time, values)
        elif time == earliest[series][0]:
            earliest[series] = (time, values)  # given rows come last, and win
    remembered = last_of_each_series(past, (window - 1) * dilation)
    known = {(series, when): values for series, (when, values) in earliest.items()}
    known |= remembered | given
    result = []
    for series, time, values in rows:
        steps = []
        for back in range(window - 1, -1, -1):
            when = time - back * dilation
            if (series, when) in given:
                steps.append(given[series, when])
            elif (series, when) in remembered:
                steps.append(remembered[series, when])
            elif fill == "edge":
                seen = [t for s, t in known if s == series and t <= when]
                steps.append(known[series, max(seen)] if seen else earliest[series][1])
            else:
                steps.append(np.full(np.shape(values), np.nan if fill == "mask" else fill))
        result.append(steps)
    return np.array(result)


def last_of_each_series(past, count):
    kept = {}
    for name in {series for series, _, _ in past}:
        of_series = sorted(((t, v) for s, t, v in past if s == name), key=lambda pair: pair[0])
        kept |= {(name, t): v for t, v in of_series[max(len(of_series) - count, 0) :]}
    return kept


def integer_index(times):
    return pd.Index(times, dtype=np.int64)


def hourly_index(times):
    return pd.Timestamp("2024-03-30 07:00") + pd.to_timedelta(np.asarray(times), unit="h")


def berlin_hourly_index(times):
    return hourly_index(times).tz_localize("UTC").tz_convert("Europe/Berlin")


def berlin_daily_index(times):
    # Every second day: of single days that happen to hold no weekend, weekends are no steps.
    days = pd.Timestamp("2024-03-25") + pd.to_timedelta(2 * np.asarray(times), unit="D")
    return pd.DatetimeIndex(days).tz_localize("Europe/Berlin")


def monthly_index(times):
    return pd.PeriodIndex.from_ordinals(np.asarray(times) + 600, freq="M")


def month_start_index(times):
    return monthly_index(times).to_timestamp()


def month_end_index(times):
    return (month_start_index(times) + pd.offsets.MonthEnd(0)).as_unit("ns")


def every_third_index(times):
    return pd.Index(np.asarray(times) * 3 + 5)


INDEXES = [
    integer_index,
    every_third_index,
    hourly_index,
    berlin_hourly_index,
    berlin_daily_index,
    monthly_index,
    month_start_index,
    month_end_index,
]
