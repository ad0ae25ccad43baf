"""Fuzz targets: the API and the mock's own API by Schemathesis, the readers of documents and recordings by atheris."""
