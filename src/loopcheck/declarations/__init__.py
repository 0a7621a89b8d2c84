"""What authors declare, from nodes to action items. Knows no file format, no checker and no outside system."""
