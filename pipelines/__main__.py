"""Is this the `evidence` command? `python -m pipelines` is, where the script is not installed."""

from pipelines.cli import main

if __name__ == "__main__":  # a second process of the demo reads this module too
    main()
