"""What pmkit costs, measured: gas on the chain, and time of the local HyperEVM."""
