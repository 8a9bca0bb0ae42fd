"""Commands on a chain share one node a worker; each test finds the venue as it was deployed."""

from support.local_chain import standing_venue, venue

__all__ = ["standing_venue", "venue"]
