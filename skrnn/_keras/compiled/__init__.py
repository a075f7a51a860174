"""The compiled engine: XLA programs, the arrays that go into them, and what keeps them."""
