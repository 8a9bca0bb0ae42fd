"""`python -m pmkit` is `pmkit`."""

from pmkit.cli import main

if __name__ == "__main__":
    main()
