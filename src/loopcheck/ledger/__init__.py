"""What was found when: one line for every change of a verdict, appended and never edited.

It is the memory of drift, of first sightings and of reopenings. Comments are output; they are never read as state.
"""
