"""What loopcheck changes outside: planned as data (`plan`, pure), then applied (`apply`, the only writer).

A run that is killed anywhere is repaired by the next one: every effect says how things should be, not what to do.
"""
