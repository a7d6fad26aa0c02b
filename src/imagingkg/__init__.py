"""imagingkg: knowledge graphs from the literature of artificial intelligence in medical imaging."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["KnowledgeGraph", "__version__"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: importing imagingkg must not cost the RDF libraries.
    if name == "KnowledgeGraph":
        from imagingkg.graph.knowledge import KnowledgeGraph

        return KnowledgeGraph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
