"""What is collected: one folder per source, one per family of derived datasets. Nothing here judges."""
