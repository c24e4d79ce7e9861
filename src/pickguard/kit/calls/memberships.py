"""Rows by which people are taken in, picked or told of: whoever makes one names somebody else."""

import re

OF_OTHERS = re.compile(
    r"member|particip|collabor|enrol|attend|invit|assign|share|access|role|grant|permission|follow|friend"
    r"|block|team|staff|seat|notif|subscri|watch|mention|vote|rating|token|session|log|audit|history|device",
    re.IGNORECASE,
)
"""Matches the names of the models of such rows."""
