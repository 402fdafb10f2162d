"""The compiler of `.gitlab-ci.yml`: text in, jobs out. No database, no Django, no clock (runner.md §8.6).

    compiled = config.compile(
        text,
        ref="main", tag=False, source="push",       # of the pipeline that would be made
        variables={"CI_COMMIT_BRANCH": "main"},     # what stands above the file: project's, schedule's, request's
        predefined={"CI_PROJECT_PATH": "a/b"},      # what the file may override: the CI_… variables
        read_local=lambda path: str | None,         # a file at the pipeline's commit; None: there is none
        read_project=lambda project, ref, path: str | None,  # of another project (ref "" = its default branch);
                                                    # None: no such file, or the person may not read it
        changed_files=lambda compare_to: paths | None,  # changed by the push, or since the ref `compare_to`;
                                                    # None: nothing to compare with (`changes` is then true);
                                                    # LookupError: there is no such ref
        list_files=lambda: paths,                   # every file of the commit: `rules:exists`, include globs
    )

`variables` and `predefined` are what `$NAME` means in conditions: first `variables`, then the file's own, then
`predefined`. All but `text` have defaults, so that lint and tests can ask little. The functions are called only when
the file needs them. `compiled.jobs` are those the rules let in, in the order of stages; an empty list means that no
pipeline is to be made, and `compiled.empty_because` says why. `ConfigError.messages` is a list of sentences for people;
nothing else is raised because of what the text says.

`expand(text, variables)` fills in `$NAME` and `${NAME}`; a job's `environment`, `resource_group` and `trigger` are
handed out unexpanded, because they may name variables that are known only when the job exists. The text of a child
pipeline is `json.dumps({"include": job.trigger["include"]})`. `seconds("1h 30m")` reads durations, as in `expire_in`.

`merged_yaml(compiled.tree)` is the one file that all the included ones make together.

The way through: loader → includes → extends → references → file (defaults, job, keywords/table) → ordering, and then
for the one pipeline: rules or only_except → selection → build.
"""

from jobs.config.compiler import compile
from jobs.config.durations import seconds
from jobs.config.errors import ConfigError
from jobs.config.expansion import expand
from jobs.config.merged import merged_yaml
from jobs.config.result import Compiled, CompiledJob, Need

__all__ = ["Compiled", "CompiledJob", "ConfigError", "Need", "compile", "expand", "merged_yaml", "seconds"]
