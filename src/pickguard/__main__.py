"""`python -m pickguard` is `pickguard`."""

from pickguard.cli import main

if __name__ == "__main__":
    main()
