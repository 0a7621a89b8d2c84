"""The checkers that come with loopcheck: plug-ins like anyone's, one folder a kind."""
