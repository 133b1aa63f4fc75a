"""What management, control owners and auditors receive: reports made from the analysts' file."""
