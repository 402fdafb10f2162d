"""When the disk is full or the database is away: what such an error means to a client, and one line of it in the log.
And what is deleted while a request needs it (outages.conflicts).

No view handles these errors. They end in the error handler of the pages (portal.errors), which answers in the client's
own format; docs/server.md says with what.
"""
