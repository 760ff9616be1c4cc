"""`python -m botus`."""

from botus.cli.main import main

main()
