"""What people ask of loopcheck in comments on an issue."""
