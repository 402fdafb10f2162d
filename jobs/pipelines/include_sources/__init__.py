"""Where `include` finds files that lie neither in the pipeline's commit nor at a path of another project."""
