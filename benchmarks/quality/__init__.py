"""How good the networks are with their defaults: ``python -m benchmarks.quality``."""

from .tasks import TASKS, Task, task

__all__ = ["TASKS", "Task", "task"]
