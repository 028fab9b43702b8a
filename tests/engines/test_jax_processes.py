"""Several processes train one network: the parameters of one, each from its own share of the examples."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pellucid.engines import leave_processes, tell_processes
from several import ALL, end_all, ended, free_port, script, start

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is missing")


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


def trained(count: int, folder: Path) -> list[dict[str, np.ndarray]]:
    """What each of several processes has left."""
    port, program = str(free_port()), script("engines/one_of_several.py")
    processes = [start([program, port, str(count), str(i), str(folder)]) for i in range(count)]
    for one in ended(processes):
        assert one.code == 0, one.err[-2000:]
    return [dict(np.load(folder / f"{count}-{i}.npz")) for i in range(count)]


def test_two_and_four_processes_have_the_parameters_of_one(tmp_path: Path) -> None:
    (alone,) = trained(1, tmp_path)
    for count in (2, 4) if ALL else (2,):
        together = trained(count, tmp_path)
        for name, expected in alone.items():
            values = [one[name] for one in together]
            if name.endswith("columns"):
                # Each has read its own share of the inputs, and together they have read all.
                assert (
                    len(set(map(len, values)) - {len(expected) // count, -(-len(expected) // count)}) == 0
                )
                np.testing.assert_array_equal(np.concatenate(values), expected)
                continue
            for value in values:
                np.testing.assert_array_equal(value, values[0])
                np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-12, err_msg=name)


def slurm(i: int) -> dict[str, str]:
    return {
        "SLURM_JOB_ID": str(free_port()),
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": "2",
        "SLURM_PROCID": str(i),
        "SLURM_LOCALID": str(i),
        "SLURM_STEP_NUM_NODES": "1",
    }


def open_mpi(i: int) -> dict[str, str]:
    return {
        "OMPI_MCA_orte_hnp_uri": f"{free_port() << 12}.0;tcp://127.0.0.1:34911",
        "OMPI_COMM_WORLD_SIZE": "2",
        "OMPI_COMM_WORLD_RANK": str(i),
        "OMPI_COMM_WORLD_LOCAL_RANK": str(i),
    }


@pytest.mark.parametrize("cluster", [slurm, open_mpi])
def test_the_environment_of_a_cluster_is_read(cluster: object) -> None:
    code = "from pellucid.engines import join_processes, leave_processes as l; print(join_processes()); l()"
    environments = [cluster(i) for i in range(2)]  # type: ignore[operator]
    # Both belong to one job.
    environments[1] = {**environments[1], **{k: environments[0][k] for k in list(environments[0])[:1]}}
    processes = [start(["-c", code], environment) for environment in environments]
    for i, one in enumerate(ended(processes)):
        assert (one.code, one.out) == (0, f"{i}\n"), one.err[-2000:]


def test_an_exception_of_one_ends_the_others_with_its_message() -> None:
    code = (
        "import sys, time; from pellucid.engines import join_processes\n"
        "if join_processes('127.0.0.1:' + sys.argv[1], 2, int(sys.argv[2])) == int(sys.argv[3]):\n"
        "    raise ValueError('there is no such number')\n"
        "time.sleep(100)"
    )
    for failing in (0, 1):
        port = str(free_port())
        processes = [start(["-c", code, port, str(i), str(failing)]) for i in range(2)]
        found = ended(processes, 60)
        assert [one.code for one in found] == [1, 1]
        assert found[failing].err.rstrip().endswith("ValueError: there is no such number")
        line = f"process {failing} failed: ValueError: there is no such number; this process ends too"
        assert f"pellucid: {line}\n" in found[1 - failing].err


def test_alone_nothing_is_told_and_nothing_left() -> None:
    tell_processes("nobody hears")
    leave_processes()


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (
            "",
            "the other processes are not known: coordinator_address should be defined.; expected --coordin",
        ),
        (
            "import jax; jax.devices();",
            "JAX was used before this process joined others; expected to join fir",
        ),
    ],
)
def test_what_cannot_be_joined_is_refused(before: str, message: str) -> None:
    code = f"from pellucid.engines import join_processes; {before} join_processes(processes=2)"
    (one,) = ended([start(["-c", code])])
    assert one.code == 1
    assert f"OptionError: {message}" in one.err
