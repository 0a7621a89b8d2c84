"""For every test there is."""

import gc


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over the tests themselves: it took a fifth of their time to find none there."""
    gc.collect()
    gc.freeze()
