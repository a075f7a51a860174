"""The way from X and y to what an engine reads: sequences, targets, weights, scales, splits."""
