"""Lists, figures and the history of Token Access as its pages show them; nothing is changed here."""
