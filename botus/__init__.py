"""botus: a small fine-tuned GPT-2 writes posts, a person prunes them, a tiny container posts them.

The stages of the flow are folders, and what they share lies below them. Imports go down only:

    cli/                                        the commands
    schedule/ monitoring/                       when it posts; is it well
    corpus/ training/ generation/ review/ posting/    the stages; none imports another
    screening/ checkpoints/                     may a text be posted; the files of a model
    store/                                     the files of a data directory
    settings.py log.py                         the environment; log lines
    platforms.py                               what is true of each platform: limits, hosts, settings
    text.py markup.py                          what a post is, how values are read and said; HTML as text
    shutdown.py                                a process-wide shutdown flag
    errors.py                                  what a person may see, with exit codes

demo/ has the bundled corpus and model; __main__.py is `python -m botus`.
"""

__version__ = "0.1.0"
