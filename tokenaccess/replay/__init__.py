"""“What would it have changed in the last N days?”, asked before a change is saved.

log        what the access log knows jobs did and were refused, as questions
replay     asks them all, makes the change, asks again, and takes the change back
changes    the changes that can be proposed
"""
