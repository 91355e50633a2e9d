"""What models run on: devices, caches, and their files on disk and on the network."""
