"""The variables that a job gets (runner.md §7).

`jobs.variables.job` puts them together in the order in which they are sent; of equal keys the last counts.
"""
