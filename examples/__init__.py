"""Programs that show automask at work."""
