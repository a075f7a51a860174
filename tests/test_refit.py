"""A second training on all samples, the held-out ones among them."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from skrnn import LagWindows, RNNClassifier, RNNRegressor

from .common import assert_other_bits, assert_same_bits

rng = np.random.default_rng(0)
SERIES = rng.normal(size=(600, 1)).cumsum(axis=0).astype(np.float32)
X = np.asarray(LagWindows(6, fill="edge").fit_transform(SERIES))[:-1]
WINDOWS = LagWindows(6, fill="edge").fit_transform(SERIES)[:-1]
Y = SERIES[1:, 0]
LABELS = np.where(SERIES[1:, 0] > SERIES[:-1, 0], "up", "down")
TINY = {"cell": "simple", "units": 4, "epochs": 4, "learning_rate": 0.01, "random_state": 0}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("cls", "y"), [(RNNRegressor, Y), (RNNClassifier, LABELS)])
def test_it_is_a_fit_on_all_samples_for_the_best_number_of_epochs(cls, y):
    params = {**TINY, "standardize": False, "n_networks": 3}
    if cls is RNNRegressor:
        params["baseline"] = None
    twice, once = cls(**params).fit(WINDOWS, y), cls(**params, refit=False).fit(WINDOWS, y)
    assert_same_bits(twice.history_["val_loss"], once.history_["val_loss"])
    epochs = int(np.median(twice.best_epoch_))
    fixed = {"early_stopping": False, "batch_size": 32, "learning_rate_schedule": "constant"}
    again = cls(**{**params, **fixed, "epochs": epochs}).fit(WINDOWS, y)
    for given, wanted in zip(twice.weights_, again.weights_, strict=True):
        assert_same_bits(given, wanted)
    assert_other_bits(twice.weights_[0], once.weights_[0])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_line_is_learnt_of_all_samples():
    network = RNNRegressor(**TINY, baseline="linear").fit(WINDOWS, Y)
    table = (X[..., 0] - network.input_mean_) / network.input_scale_
    ridge = RidgeCV(np.logspace(-2, 5, 8)).fit(table, Y)
    np.testing.assert_allclose(network.line_["coef"][:, 0], ridge.coef_, rtol=1e-3, atol=1e-4)
    apart = RNNRegressor(**TINY, baseline="linear", refit=False).fit(WINDOWS, Y)
    assert_other_bits(apart.line_["coef"], network.line_["coef"])


@pytest.mark.parametrize(
    ("params", "more", "reason"),
    [
        ({"early_stopping": False}, {}, "no held-out part"),
        ({"learning_rate_schedule": "cosine"}, {}, "learning_rate_schedule='cosine'"),
        ({}, {"X_val": X[:9], "y_val": Y[:9]}, "X_val"),
        ({"callbacks": [print]}, {}, "callbacks"),
    ],
)
def test_it_is_refused_where_there_is_nothing_to_learn_again(params, more, reason):
    network = RNNRegressor(**{**TINY, **params}, refit=True)
    with pytest.raises(ValueError, match=rf"got {reason}\. Set refit=False"):
        network.fit(WINDOWS, Y, **more)
    assert not hasattr(network, "weights_")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_independent_sequences_and_an_early_stopping_of_the_user_are_trained_once():
    sequences = np.random.default_rng(1).normal(size=(60, 6, 1))
    for data, stopping in ((sequences, "auto"), (WINDOWS[:60], True)):
        networks = [
            RNNRegressor(**TINY, early_stopping=stopping, refit=refit).fit(data, Y[:60])
            for refit in ("auto", False)
        ]
        assert_same_bits(*(network.weights_[0] for network in networks))
