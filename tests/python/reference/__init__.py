"""The slow reference: the definitions of the warehouse told once more, in plain Python.

It exists to disagree with the SQL. Nothing here is derived from a model or a macro: every rule is
a loop over events in total order that a reader can follow with a finger, so that a difference
between the two is a question about a definition and never about a window function.

    from reference import RawInput, Settings, build
    warehouse = build(RawInput(conversation_events=[...]), Settings())
    warehouse.tables["fct_messaging_sessions"]
"""

from reference.inputs import ConfiguredInput, RawInput, Row, Settings, Value
from reference.service_rows import SERVICE_COLUMNS, SERVICE_TABLES
from reference.warehouse import Warehouse, build

__all__ = [
    "SERVICE_COLUMNS",
    "SERVICE_TABLES",
    "ConfiguredInput",
    "RawInput",
    "Row",
    "Settings",
    "Value",
    "Warehouse",
    "build",
]
