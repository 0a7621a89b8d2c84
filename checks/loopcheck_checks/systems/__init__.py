"""Clients of outside systems that several kinds share."""
