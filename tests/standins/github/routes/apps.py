"""Apps, as far as anybody asks."""

from standins.github.routing import Refused, route
from standins.github.shapes import app as shown
from standins.github.state import ACTIONS_APP


@route("GET", "/apps/{slug}")
def app(call):
    """The app that reports the checks of workflows."""
    if call.params["slug"] != "github-actions":
        raise Refused(404, "Not Found")
    return shown(call, ACTIONS_APP)
