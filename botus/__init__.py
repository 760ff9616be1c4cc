"""botus: a small fine-tuned GPT-2 writes posts, a person prunes them, a tiny container posts them.

    exports --> corpus.txt --> checkpoint --> candidates --> tweets.txt --> platform --> tweeted.json
            corpus/        training/     generation/     review/       posting/

Each stage of this flow is a folder, and what stages share lies below them. Imports go down only, which the
contracts in setup.cfg check; a stage never imports another, but is handed what it needs.

    cli/          one module per family of commands: parse, call, print
    web/          the page of `botus web`: review, queue and state in a browser
    monitoring/   is the bot well? status, health, doctor, the start page, notifications
    schedule/     CRON becomes slots, and `botus run` posts at them

    answering/    answers to people: chosen from answers.txt, lines that a person has picked beforehand

    corpus/       from exports to corpus.txt: import, cleaning, filtering, duplicates, figures, forgetting
    training/     from corpus.txt to a run folder
    generation/   from a checkpoint to candidates in tweets.txt: sample, judge, score
    review/       from candidates to what a person wants to have posted: the review and its terminal
    posting/      from tweets.txt to the platforms and the log, never knowingly a line twice

    demo/         the bundled corpus and checkpoint
    screening/    may this text be posted, and is it a copy? Rules and searches
    checkpoints/  the files of a model, one module per format
    store/        the files of a data directory, one module or folder per file
    platforms/    what is true of each platform: limits, hosts, settings, how it counts a post

    log.py        log lines, ours and those of libraries, without secrets
    markup.py     HTML as text
    settings/     the settings, from the environment and from files
    text.py       what a post is, how values are read and said
    shutdown.py   a process-wide shutdown flag, and what signals do
    errors.py     the errors that a person may see, with their exit codes

__main__.py is `python -m botus`.
"""

__version__ = "0.1.0"
