#!/usr/bin/env python
"""Django's command line for Token Access."""

import gc
import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["serve"]:
        # Ctrl-C ends it as SIGTERM does. A KeyboardInterrupt that strikes in a destructor or in the callback of a weak
        # reference is lost, and the server would go on.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        gc.disable()  # all that is loaded stays: looking through it again and again takes a fifth of the start
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))  # a setting that is wrong: it names the variable
