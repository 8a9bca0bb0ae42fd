"""HyperEVM around the venue: precompiles, CoreWriter, system addresses, and what they carry."""
