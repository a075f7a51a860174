"""scikit-learn's common checks of the networks, with the one exemption that cannot be helped."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skrnn import RNNAutoencoder, RNNClassifier, RNNRegressor

# The lag transformers have theirs beside their other tests.
BY_NATURE = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a weight of two and a sample given twice make other minibatches, so they agree in "
        "expectation only; scikit-learn exempts its own SGDRegressor for this"
    ),
}
# The checks are of what surrounds the network, and each shape of data is compiled by itself: hence
# cells that compile fast. The defaults are below, and the autoencoder learns too little with them.
NETWORKS = [
    RNNRegressor("simple", epochs=6),
    RNNClassifier("simple", epochs=6, learning_rate=0.01, bidirectional=False),
    RNNAutoencoder(epochs=6),
]

KINDS = {RNNRegressor: "regressors", RNNClassifier: "classifiers", RNNAutoencoder: "outliers"}


@parametrize_with_checks(NETWORKS, expected_failed_checks=lambda estimator: BY_NATURE)
def test_common_checks(estimator, check):
    check(estimator)


def checks_of_what_is_learnt(estimator):
    """The checks that a network fails which has learnt nothing, or too little.

    Once each: on read-only memory, and in float32, the networks above have them too.
    """
    for _, check in estimator_checks_generator(estimator):
        name = getattr(check, "func", check).__name__
        learns = ("check_classifiers_train", "check_regressors_train", "check_outliers_train")
        if name in learns and not check.keywords:
            yield check


@pytest.mark.parametrize("Network", KINDS, ids=lambda Network: Network.__name__)
def test_untouched_defaults_learn_enough(Network):
    checks = list(checks_of_what_is_learnt(Network()))
    assert len(checks) == 1
    checks[0](Network())


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: type(network).__name__)
def test_the_checks_were_collected(network):
    """scikit-learn leaves out nearly all checks, without a word, if it takes X for no table."""
    checks = [check for _, check in estimator_checks_generator(network)]
    names = [getattr(check, "func", check).__name__ for check in checks]
    assert len(names) >= 55
    assert set(BY_NATURE) <= set(names)
    assert f"check_{KINDS[type(network)]}_train" in names
