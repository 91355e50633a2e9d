"""BLIP: captions a picture, matches phrases with it, and finds where in it a phrase is shown."""
