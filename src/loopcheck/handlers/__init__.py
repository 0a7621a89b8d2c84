"""What is done at each event: one module an event, each reads, judges, plans and has the plan applied.

`loopcheck run`, which the action calls, chooses among them.
"""
