"""Walls around a process that answers strangers: no network, no other program, no file written, bounded memory, an end
when its parent ends.

All of it is best effort below the text check of graph.safety: Linux gives every wall, other systems some. The kernel's
call numbers are those of its headers (asm/unistd.h), the filter's opcodes those of linux/filter.h and linux/seccomp.h.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
from pathlib import Path
from struct import pack
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
_NUMBER, _ARCHITECTURE = 0, 4  # where they stand in struct seccomp_data
_X32: Final = 0x40000000  # calls of the x32 interface, which would go round the filter

# Architecture, then: socket, connect, bind, listen, sendto, sendmsg, execve, execveat, ptrace, kill, io_uring_setup.
_CALLS: Final = {
    "x86_64": (0xC000003E, (41, 42, 49, 50, 44, 46, 59, 322, 101, 62, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 201, 206, 211, 221, 281, 117, 129, 425)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def end_with(parent: int) -> None:
    """Have the kernel kill this process when the one with the id `parent` ends; exits at once where it has ended."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def no_network() -> bool:
    """From now on this process and its threads can neither open a socket nor run a program. False: not possible here.

    To be called before any other thread starts.
    """
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return False
    architecture, calls = _CALLS[platform.machine()]
    refuse = len(calls) + 1  # steps from the first comparison of a call to the last line
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, refuse + 2, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, refuse, 0, _X32),
        *((_EQUAL, refuse - 1 - at, 0, call) for at, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code = ctypes.create_string_buffer(b"".join(pack("=HBBI", *line) for line in lines))
    program = _Program(len(lines), ctypes.addressof(code))
    return _prctl(_PR_SET_NO_NEW_PRIVS, 1) and _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _prctl(option: int, *values: int) -> bool:
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return bool(ctypes.CDLL(None).prctl(option, *arguments) == 0)


def limit_memory(more: int) -> None:
    """At most `more` bytes beyond what is mapped now; no core file, no file written."""
    import resource  # not on Windows, where nothing is served

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # not Linux: what is mapped is not known, and macOS keeps to no such limit anyway
        return
    most = pages * os.sysconf("SC_PAGE_SIZE") + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
