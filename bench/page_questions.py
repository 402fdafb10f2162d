"""What is asked of a page besides its address: filters and orders of lists, and forms whose answer is a preview.

By the end of a route; `{…}` are values of bench.page_values.
"""

# The first query may be empty: the page as it is.
QUERIES: dict[str, list[str]] = {
    "/ci_cd/token_access": [
        "",
        "?q=p1&order_by=refusals",
        "?kind=project&entry=own&use=used&state=active&order_by=last_used&sort=desc",
        "?page=9",
    ],
    "/token_access/explain": ["", "?source={source}&username=&action=read_packages&target={project_path}"],
    "/token_access/reach": ["", "?direction=outbound&sort=recent", "?q=p1&sort=-path"],
    "/token_access/blast_radius": ["", "?person=me&depth=2"],
    "/token_access/trial": ["", "?days=400"],
    "/token_access/log": ["", "?page=9"],
    "/token_access/refusals": ["", "?page=900"],
    "/token_access/autopopulate": ["", "?size=20&narrow=on"],
    "/entries/change": ["?change=remove&entry={entries}", "?change=permissions&entry={entries}"],
    "ci_cd/token_access/posture": ["", "?severity=high&accepted=all"],
    "/posture/accept": ["?check={check}&subject={subject}"],
    "/explore/projects": ["", "?q=p1", "?page=99"],
    "/search": ["?q=p1"],
    "/api/schema/ui/": ["", "?tag=packages", "?q=job+token&page=2"],
    "/-/pipelines": ["", "?q=main&status=success", "?page=9"],
    "/-/jobs": ["", "?q=test&status=success", "?page=9"],
    "/-/pipelines/<int:pipeline_id>": ["", "?view=needs"],
    "/-/terraform/<int:state_id>/compare": ["?from=1&to=2"],
    "/-/packages": ["", "?q=tool"],
    "/oauth/authorize": [
        "?client_id={client_id}&response_type=code&redirect_uri=https://client.example.com/callback&scope=api&state=x"
        "&code_challenge=a-challenge-that-is-43-characters-long-12345&code_challenge_method=S256"
    ],
}
POSTS: dict[str, list[dict[str, str]]] = {
    "/job_tokens/stop": [{"hours": "24"}],
    "/token_access/limit": [{"inbound": "on"}],
    "/entries/change": [{"change": "end", "entry": "{entries}", "expires_at": "2099-01-01"}],
    "/entries/add": [{"paths": "{source}\nnothing/of-this-name", "failing": "none", "permissions": "default"}],
    "/token_access/replay": [
        {"change": "open", "path": "", "days": "90"},
        {"change": "remove", "path": "{source}", "days": "90"},
    ],
    "/token_access/rules_file": [{"content": "{rules_file}"}],
    "/posture/fix": [{"check": "{check}", "subject": "{subject}"}],
    "/-/tokens": [{"token": "glpat-"}],
    "/-/ci/lint": [{"content": "test:\n  script: [make]\n"}],
}
