"""What pmkit costs, measured: gas on the chain."""
