"""ID tokens: JSON Web Tokens by which other services tell which job calls them (runner.md §7.1)."""
