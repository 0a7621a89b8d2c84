"""Would the monitor have fired then? Its own semantics, applied to the samples that Datadog has of that time.

    plan        what has to be asked, and by which rule what comes back is judged; or why that cannot be done
    expression  the arithmetic of a query, taken apart as far as that is needed
    evaluate    the value that each evaluation compares, per group, on arrays
    states      from values to states, with all that delays, holds or repeats them
    groups      one group, replayed, and which groups matter
    composite   the states of a composite from those of its parts
    history     what the monitor really did, beside what the replay says
    looking     the questions to Datadog, and the answer as `loopcheck.replay.Replay`
    judge       what follows

The semantics are those of Datadog's documentation; each module names the pages it rests on.
"""
