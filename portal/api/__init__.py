"""What of the API belongs to no resource: its version, its description for machines, and where all else ends."""
