"""Installing the package with a compiler and without: what is in it, which engine serves, what is said."""

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
# Asked in two places, by Python's usual filter of warnings.
ENGINE = """
import pellucid, warnings
from pellucid.engines import engine_for
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("default")
    print(engine_for("auto").name)
    print(engine_for("auto").name)
print(pellucid.__file__)
for warning in said:
    print(warning.message)
"""

pytestmark = pytest.mark.skipif(
    not (find_spec("scikit_build_core") and find_spec("nanobind") and find_spec("pip")),
    reason="building needs pip, scikit-build-core and nanobind: the extra dev has them",
)


def compiles() -> bool:
    """Whether there is a compiler of C++20, and the headers of this Python."""
    compiler = shlex.split(os.environ.get("CXX") or "c++")
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if not (shutil.which(compiler[0]) and headers.is_file()):
        return False
    command = [*compiler, "-std=c++20", "-x", "c++", "-fsyntax-only", "-"]
    return subprocess.run(command, input=b"int main() {}", capture_output=True, check=False).returncode == 0


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it as a user would, without what this test-suite and its Makefile have set."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PELLUCID_", "PYTHON", "SKBUILD_"))}
    # The environment's own programs come first: CMake may be one of them.
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    done = subprocess.run(
        [str(part) for part in command],
        env={**kept, **environment},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def install(folder: Path, *options: str, **environment: str) -> None:
    """Install the package, and nothing it depends on, into `folder`: the way of `pip install .`."""
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index")
    run(*pip, "--no-build-isolation", "--no-deps", "--target", folder, *options, ".", **environment)


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` with the package in `folder`; -S: without the editable one, which would come first."""
    path = os.pathsep.join([str(folder), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    return run(sys.executable, "-S", "-c", code, PYTHONPATH=path)


def served_by(folder: Path) -> tuple[str, list[str]]:
    """Which engine "auto" is for the package in `folder`, asked twice; and all that was said about it."""
    done = python(folder, ENGINE)
    first, second, source, *said = done.stdout.splitlines()
    assert Path(source).is_relative_to(folder), "another installation was asked"
    assert first == second
    assert not done.stderr
    return first, said


@pytest.fixture(scope="module")
def without_compiler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("without")
    install(folder, CC="/bin/false", CXX="/bin/false")
    return folder


def test_without_a_compiler_the_package_installs_and_the_reference_engine_serves(
    without_compiler: Path,
) -> None:
    assert not list((without_compiler / "pellucid").glob("_native*.so"))
    engine, said = served_by(without_compiler)
    assert engine == "reference"
    assert len(said) == 1, "it is said once"
    assert "native engine" in said[0]
    assert "compiler" in said[0]


def test_without_a_compiler_asking_for_the_native_engine_is_answered(without_compiler: Path) -> None:
    code = """
from pellucid.engines import ENGINES, engine_for
from pellucid.errors import OptionError
assert "native" in ENGINES
try:
    engine_for("native")
except OptionError as error:
    print(error)
"""
    done = python(without_compiler, code)
    assert "native" in done.stdout
    assert "compiler" in done.stdout
    assert done.stdout.count("\n") == 1


# The build folder of `make native`: what did not change since is not compiled again.
BUILD = REPOSITORY / "build"


@pytest.fixture(scope="module")
def with_compiler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not compiles():
        pytest.skip("there is no compiler of C++20, or Python's headers are missing")
    folder = tmp_path_factory.mktemp("with")
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "test-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest-xdist may ask for it in two processes at once
        install(folder, f"--config-settings=build-dir={BUILD}/{{wheel_tag}}", PELLUCID_REQUIRE_NATIVE="1")
    return folder


def test_with_a_compiler_the_native_engine_serves(with_compiler: Path) -> None:
    assert list((with_compiler / "pellucid").glob("_native*.so"))
    assert served_by(with_compiler) == ("native", [])


@pytest.mark.skipif(not shutil.which("nm"), reason="nm lists the symbols, and is not installed")
@pytest.mark.parametrize("isa", ["avx2", "avx512"])
def test_what_only_some_processors_can_do_stays_in_its_namespace(with_compiler: Path, isa: str) -> None:
    assert with_compiler.is_dir()
    this_python = "cp{}{}-*".format(*sys.version_info)
    objects = list(BUILD.glob(f"{this_python}/CMakeFiles/kernels_{isa}.dir/**/*.o"))
    if not objects:
        pytest.skip(f"this compiler or processor has no {isa}")
    listed = run("nm", "--demangle", "--defined-only", *objects).stdout.splitlines()
    symbols = [line.split(maxsplit=2)[1:] for line in listed if line.count(" ") >= 2]
    assert symbols
    # Of an inline function that several objects hold the linker keeps one: were it this object's, it would
    # run on processors without these instructions.
    shared = {name for kind, name in symbols if kind in {"W", "V", "u"}}
    assert not {name for name in shared if f"pellucid::{isa}::" not in name}


def test_a_demanded_native_engine_is_not_left_out_silently(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        install(tmp_path, CC="/bin/false", CXX="/bin/false", PELLUCID_REQUIRE_NATIVE="1")
    assert not (tmp_path / "pellucid").exists()


def test_the_source_distribution_can_build_it_all(tmp_path: Path) -> None:
    code = f"import scikit_build_core.build as backend; print(backend.build_sdist({str(tmp_path)!r}))"
    run(sys.executable, "-c", code)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        inside = {name.partition("/")[2] for name in opened.getnames()}
    native = {str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "native").rglob("*.?pp")}
    assert native
    assert native | {"CMakeLists.txt", "pyproject.toml", "src/pellucid/py.typed", "LICENSE"} <= inside
    assert {"benchmarks/__main__.py", "benchmarks/results.json"} <= inside
    assert not {name for name in inside if name.startswith(("build/", ".venv/", "runs/"))}


def test_what_is_installed_is_the_package_and_nothing_else(tmp_path: Path) -> None:
    code = f"import scikit_build_core.build as backend; backend.build_wheel({str(tmp_path)!r})"
    run(sys.executable, "-c", code, CC="/bin/false", CXX="/bin/false")
    (wheel,) = tmp_path.glob("pellucid-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as opened:
        inside = set(opened.namelist())
    assert {name.partition("/")[0].partition("-")[0] for name in inside} == {"pellucid"}
    assert {"pellucid/py.typed", "pellucid/__init__.pyi"} <= inside
    assert not {name for name in inside if "bench" in name}
