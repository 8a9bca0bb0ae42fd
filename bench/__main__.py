"""`python -m bench`: everything that is measured, gas first; options are those of `bench.speed`."""

import sys

from bench.gas.__main__ import main as gas
from bench.speed.__main__ import main as speed

if __name__ == "__main__":
    sys.exit(gas() or speed(sys.argv[1:]))
