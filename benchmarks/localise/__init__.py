"""How well the place of an edit is found: on the icon world, on published data sets, and with noise in the prompt.

The product is called as its users call it, by ``build_mask``. Nothing here chooses a threshold.
"""
