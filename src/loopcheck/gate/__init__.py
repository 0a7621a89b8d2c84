"""Whether something may be merged: what it would close must verify, and what other items rest on must stay.

The base says which rules hold; what is to be merged is data.
"""
