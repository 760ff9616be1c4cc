"""botus: a small fine-tuned GPT-2 writes posts, a person prunes them, a tiny container posts them.

What stands in this folder, by what it is for; a folder has the parts of what is named before it.

Commands    cli.py, options.py, settings.py, errors.py, interrupts.py, columns.py; __main__.py
Files       files.py (write, append, claim, lock), lines.py (large text files), jsonl.py, mounts.py
Texts       text.py (what a post is), screen.py and novelty.py (screening/)

Corpus      corpus.py (the file), sources/ (exports), gathering/ (the commands), forgotten.py, plots.py
Training    finetune.py (training/)
Generating  generate.py (the loop), prepare.py (what it needs), critic.py, score.py, candidates.py (the file),
            checkpoint.py and sampler.py (model/), report.py and writing.py (what a person sees), demo/
Review      curate.py (the machine), terminal.py (the screen), review/, decisions.py (the file), ranking.py,
            refill.py (queue add)

Posting     post.py (one run), eligible.py (which line), deliver.py (one target), targets/, owner.py,
            queue.py, tweeted.py, intents.py, state.py, sessions.py (the files), network.py (its faults)
Schedule    schedule.py (cron/), run.py (the loop), container.py (process 1), ending.py (signals)
Log lines   journal.py (their form), outlet.py (where they go), foreign.py (those of other code)
The owner   status.py, stock.py (the queue counted), waiting.py, needs.py; doctor.py (checks/); health.py;
            events.py, news.py (the file), notify.py; resolve.py, logbook.py, mend.py (the log)
"""

__version__ = "0.1.0"
