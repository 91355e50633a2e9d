"""Arithmetic on masks and pictures, and their files; knows nothing of prompts and models."""
