"""Work in several processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from pickguard.base.workers import can_copy, in_order, processors

copying = pytest.mark.skipif(not can_copy(), reason="this system does not copy processes")


def _doubled(number):
    return number * 2


@pytest.mark.parametrize("copied", [False, pytest.param(True, marks=copying)])
def test_results_come_in_the_order_of_the_parts(copied):
    assert list(in_order(_doubled, range(50), 3, copied=copied)) == list(range(0, 100, 2))


@copying
def test_a_copy_rests_upon_what_is_here():
    heavy = {number: str(number) for number in range(9)}
    found = list(in_order(lambda part: (heavy[part], os.getpid()), range(9), 2, copied=True))
    assert [text for text, _process in found] == list(heavy.values())
    assert os.getpid() not in {process for _text, process in found}


@copying
def test_what_a_killed_worker_leaves_is_done_here():
    here = os.getpid()

    def work(part):
        if part == 5 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return part

    assert list(in_order(work, range(9), 2, copied=True)) == list(range(9))


@copying
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_their_parent_and_say_nothing(tmp_path, number):
    """A key interrupts all of them; a parent that is killed leaves nobody behind."""
    script = dedent(
        f"""
        import os, signal, time
        from pathlib import Path
        from pickguard.base.workers import in_order

        def work(part):
            Path({str(tmp_path)!r}, str(os.getpid())).touch()
            time.sleep(60)

        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            list(in_order(work, range(4), 2, copied=True))
        except KeyboardInterrupt:
            os._exit(130)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, start_new_session=True
    ) as parent:
        try:
            _wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
            if number == signal.SIGINT:
                os.killpg(parent.pid, number)
            else:
                parent.kill()
            _wait_for(lambda: not any(_is_running(int(mark.name)) for mark in tmp_path.iterdir()))
        finally:
            parent.kill()
        assert parent.communicate(timeout=30)[1] == b""


def _wait_for(holds):
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _is_running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("said", "granted"),
    [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None), ("", None), ("x y", None)],
)
def test_a_container_has_as_many_processors_as_it_is_granted(tmp_path, said, granted):
    quota = tmp_path / "cpu.max"
    quota.write_text(said)
    free = processors(tmp_path / "absent")
    assert free >= 1
    assert processors(quota) == (granted or free)
