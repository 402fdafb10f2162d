"""The HTTP server of `make run`: granian's Rust worker, driven so that a slow client holds no thread.

Granian reads and writes the connections. The threads that compute are its own; what they run is decided here:

- a request without a body runs in such a thread at once, as in granian's WSGI mode (dispatcher);
- a small body is collected by callbacks, and the request runs when the body is whole (body.small);
- a long body, or an answer that waits for another program, runs in one of a few transfer threads (transfers);
- a file is sent by callbacks, block by block as the client takes it (sending.FileSender);
- whoever sends or takes less than a floor of bytes per second is ended, and no address holds more than its share
  (watch).

One process prepares everything, binds the port and forks the workers (supervisor, worker).

This package knows nothing of Django or of the product: it serves a WSGI application.
"""
