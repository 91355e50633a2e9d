"""SAM: finds the regions of a picture, all of them or those that phrases may name."""
