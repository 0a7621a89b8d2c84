"""A small repository that tells the story of an incident, for people who have nothing to try loopcheck on.

`commits/` holds what each commit of the story adds, as the files that they are; `story` says who committed them
and when.
"""
