"""Gas of the venue's actions beside Morpho Blue and Aave v3, on one chain (`make gas`).

One local node carries all three. Every figure is `gasUsed` of one transaction's receipt, in a
steady state: accounts, allowances, reserves and balances were all written before by the same
action, a day has passed since, so that interest is stored anew, and nothing is set to zero.
"""
