"""YAML as the ontology and the settings are written in it: safe types only, and a key given twice is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from imagingkg.errors import OntologyError

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # a pyyaml built without libyaml reads the same, slower
    from yaml import SafeLoader as _Base  # type: ignore[assignment]


class _StrictLoader(_Base):
    pass


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    out: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, (str, int, float, bool)):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a plain text", key_node.start_mark)
        if key in out:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        out[key] = loader.construct_object(value_node, deep=True)
    return out


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> Any:
    """The value in the file. Raises OntologyError with file, line and problem."""
    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), _StrictLoader)  # noqa: S506 (a safe loader's child)
    except OSError as error:
        raise OntologyError(str(path), error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise OntologyError(str(path), f"is not UTF-8 at byte {error.start}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise OntologyError(f"{path}:{line}", error.problem or "is not YAML", "Mend the file") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise OntologyError(str(path), f"is not YAML ({error})", "Mend the file") from error
