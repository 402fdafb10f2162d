"""The bodies of events, in the shapes that GitLab documents, as plain values."""
