"""``python -m edge_ser``: the same as the command ``edge-ser``."""

from edge_ser.cli.main import main

if __name__ == "__main__":
    main()
