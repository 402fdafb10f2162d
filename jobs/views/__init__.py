"""Pages of pipelines, jobs and runners."""
