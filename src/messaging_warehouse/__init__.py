"""A messaging reporting warehouse: the Python that stands beside the dbt project."""
