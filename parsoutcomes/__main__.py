"""Run the command line as ``python -m parsoutcomes``."""

from parsoutcomes.cli import main

if __name__ == "__main__":
    main()
