"""`python -m botus`."""

from botus.cli import main

main()
