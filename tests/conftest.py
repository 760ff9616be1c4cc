"""What the whole suite shares."""

from __future__ import annotations

import shutil

from hypothesis import settings

# The same examples in every run; HYPOTHESIS_PROFILE is not read.
settings.register_profile("botus", derandomize=True, deadline=None, database=None)
settings.load_profile("botus")

# Real kills need strace (Linux). Where it is missing the file is not collected; .ci/run insists on it.
collect_ignore = [] if shutil.which("strace") else ["test_kills.py"]
