"""A small simulated company served over the real protocols, for the demo and the tests."""
