"""How one network forecasts several steps: all at once, or one after the other."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from .._roll_out import roll_out
from ._design import Design
from ._table import Table
from ._timeline import values_at


class Strategy(Protocol):
    """How a network learns from the rows of a table, and how it forecasts from them."""

    @property
    def baselines(self) -> tuple[str, ...]:
        """Return what the network may start from."""

    def lead_steps(self, n_steps: int) -> int:
        """Return how many steps ahead the windows hold the known columns."""

    def lags(self, n_steps: int, season: int | None) -> tuple[int, ...]:
        """Return how many steps back columns stand beside each row."""

    def words(self) -> dict[str, Any]:
        """Return the parameters of the network that the strategy decides."""

    def samples(
        self, design: Design, table: Table, rows: np.ndarray, y: np.ndarray
    ) -> dict[str, Any]:
        """Return what the network is fitted on: X, y and what else it takes.

        `y` has what the forecasts from the rows are to be, (n_rows, n_steps, n_targets), in units
        of each series and above the baseline.
        """

    def said(
        self, regressor: Any, design: Design, table: Table, rows: np.ndarray, n_steps: int
    ) -> np.ndarray:
        """Return what the network says from some rows: (n_rows, n_steps, n_targets, n_levels).

        A network without quantiles has one level.
        """


class Direct:
    """All steps at once, as outputs of the last layer."""

    baselines = ("none", "last", "season")

    def lead_steps(self, n_steps: int) -> int:
        """Return the last step ahead."""
        return n_steps

    def lags(self, n_steps: int, season: int | None) -> tuple[int, ...]:
        """Return none: the windows hold what was before."""
        return ()

    def words(self) -> dict[str, Any]:
        """Return nothing: every network forecasts all steps at once."""
        return {}

    def samples(
        self, design: Design, table: Table, rows: np.ndarray, y: np.ndarray
    ) -> dict[str, Any]:
        """Return windows, and an output for each step and target."""
        outputs = y.reshape(len(rows), -1).astype(np.float32)  # as the network reads them
        return {"X": design.windows_at(table, rows), "y": outputs}

    def said(
        self, regressor: Any, design: Design, table: Table, rows: np.ndarray, n_steps: int
    ) -> np.ndarray:
        """Return the outputs by step, target and level."""
        outputs = np.asarray(regressor.predict(design.windows_at(table, rows)))
        return outputs.reshape(len(rows), n_steps, table.n_targets, -1)


class Recursive:
    """The next step alone; its forecast is fed back for the step after it."""

    baselines = ("none",)

    def lead_steps(self, n_steps: int) -> int:
        """Return one step."""
        return 1

    def lags(self, n_steps: int, season: int | None) -> tuple[int, ...]:
        """Return none: the windows hold what was before."""
        return ()

    def words(self) -> dict[str, Any]:
        """Return what a network needs that is fed its own outputs."""
        reads_out = {"bidirectional": False, "pooling": "last", "conv_filters": ()}
        # Outputs are fed back in a linear scale, so no feature may be seen as a logarithm.
        return {"baseline": None, "standardize": True, **reads_out}

    def samples(
        self, design: Design, table: Table, rows: np.ndarray, y: np.ndarray
    ) -> dict[str, Any]:
        """Return windows, and the columns of the next row that are not known ahead."""
        middle, spread = design.scale_of(table)
        values = values_at(table.values, table.timeline.rows_at([1])[rows])[:, 0]
        is_known = ~np.isnan(values).all(axis=1)
        rows, values = rows[is_known], values[is_known]
        return {
            "X": design.windows_at(table, rows),
            "y": (values - middle[rows]) / spread[rows],
        }

    def said(
        self, regressor: Any, design: Design, table: Table, rows: np.ndarray, n_steps: int
    ) -> np.ndarray:
        """Return the targets of steps that are forecast one after the other."""
        windows, n_fed_back = design.windows_at(table, rows), table.values.shape[1]
        n_columns = windows.shape[2]
        found = roll_out(
            regressor,
            windows,
            n_steps,
            fed_back=range(n_fed_back),
            known=range(n_fed_back, n_columns),
            known_values=design.columns_ahead(table, rows, n_steps)[:, :, n_fed_back:],
        )
        return found[:, :, : table.n_targets, None]


class Decoder:
    """A decoder, which is told of each step what is known of it, and what was a season before."""

    baselines = ("none", "last", "season")

    def lead_steps(self, n_steps: int) -> int:
        """Return none: the decoder is told the known columns of each step."""
        return 0

    def lags(self, n_steps: int, season: int | None) -> tuple[int, ...]:
        """Return the horizon, and the shortest time of whole seasons that is as long.

        The values of that many steps before a step ahead are known when it is forecast.
        """
        in_season = () if season is None else (season * -(-n_steps // season),)
        return tuple(dict.fromkeys((n_steps, *in_season)))

    def words(self) -> dict[str, Any]:
        """Return what a network with a decoder needs."""
        # A decoder that is fed its own outputs hands its errors on from step to step.
        fixed = {"pooling": "last", "hidden_units": (), "conv_filters": ()}
        return {"decoder": "rnn", "autoregressive": False, **fixed}

    def samples(
        self, design: Design, table: Table, rows: np.ndarray, y: np.ndarray
    ) -> dict[str, Any]:
        """Return windows, targets by step, and what is known of the steps."""
        return {"X": design.windows_at(table, rows), "y": y, **self._known(design, table, rows)}

    def said(
        self, regressor: Any, design: Design, table: Table, rows: np.ndarray, n_steps: int
    ) -> np.ndarray:
        """Return what the decoder writes."""
        windows, known = design.windows_at(table, rows), self._known(design, table, rows)
        return np.asarray(regressor.predict(windows, **known))[..., None]

    def _known(self, design: Design, table: Table, rows: np.ndarray) -> dict[str, Any]:
        first = table.values.shape[1] + len(design.flagged)
        return {"known": design.columns_ahead(table, rows, design.n_steps)[:, :, first:]}


STRATEGIES: dict[str, Strategy] = {
    "direct": Direct(),
    "recursive": Recursive(),
    "decoder": Decoder(),
}
