"""What a limit, an entry or the end of a trial would block, counted from the access log."""
