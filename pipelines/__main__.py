"""Is this the `evidence` command? `python -m pipelines` is, where the script is not installed."""

from pipelines.cli import main

main()
