"""The files of the demo projects."""

from __future__ import annotations

from projects.models import Project

_CI = """\
stages: [build, test]

build:
  stage: build
  script:
    - echo "Building $CI_PROJECT_NAME at $CI_COMMIT_SHORT_SHA"
    - mkdir -p dist && date > dist/built.txt

test:
  stage: test
  script:
    - echo "Testing"
    - test -n "$CI_JOB_TOKEN"
"""

_APP_CI = """\
stages: [build, test]

variables:
  LIBRARY: acme/library

# Both ways into another project that its Token Access decides about: git, and the package registry.
build:
  stage: build
  script:
    - git clone "http://gitlab-ci-token:$CI_JOB_TOKEN@$CI_SERVER_HOST:$CI_SERVER_PORT/$LIBRARY.git"
    - 'curl --fail --header "JOB-TOKEN: $CI_JOB_TOKEN" "$CI_API_V4_URL/projects/acme%2Flibrary/packages/generic/greeting/1.0/greeting.txt"'

test:
  stage: test
  script:
    - echo "Testing $CI_PROJECT_PATH with the library"
"""  # noqa: E501

_LIBRARY = '''\
"""The whole library."""


def greet(name: str) -> str:
    return f"Hello, {name}"
'''


def repository_files(project: Project) -> dict[str, str]:
    """File name → text; always with README.md and .gitlab-ci.yml."""
    readme = f"# {project.name}\n\n{project.description}\n"
    match project.path:
        case "library":
            return {"README.md": readme, ".gitlab-ci.yml": _CI, "greeting/__init__.py": _LIBRARY}
        case "app":
            main = 'from greeting import greet\n\nprint(greet("world"))\n'
            return {"README.md": readme, ".gitlab-ci.yml": _APP_CI, "main.py": main}
        case "site":
            return {"README.md": readme, ".gitlab-ci.yml": _CI, "index.html": "<!doctype html>\n<title>Acme</title>\n"}
        case _:
            return {"README.md": readme, ".gitlab-ci.yml": _CI}
