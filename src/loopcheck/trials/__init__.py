"""Running a check on a bad and on a good commit, in throw-away work trees. Nothing else runs what a repository says.

Nothing comes here by itself: a person asks for it, on their own machine or in a workflow of the default branch.
"""
