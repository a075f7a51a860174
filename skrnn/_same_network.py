"""A training that goes on from an earlier one goes on with the same network."""

from __future__ import annotations

from typing import Any

_MAY_CHANGE = {
    "dropout",
    "noise",
    "recurrent_dropout",
    "scheduled_sampling",
    "trainable_embeddings",
    "trainable_recurrent",
}


def refuse_other_network(new: Any, old: Any) -> None:
    """Refuse to continue the training of another network than the fitted one."""
    now, before = new.to_dict(), old.to_dict()
    names = now if now["kind"] == before["kind"] else ["kind"]
    changed = [
        f"{name}: {before[name]} -> {now[name]}"
        for name in names
        if now[name] != before[name] and name not in _MAY_CHANGE
    ]
    if changed:
        raise_other_network(changed)


def raise_other_network(changed: list[str]) -> None:
    """Refuse to continue, and say what differs."""
    raise ValueError(
        f"Expected the network of the earlier fit in order to continue it, got another "
        f"({', '.join(changed)}). Set these back, or fit anew with warm_start=False."
    )
