"""What passwords are called."""

import re

PASSWORD = re.compile(r"^(raw_|plain_|new_|old_|user_)?(password|passwd|pwd|passphrase)[12]?$")
