"""SAM: loading, masks of everything, masks from points and boxes."""
