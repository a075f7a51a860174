"""The lags of rain that a ridge regression needs to forecast a river, as a picture."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn import LagImportanceDisplay, LagWindows, series_to_supervised

rng = np.random.default_rng(0)
days = pd.date_range("2020-01-01", periods=300)
rain = rng.gamma(1.0, size=300)
river = pd.Series(rain).rolling(5, min_periods=1).mean().shift(2, fill_value=0.0).to_numpy()
X, y = series_to_supervised(
    pd.DataFrame({"rain": rain, "river": river}, index=days), target="river"
)

flat = FunctionTransformer(lambda windows: np.asarray(windows).reshape(len(windows), -1))
windows = LagWindows(8, fill="edge")
model = make_pipeline(windows, flat, Ridge(0.01)).fit(X[:200], y[:200])

_, axes = plt.subplots(figsize=(7, 2.2), layout="constrained")
display = LagImportanceDisplay.from_estimator(model, X[200:], y[200:], random_state=0, ax=axes)
