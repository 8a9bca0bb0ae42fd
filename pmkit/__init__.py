"""Hyperliquid's portfolio margin: the model, a local chain to try it on, and keepers for it."""
