"""Everything automask raises on purpose.

AutomaskError
├── InputError          the picture, the prompt or an option is wrong        exit code 2
├── NothingToChange     the prompt asks for nothing that could be masked     exit code 3
├── Unsure              there is a change, but what or where is not certain  exit code 3
├── ModelError          a model cannot be used                               exit code 4
│   ├── ModelMissing    its files are not there
│   ├── ModelCorrupt    its files are there and wrong
│   └── OutOfMemory     it finds not enough memory to work in
└── Interrupted         the user stopped the run

Each message is one sentence that says what to do.
"""

from __future__ import annotations


class AutomaskError(Exception):
    """Root of the tree; ``exit_code`` is what the command line ends with."""

    exit_code = 1


class InputError(AutomaskError):
    """The picture, the prompt or an option is wrong."""

    exit_code = 2


class NothingToChange(AutomaskError):
    """The prompt asks for nothing that the picture does not already show."""

    exit_code = 3


class Unsure(AutomaskError):
    """Something should change, but what or where is not certain enough."""

    exit_code = 3


class ModelError(AutomaskError):
    """A model cannot be used."""

    exit_code = 4


class ModelMissing(ModelError):
    """The files of a model are not where they are looked for."""


class ModelCorrupt(ModelError):
    """The files of a model are there, but are not what they should be."""


class OutOfMemory(ModelError):
    """There is not enough memory for a model to work in, neither on the card nor beside the processor."""


class Interrupted(AutomaskError):
    """The user stopped the run before the mask was made."""
