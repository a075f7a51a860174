"""Bands hold the part of the truths that they should, and follow a change."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from skrnn import forecast_scorer
from skrnn.forecast._bands import Errors, adaptive_radii, fewest_errors
from skrnn.forecast._fitting import misses_of

from .common import N_TRAIN, small, table


def radii(calibration, later, coverage=0.8):
    """Radii of forecasts of the next step, made at 0, 1, 2 ..."""
    made_at = np.arange(len(later))
    return adaptive_radii(
        np.asarray(calibration, float),
        np.asarray(later, float),
        made_at,
        made_at + 1,
        made_at,
        coverage,
    )


def test_the_rank_of_a_finite_sample():
    # Of nine errors, the ninth: ceil((9 + 1) * 0.9) = 9. Of nineteen, the eighteenth.
    assert radii(range(1, 10), [0.0], 0.9)[0] == 9
    assert radii(range(1, 20), [0.0], 0.9)[0] == 18
    assert [fewest_errors(c) for c in (0.5, 0.8, 0.9, 0.99)] == [1, 4, 9, 99]


def test_a_miss_widens_and_a_hit_narrows():
    # The level moves by 0.02 * (0.2 - 1) after a miss and by 0.02 * 0.2 after a hit.
    calibration = np.arange(1, 1000.0)
    missed, hit = radii(calibration, [2000, 0]), radii(calibration, [0, 0])
    assert missed[0] == hit[0] == 800
    # One error more stands among 1000: ceil(1001 * (1 - 0.184)) and ceil(1001 * (1 - 0.204)).
    assert missed[1] == 817
    assert hit[1] == 796


def test_independent_errors_are_covered_as_asked():
    errors = np.abs(np.random.default_rng(0).normal(size=4000))
    found = radii(errors[:200], errors[200:], 0.9)
    assert np.mean(errors[200:] <= found) == pytest.approx(0.9, abs=0.01)


def test_coverage_comes_back_after_a_change():
    errors = np.abs(np.random.default_rng(0).normal(size=600))
    errors[300:] *= 5
    found = radii(errors[:100], errors[100:], 0.9)
    is_in = errors[100:] <= found
    assert is_in[200:230].mean() < 0.8  # as the change comes
    assert is_in[260:].mean() > 0.85


def test_an_error_counts_when_its_truth_is_known():
    made_at, known_at = np.arange(6), np.arange(6) + 3
    later = np.full(6, 100.0)
    found = adaptive_radii(np.arange(1, 10.0), later, made_at, known_at, made_at, 0.8)
    assert (found[:3] == found[0]).all()
    assert found[3] > found[0]


def test_a_band_of_one_step_is_drawn_from_errors_of_that_step():
    calibration = np.stack([np.full(9, 1.0), np.full(9, 7.0)], axis=1)[:, :, None]
    found = Errors.of_fit(calibration).radii(np.arange(2), 0.9)
    np.testing.assert_array_equal(found[..., 0], [[1, 7], [1, 7]])


def test_the_bands_of_a_forecaster_are_conformal():
    data = table()
    found = small().fit(data[:N_TRAIN])
    held_out = np.sort(found.errors_.calibration[:, 0, 0]) * data["y"][:N_TRAIN].std(ddof=0)
    rank = int(np.ceil((len(held_out) + 1) * 0.8))
    lower, upper = found.predict_interval(data[N_TRAIN : N_TRAIN + 1], 0.8)[0, 0]
    assert (upper - lower) / 2 == pytest.approx(held_out[rank - 1], rel=0.2)
    frame = found.forecast(coverage=0.8)
    assert (frame["y_upper"] - frame["y_lower"]).iloc[0] / 2 == pytest.approx(held_out[rank - 1])


def test_quantiles_are_ordered_and_their_bands_hold():
    data = table(n_rows=400)
    found = small(quantiles=(0.1, 0.5, 0.9), epochs=8).fit(data[:300])
    quantiles = found.predict_quantiles(data[300:])
    assert quantiles.shape == (100, 3, 3)
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    np.testing.assert_array_equal(found.predict(data[300:]), quantiles[..., 1])
    frame = found.forecast(coverage=0.8)
    assert list(frame.columns) == ["y", "y_q0.1", "y_q0.5", "y_q0.9", "y_lower", "y_upper"]
    bands = found.predict_interval(data[300:], 0.8)[:-1, 0]
    truth = data["y"].to_numpy()[301:]
    assert np.mean((bands[:, 0] <= truth) & (truth <= bands[:, 1])) == pytest.approx(0.8, abs=0.1)
    pinball = np.mean(
        [
            mean_pinball_loss(truth, quantiles[:-1, 0, n], alpha=a)
            for n, a in enumerate((0.1, 0.5, 0.9))
        ]
    )
    one = small(quantiles=(0.1, 0.5, 0.9), epochs=8, horizon=[1]).fit(data[:301])
    assert forecast_scorer("pinball")(one, data[301:]) == pytest.approx(-pinball, rel=0.3)


def test_outer_quantiles_are_moved_by_their_misses():
    levels = np.array([[0.0, 1.0, 2.0]] * 3)
    truth = np.array([-1.0, 1.5, 5.0])
    np.testing.assert_array_equal(misses_of(levels, truth), [1.0, -0.5, 3.0])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"quantiles": (0.1, 0.9)}, "around 0.5"),
        ({"quantiles": (0.1, 0.5, 0.8)}, "around 0.5"),
        ({"quantiles": (0.5,), "strategy": "recursive"}, "strategy='direct' and loss='auto'"),
    ],
)
def test_quantiles_that_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(table())


def test_quantiles_are_not_had_without_being_asked_for():
    found = small().fit(table()[:N_TRAIN])
    with pytest.raises(ValueError, match="got quantiles=None"):
        found.predict_quantiles(table())
    with pytest.raises(ValueError, match="Expected a forecaster with quantiles for the metric"):
        forecast_scorer("pinball")(found, table()[N_TRAIN:])
