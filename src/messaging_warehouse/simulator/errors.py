"""What a simulation says when it cannot be run."""


class SimulationError(Exception):
    """The parameters or the output folder cannot be used; the text is one sentence for the reader."""
