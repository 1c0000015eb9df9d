"""Notebooks, compared."""

from authoring.builder.canonical import kept_metadata


def content(cells):
    """What source and notebook must share."""
    return [(cell.cell_type, cell.source, kept_metadata(cell)) for cell in cells]
