"""The instructions that a runner gets with a job (runner.md §2.4), checked as strictly as its decoder reads them."""
