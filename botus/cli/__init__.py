"""The command line: parse, call, print. Results are printed here and nowhere else.

main.py        the group, and the one boundary where an error becomes a sentence and an exit code
options.py     the options that every command takes, and the settings they lead to
epilog.py      how every `--help` ends: an example, and the environment that is read
completion.py  `botus completion`, and the values that complete
output.py      standard output and error, and the progress bar
commands/      the commands, one module per family
setting_up/    what `init` and `login` ask, try and write
display/       bars, tables and charts of the commands that take long
"""
