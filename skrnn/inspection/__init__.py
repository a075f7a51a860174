"""Questions to a pipeline: does it see the future, and which of its inputs matter."""

from ._importance import lag_importance
from ._leakage import leakage_report
from ._report import Leak, LeakageReport

__all__ = ["Leak", "LeakageReport", "lag_importance", "leakage_report"]
