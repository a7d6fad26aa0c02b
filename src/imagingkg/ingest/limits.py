"""Limits on a process of its own that reads what a stranger wrote, so that its parent never suffers from it."""

from __future__ import annotations


def limit_process(memory_bytes: int, cpu_seconds: int) -> None:
    """From now on this process may take so much address space and processor time, and leaves no core file."""
    try:
        import resource
    except ImportError:  # not on Windows, where the parent's clock alone limits
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
