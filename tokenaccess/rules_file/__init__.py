"""Rules as code: the Token Access of one project as a YAML file that is planned, applied and exported.

document   what a file says, and the same as JSON and YAML
reader     text → document, each error with its line
state      what a project has now, as a document
plan       what applying a file would change, with the hash that applying it takes
export     a document as YAML; onto an existing file with its comments kept
managed    which projects were set by a file last, and what has changed since
"""
