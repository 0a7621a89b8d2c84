"""Declarations for the tests of the commands."""

from textwrap import dedent

DECLARED = """\
    ---
    incident: {{id: INC-7, started: 2026-11-01T09:14Z}}
    ---
    # Lost backup

    ## {title}

    ```loopcheck
    owner: "@alice"
    due: {due}
    verify:
      - repo-file: {{path: {path}}}
    ```
    """


def declared(title="Write a script", due="2026-12-15", path="run.sh"):
    return dedent(DECLARED).format(title=title, due=due, path=path)
