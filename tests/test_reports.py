"""What people reported of tools like this one: each test is a situation, with data made by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from skrnn.windows import LagFeatures

NAN = np.nan


@pytest.mark.parametrize("fill", [0.0, "edge"])
def test_lags_that_are_filled_have_no_holes_in_a_fold_from_the_middle(fill):
    frame = pd.DataFrame({"a": np.arange(60.0)}, index=pd.date_range("2024-01-01", periods=60))
    model = make_pipeline(LagFeatures(7, fill=fill), Ridge())
    folds = KFold(3)
    assert np.isfinite(cross_val_predict(model, frame, frame["a"], cv=folds)).all()
    stack = StackingRegressor([("lags", model)], final_estimator=Ridge(), cv=folds)
    assert np.isfinite(stack.fit(frame, frame["a"]).predict(frame)).all()
