"""What jobs leave behind: kinds of artifacts, reading archives and reports, who takes what from whom."""
