"""Reading what people write: YAML with positions, Markdown as CommonMark and GitHub read it.

Nothing here knows what a declaration or a checker is.
"""
