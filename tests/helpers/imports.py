"""What a Python file imports."""

import ast


def imported(path):
    """The dotted names of all modules that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write the full name of the module"
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
