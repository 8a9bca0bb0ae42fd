"""Ape plugin: the `hyperliquid` ecosystem, on pmkit's own compiler and local node."""
