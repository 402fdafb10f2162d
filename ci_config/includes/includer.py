"""`include`: inserts other files below the including one, recursively."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_config import limits
from ci_config.conditions.globs import strict_wildcard_source, wildcard_source
from ci_config.conditions.rules import first_match
from ci_config.context import CompileContext
from ci_config.document.loader import LoadedFile, encoding_problem, load
from ci_config.document.tree import YamlMap, deep_merge
from ci_config.errors import Abort, Location, Mark, Problems, comma_list, quote
from ci_config.includes.entries import entries, parse_entry, repository_path
from ci_config.includes.source import OWN_FILE, CannotInclude, IncludeSource
from ci_config.inputs.blocks import Scope
from ci_config.inputs.functions import ExpandableVariables
from ci_config.inputs.header import Header, parse_header
from ci_config.inputs.input_spec import InputSpec, input_specs
from ci_config.inputs.interpolation import interpolate
from ci_config.inputs.values import GivenInputs, check_count, input_values
from ci_config.jobs.expansion import expand
from ci_config.validators import fields

# What a file of another server may include, by the first keyword of the entry.
KINDS_OF_REMOTE_FILES = ("remote",)
NO_CACHE = "it has no effect here: the file is fetched anew for each pipeline, and has to be there."


class Includer:
    """Reads the pipeline's own file, and all that it includes."""

    def __init__(self, context: CompileContext, problems: Problems) -> None:
        self.context = context
        self.problems = problems
        self.count = 0
        self.lookups = 0

    def read(self, text: str) -> YamlMap:
        """The tree of `text` with the values of its inputs, and all files that it includes.

        A file that cannot be included is reported and left out.
        """
        check_count(self.context.inputs)
        return self.apply(self.open(self.own_source, text, GivenInputs(self.context.inputs)), self.own_source, ())

    def read_header(self, text: str) -> Header | None:
        """The header of `text`, without values for its inputs."""
        return self.header(load(text, self.own_source.label, self.context.budget, self.problems), self.own_source)

    @property
    def own_source(self) -> IncludeSource:
        return self.context.own_file or OWN_FILE

    # ------------------------------------------------------------------ one file

    def open(self, source: IncludeSource, text: str, given: GivenInputs) -> YamlMap:
        """The tree of one file, with the values of its inputs."""
        loaded = load(text, source.label, self.context.budget, self.problems)
        header = self.header(loaded, source)
        if header is None:
            self.check_no_inputs(loaded, source, given)
            return loaded.body
        values = input_values(header.inputs, given, source.label, self.problems)
        if values is None:
            return YamlMap(loaded.body.mark)
        scope = Scope({"inputs": values, **self.facts(header, source)}, self.expandable_variables())
        return interpolate(loaded.body, scope, self.context.budget, self.problems)

    def header(self, loaded: LoadedFile, source: IncludeSource) -> Header | None:
        if loaded.header is None:
            return None
        return parse_header(loaded.header, lambda value, at: self.included_inputs(value, at, source))

    def check_no_inputs(self, loaded: LoadedFile, source: IncludeSource, given: GivenInputs) -> None:
        if given.values:
            where = quote(source.label) if source.label else "The CI file"
            at = given.at or Location(Mark(source.label, 1))
            raise at.error(f"{where} has no inputs: a header with `spec: inputs` and a line `---` would declare them.")
        if loaded.block:
            self.problems.warn(
                Location(loaded.block),
                "`$[[ … ]]` stays as written, because the file has no header with `spec: inputs`.",
            )

    def facts(self, header: Header, source: IncludeSource) -> dict[str, Mapping[str, str | None]]:
        if not header.component:
            return {}
        known = source.facts or {}
        return {"component": {key: known[key] for key in header.component if key in known}}

    def expandable_variables(self) -> ExpandableVariables:
        return ExpandableVariables(self.context.values(), self.context.masked)

    def included_inputs(self, value: Any, at: Location, origin: IncludeSource) -> dict[str, InputSpec]:
        """The inputs in the files of `spec: include`, which hold nothing else."""
        found: dict[str, InputSpec] = {}
        for entry, place in entries(value, at):
            for source, _given in self.sources(entry, place, origin):
                loaded = load(self.content(source, place), source.label, self.context.budget, self.problems)
                top = Location(loaded.body.mark)
                for name, spec in fields(loaded.body, top, {"inputs": input_specs}).get("inputs", {}).items():
                    if name in found:
                        raise spec.at.error("this input stands in another included file too; keep one of them.")
                    found[name] = spec
        return found

    # ------------------------------------------------------------------ its includes

    def apply(self, tree: YamlMap, origin: IncludeSource, above: tuple[IncludeSource, ...]) -> YamlMap:
        if "include" not in tree:
            return tree
        result = YamlMap(tree.mark)
        for entry, at in entries(tree["include"], Location(tree.marks["include"], keyword="include")):
            with self.problems.collect_errors():
                for source, given in self.sources(entry, at, origin):
                    included = self.include(source, given, at, (*above, origin))
                    result = deep_merge(result, included, self.context.budget)
        return deep_merge(result, tree.without("include"), self.context.budget)

    def include(
        self, source: IncludeSource, given: GivenInputs, at: Location, above: tuple[IncludeSource, ...]
    ) -> YamlMap:
        if source in above:
            circle = [each.label for each in (*above[1:], source)]
            raise at.error(f"the files include each other in a circle: {comma_list(circle)}.")
        return self.apply(self.open(source, self.content(source, at), given), source, above)

    def content(self, source: IncludeSource, at: Location) -> str:
        self.count += 1
        if self.count > limits.MAX_INCLUDES:
            raise Abort(at.message(f"more than {limits.MAX_INCLUDES} files are included."))
        try:
            content = self.fetch(source)
        except CannotInclude as error:
            raise at.error(f"{error}.") from error
        if content is None:
            raise at.error(missing_message(source))
        return content

    def fetch(self, source: IncludeSource) -> str | None:
        if source.url:
            return self.context.remote_content(source.url, source.integrity)
        if source.job:
            return self.context.read_artifact(source.job, source.path)
        if source.project:
            return self.context.read_project(source.project, source.ref, source.path)
        return self.context.content(source.path)

    # ------------------------------------------------------------------ what one entry names

    def sources(self, entry: Any, at: Location, origin: IncludeSource) -> list[tuple[IncludeSource, GivenInputs]]:
        """The files that an entry names, and what it gives to their inputs."""
        spec = parse_entry(entry, at)
        if origin.url and not any(kind in spec for kind in KINDS_OF_REMOTE_FILES):
            raise at.error("a file from another server may include only `remote` files.")
        values = self.context.values()
        if "rules" in spec:
            rule = first_match(spec["rules"], self.context, values)
            if rule is None or rule.settings.get("when") == "never":
                return []
        given = GivenInputs(spec["inputs"], at.under("inputs")) if "inputs" in spec else GivenInputs({}, at)
        try:
            return [(source, given) for source in self.entry_sources(spec, at, origin, values)]
        except CannotInclude as error:
            raise at.error(f"{error}.") from error

    def entry_sources(
        self, spec: dict[str, Any], at: Location, origin: IncludeSource, values: Mapping[str, str]
    ) -> list[IncludeSource]:
        if "local" in spec:
            path = repository_path(expand(spec["local"], values), at)
            return [IncludeSource(each, origin.project, origin.ref) for each in self.matching(path, at, origin)]
        if "component" in spec:
            return [self.component(expand(spec["component"], values), at)]
        if "template" in spec:
            name = repository_path(expand(spec["template"], values), at)
            self.count_lookup(at)
            project, ref, path = self.context.find_template(name)
            return [IncludeSource(path, project, ref)]
        if "remote" in spec:
            if spec.get("cache"):
                self.problems.warn(at.under("cache"), NO_CACHE)
            url = checked_name(expand(spec["remote"], values), at)
            return [IncludeSource("", url=url, integrity=spec.get("integrity", ""))]
        if "artifact" in spec:
            path = repository_path(expand(spec["artifact"], values), at)
            return [IncludeSource(path, job=expand(spec["job"], values), shown=f"{spec['job']}:{path}")]
        return self.project_files(spec, at, values)

    def project_files(self, spec: dict[str, Any], at: Location, values: Mapping[str, str]) -> list[IncludeSource]:
        project = checked_name(expand(spec["project"], values), at)
        ref = checked_name(expand(spec.get("ref", ""), values), at)
        return [IncludeSource(repository_path(expand(path, values), at), project, ref) for path in spec["file"]]

    def component(self, address: str, at: Location) -> IncludeSource:
        name = checked_name(address, at)
        self.count_lookup(at)
        found = self.context.find_component(name)
        shown = f"{found.project}/{found.name}@{found.reference}"
        return IncludeSource(found.path, found.project, found.sha, shown=shown, facts=found.facts())

    def count_lookup(self, at: Location) -> None:
        """Looking for a component or template costs as much where there is none, and such mistakes may repeat."""
        self.lookups += 1
        if self.lookups > limits.MAX_INCLUDES:
            raise Abort(at.message(f"more than {limits.MAX_INCLUDES} components and templates are included."))

    def matching(self, path: str, at: Location, origin: IncludeSource) -> list[str]:
        """The files that a path with wildcards matches, in order; a path without wildcards is returned as it is."""
        if "*" not in path:
            return [path]
        files = self.context.files_of(origin.project, origin.ref, at)
        names = files.match(path, wildcard_source) if files else []
        if not names:
            self.problems.warn(at, f"no file matches {quote(path)}, so nothing is included.")
        elif files and len(files.match(path, strict_wildcard_source)) < len(names):
            self.problems.warn(
                at,
                f"{quote(path)} includes files of no subfolder here, but not in GitLab; write `**.yml` for both.",
            )
        return [repository_path(each, at) for each in names]


def checked_name(name: str, at: Location) -> str:
    if problem := encoding_problem(name):
        raise at.error(f"the name {problem}.")
    return name


def missing_message(source: IncludeSource) -> str:
    if source.job:
        return f"the job {quote(source.job)} has no artifact {quote(source.path)}."
    if not source.project:
        return f"there is no file {quote(source.path)} in the repository."
    where = f"{quote(source.project)}{f' at {quote(source.ref)}' if source.ref else ''}"
    if "*" in source.path:
        return f"{quote(source.path)} is looked for as it is written in {where}; only `local` takes wildcards."
    return f"there is no file {quote(source.path)} in the project {where}, or you may not read it."
