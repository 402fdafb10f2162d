"""`spec: inputs`: what a file takes, the values that it gets, and `$[[ inputs.name ]]` where they are used."""
