"""The dashboard: web reports over the serving copy. It shows numbers and defines none."""
