"""Exports on demand: a report of the warehouse as a CSV, Parquet or spreadsheet file; see docs/exports.md."""

from messaging_warehouse.export.command import Options, export
from messaging_warehouse.export.errors import ExportError
from messaging_warehouse.export.formats import Format

__all__ = ["ExportError", "Format", "Options", "export"]
