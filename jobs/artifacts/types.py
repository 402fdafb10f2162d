"""The types of artifacts that runners upload, each with its format (runner.md §3.4)."""

from __future__ import annotations

ARCHIVE = "archive"
JUNIT = "junit"
DOTENV = "dotenv"
TERRAFORM = "terraform"

ZIP, GZIP, RAW = "zip", "gzip", "raw"

# File names, to which the runner adds `.zip` or `.gz`.
_GZIP = {
    JUNIT: "junit.xml",
    DOTENV: ".env",
    "cobertura": "cobertura-coverage.xml",
    "jacoco": "jacoco-coverage.xml",
    "metrics": "metrics.txt",
    "cyclonedx": "gl-sbom.cdx.json",
    "annotations": "gl-annotations.json",
    "repository_xray": "gl-repository-xray.json",
}
_RAW = {
    TERRAFORM: "tfplan.json",
    "accessibility": "gl-accessibility.json",
    "api_fuzzing": "gl-api-fuzzing-report.json",
    "browser_performance": "browser-performance.json",
    "cluster_image_scanning": "gl-cluster-image-scanning-report.json",
    "codequality": "gl-code-quality-report.json",
    "container_scanning": "gl-container-scanning-report.json",
    "coverage_fuzzing": "gl-coverage-fuzzing.json",
    "dast": "gl-dast-report.json",
    "dependency_scanning": "gl-dependency-scanning-report.json",
    "license_scanning": "gl-license-scanning-report.json",
    "load_performance": "load-performance.json",
    "performance": "performance.json",
    "requirements": "requirements.json",
    "requirements_v2": "requirements_v2.json",
    "sast": "gl-sast-report.json",
    "secret_detection": "gl-secret-detection-report.json",
}
FORMATS = {ARCHIVE: ZIP, "lsif": ZIP, **dict.fromkeys(_GZIP, GZIP), **dict.fromkeys(_RAW, RAW)}
NAMES = {"lsif": "lsif.json", **_GZIP, **_RAW}
EXTENSIONS = {ZIP: ".zip", GZIP: ".gz", RAW: ""}

ACCESS = ("all", "developer", "maintainer", "none")


def default_filename(file_type: str) -> str:
    return NAMES.get(file_type, "artifacts") + EXTENSIONS[FORMATS[file_type]]
