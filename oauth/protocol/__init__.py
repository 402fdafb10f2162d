"""OAuth and OpenID Connect as the toolkit is given them."""
