"""Networks as pure functions of tensors: cells, recurrences, architectures, losses, optimizers."""
