"""BLIP: captions, matching of phrases, and the heat of a phrase over the picture."""
