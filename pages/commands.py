"""Beginnings of the commands that pages show for people to paste into the script of a job."""

# With a blank after the colon YAML would take the line for a mapping, and the CI file would be refused.
CURL = 'curl --fail -H "JOB-TOKEN:$CI_JOB_TOKEN"'
