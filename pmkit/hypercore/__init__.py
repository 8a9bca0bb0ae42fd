"""HyperCore as HyperEVM sees it: precompiles, CoreWriter, system addresses, bridging."""
