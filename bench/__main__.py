"""`python -m bench`: everything that is measured."""

import sys

from bench.gas.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
