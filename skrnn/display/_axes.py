"""The axes that a display draws on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._compat import check_matplotlib_support

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_for(display: Any, ax: Axes | None, size: tuple[float, float] | None = None) -> Axes:
    """Return axes as they are, or those of a new figure of some size in inches."""
    check_matplotlib_support(f"{type(display).__name__}.plot")
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, new = plt.subplots(figsize=size, layout="constrained")
    return new
