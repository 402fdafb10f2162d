"""Which entries would admit the sources in the access log, and open as little else as possible."""
