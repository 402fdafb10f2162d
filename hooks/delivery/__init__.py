"""How events get to their receivers: the request and its signature, the answers, and when to try again."""
