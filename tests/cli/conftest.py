"""Commands on a chain share one node a worker; each test finds the venue as it was deployed."""

from support.local_chain import dark_collateral_venue, dark_venue, standing_venue, venue

__all__ = ["dark_collateral_venue", "dark_venue", "standing_venue", "venue"]
