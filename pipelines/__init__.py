"""When things run, and with which credentials: the only wiring."""
