"""``python -m lib_automask``; see ``lib_automask.cli``."""

import sys

from lib_automask.cli import main

sys.exit(main())
