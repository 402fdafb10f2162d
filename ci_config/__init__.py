"""The compiler of `.gitlab-ci.yml`: text in, jobs out. No database, no Django, no clock (runner.md §8.6).

    compiled = ci_config.compile(
        text,
        ref="main", tag=False, source="push",       # of the pipeline that would be created
        variables={"CI_COMMIT_BRANCH": "main"},     # take precedence over the file: of the project, schedule, request
        masked={"TOKEN"},                           # those of them whose values must not get into the file or a message
        inputs={"stage": "test"},                   # for `spec: inputs` of the file; numbers and lists may be texts
        own_file=IncludeSource(path, project, ref), # where the file lies, if not in the pipeline's own commit
        predefined={"CI_PROJECT_PATH": "a/b"},      # can be overridden by the file: the CI_… variables
        read_local=lambda path: str | None,         # a file at the pipeline's commit; None: it does not exist
        read_project=lambda project, ref, path: str | None,  # a file of another project (ref "": its default branch);
                                                    # None: it does not exist, or the person may not read it
        find_component=lambda address: ComponentFile,  # of `include: component`; this and the next three raise
                                                    # CannotInclude, whose text says what to do instead
        find_template=lambda name: (project, ref, path),  # of `include: template`, for `read_project`
        read_remote=lambda url, integrity: str,     # a file of another server
        read_artifact=lambda job, path: str | None, # of `trigger: include: artifact`
        changed_files=lambda compare_to: paths | None,  # changed by the push, or since the ref `compare_to`;
                                                    # None: nothing to compare with (`changes` is true then);
                                                    # raises LookupError if the ref does not exist
        list_files=lambda: paths,                   # all files of the commit, for `rules:exists` and wildcards
        list_project_files=lambda project, ref: paths | None,  # of another project, as `read_project`
        evaluate_rules=True,                        # False: all jobs of the file, as if it had no rules
    )

In conditions `$NAME` is looked up in `variables`, then in the file's own variables, then in `predefined`. All
arguments but `text` have defaults. The functions are called only if the file needs them.

`compiled.jobs` are the jobs that the rules leave, in the order of stages. If it is empty, no pipeline is to be
created, and `compiled.empty_because` says why. The only exception raised because of the text is ConfigError, whose
`messages` are sentences for people.

`read_header(text, …)`, with the same arguments, is what `spec` says: the inputs of the file with type, default and
options, without values for them.

`expand(text, variables)` expands `$NAME` and `${NAME}`. A job's `environment`, `resource_group` and `trigger` are
returned unexpanded, because they may refer to variables that are known only when the job exists. The text of a child
pipeline is `json.dumps({"include": job.trigger["include"]})`. `seconds("1h 30m")` parses durations, as in
`expire_in`. `redactor(secrets)` keeps values out of messages of others about the file.
`merged_yaml(compiled.tree)` is the file with all includes merged, and `origin_lines(text, compiled.tree)` where each of
its lines came from. `compiled.verdicts` say of every job of the file why it is in the pipeline or is not, with the
line of the rule that decided.

Order of the steps: loader → inputs → includes → extends → references → file (defaults, job, keywords/table) →
job_graph; then, for one pipeline, rules or only_except → selection → build.
"""

from ci_config.compiler import compile, read_header
from ci_config.context import CompileArguments
from ci_config.document.origins import OriginLine, origin_lines
from ci_config.document.yaml_dump import merged_yaml
from ci_config.durations import seconds
from ci_config.errors import ConfigError
from ci_config.includes.source import CannotInclude, ComponentFile, IncludeSource
from ci_config.inputs.header import Header
from ci_config.inputs.input_spec import InputSpec
from ci_config.jobs.expansion import expand
from ci_config.jobs.verdicts import Verdict
from ci_config.redaction import redactor
from ci_config.result import CompiledJob, CompiledPipeline, Need

__all__ = [
    "CannotInclude",
    "CompileArguments",
    "CompiledJob",
    "CompiledPipeline",
    "ComponentFile",
    "ConfigError",
    "Header",
    "IncludeSource",
    "InputSpec",
    "Need",
    "OriginLine",
    "Verdict",
    "compile",
    "expand",
    "merged_yaml",
    "origin_lines",
    "read_header",
    "redactor",
    "seconds",
]
