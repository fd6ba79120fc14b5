"""What goes wrong with an export, in one sentence that names the remedy."""


class ExportError(Exception):
    """Nothing was exported; the message is a sentence for whoever asked, `exit_code` what the command ends with."""

    exit_code = 1


class WrongUsageError(ExportError):
    """What was asked for means nothing."""

    exit_code = 2
