"""Every page of the portal in a browser: a world in which each has something to show, and the list of them."""
