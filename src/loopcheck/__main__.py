"""`python -m loopcheck`."""

from loopcheck.cli import main

if __name__ == "__main__":
    main()
