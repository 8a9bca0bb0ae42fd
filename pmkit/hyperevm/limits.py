"""What HyperEVM's blocks hold and how often they come. SPEC HE-01."""

SMALL_GAS = 3_000_000
BIG_GAS = 30_000_000
SMALL_SECONDS = 1
BIG_SECONDS = 60
