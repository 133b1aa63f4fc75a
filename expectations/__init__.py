"""What must hold: the controls, and how their tests are judged."""
