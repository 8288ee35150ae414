"""Outputs: one policy of overwriting, checked before the work, whole by renaming, and never lost at the end."""

import io
import json
import os
import stat
import sys

import pytest

import cevnsjax as cj

TOYS = ("toys", "apv-cs", "--free", "sin2_theta_w", "--count", "60")
SAMPLE = ("sample", "csre-cs", "--free", "r_n_cs", "--method", "hmc", "--draws", "12800")
NEVER = "unwritten words of somebody else"


@pytest.fixture(scope="module")
def weak_charge():
    return cj.Likelihood([cj.measurements.apv_cs()])


@pytest.fixture(scope="module")
def study(weak_charge):
    return weak_charge.toys(40, free=["sin2_theta_w"])


@pytest.fixture(scope="module")
def construction(weak_charge):
    return weak_charge.feldman_cousins({"sin2_theta_w": "0.22:0.25:3"}, count=60, refine=0)


@pytest.fixture(scope="module")
def posterior():
    likelihood = cj.Likelihood([cj.measurements.csre_cs()])
    return likelihood.sample(free=["r_n_cs"], method="hmc", draws=12800)


@pytest.mark.parametrize("kind", ["study", "construction", "posterior"])
def test_saving_refuses_what_exists_unless_told(request, tmp_path, kind):
    result, out = request.getfixturevalue(kind), tmp_path / "out.nc"
    result.save(out)
    first = out.read_bytes()
    out.write_text(NEVER)
    with pytest.raises(cj.InputError, match="overwrite=True"):
        result.save(out)
    assert out.read_text() == NEVER
    result.save(out, overwrite=True)
    assert out.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["out.nc"]
    assert stat.S_IMODE(out.stat().st_mode) & 0o077 == 0o044  # as any file of this user


@pytest.mark.parametrize("kind", ["study", "posterior"])
def test_folders_links_and_devices_are_left_alone(request, tmp_path, kind):
    result = request.getfixturevalue(kind)
    folder, link, target = tmp_path / "folder.nc", tmp_path / "link.nc", tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.tex").write_text(NEVER)
    target.write_text(NEVER)
    link.symlink_to(target)
    (tmp_path / "device.nc").symlink_to("/dev/null")
    for path in (folder, tmp_path / "device.nc"):
        for overwrite in (False, True):
            with pytest.raises(cj.InputError, match=f"cannot write to '.*{path.name}'"):
                result.save(path, overwrite=overwrite)
    with pytest.raises(cj.InputError, match="exists already"):
        result.save(link)
    result.save(link, overwrite=True)  # the link is replaced, not what it leads to
    assert target.read_text() == NEVER
    assert not link.is_symlink()
    assert (folder / "thesis.tex").read_text() == NEVER
    (tmp_path / "dangling.nc").symlink_to(tmp_path / "nowhere.nc")
    with pytest.raises(cj.InputError, match="exists already"):
        result.save(tmp_path / "dangling.nc")
    assert not (tmp_path / "nowhere.nc").exists()


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("there.nc", "exists already"),
        ("folder.nc", "is a folder"),
        ("nowhere/out.nc", "no folder 'nowhere'"),
        ("there.nc/out.nc", "no folder 'there.nc'"),
        ("out.txt", "ends in .nc"),
        ("out", "ends in .nc"),
        ("/proc/out.nc", "cannot write to '/proc/out.nc'"),
        ("/sys/out.nc", "cannot write to '/sys/out.nc'"),
        (f"{'x' * 300}.nc", "too long"),
    ],
)
@pytest.mark.parametrize("run", [TOYS, SAMPLE], ids=["toys", "sample"])
def test_an_output_is_refused_before_the_work(refused, tmp_path, run, out, words):
    (tmp_path / "there.nc").write_text(NEVER)
    (tmp_path / "folder.nc").mkdir()
    refused(*run, "--out", out, words=["cannot write to", words])
    assert (tmp_path / "there.nc").read_text() == NEVER


@pytest.mark.parametrize("run", [TOYS, SAMPLE], ids=["toys", "sample"])
def test_options_that_need_an_output(refused, run):
    refused(*run, "--overwrite", words=["--overwrite needs --out"])
    refused(*run, "--resume", words=["--resume needs --out"])
    refused(*run, "--resume", "--out", "new.nc", words=["nothing to resume"])


def test_tables_of_contours(command, tmp_path):
    scan = (
        "scan",
        "apv-cs",
        "--grid",
        "sin2_theta_w=0.22:0.25:9",
        "--constrain",
        "r_n_cs=5.05,0.05",
        "--out",
        "s.zarr",
    )
    assert command(*scan)[0] == 0
    table = tmp_path / "table.csv"
    table.write_text(NEVER)
    code, out, err = command("contour", "s.zarr", "--out", "table.csv")
    assert (code, out) == (2, "")
    assert "--overwrite" in err
    assert table.read_text() == NEVER
    assert command("contour", "s.zarr", "--label", "χ² of ε", "--out", "table.csv", "--overwrite")[0] == 0
    assert "χ² of ε" in table.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.zarr", "table.csv"]


def test_figures_are_replaced(command, tmp_path):
    (tmp_path / "f.png").write_text(NEVER)
    assert command("predict", "csre-cs", "apv-cs", "--plot", "f.png")[0] == 0
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["f.png"]


def test_what_lies_beside_an_output_is_no_way_to_another_file(command, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text(NEVER)
    for beside in (".t.nc.lock", ".s.zarr.lock"):
        (tmp_path / beside).symlink_to(precious)
    for run in (
        (*TOYS, "--out", "t.nc"),
        ("scan", "apv-cs", "--grid", "sin2_theta_w=0.22:0.25:5", "--constrain", "r_n_cs=5,1", "--out", "s.zarr"),
    ):
        code, out, err = command(*run)
        assert (code, out) == (2, "")
        assert "is a link" in err
    (tmp_path / ".t.nc.lock").unlink()
    os.link(precious, tmp_path / ".t.nc.lock")
    code, _, err = command(*TOYS, "--out", "t.nc")
    assert code == 2
    assert "no lock of this program" in err
    (tmp_path / ".t.nc.lock").unlink()
    (tmp_path / ".t.nc.lock").write_text("12345\n")  # of a process that was killed
    (tmp_path / ".t.nc.0123abcd.writing").write_text("half")  # what it was writing
    assert command(*TOYS, "--out", "t.nc")[0] == 0
    assert precious.read_text() == NEVER
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".t.nc")]


def test_what_another_output_is_writing_is_left_alone(command, tmp_path):
    """Of a name that begins as this one does."""
    ours, theirs = tmp_path / ".light.0123abcd.writing", tmp_path / ".light.nc.0123abcd.writing"
    for part in (ours, theirs):
        part.write_text("half")
    code, _, err = command("scan", "csre-cs", "--grid", "r_n_cs=4:6:5", "--out", "light")
    assert code == 0, err
    assert theirs.read_text() == "half"
    assert not ours.exists()


class Code:
    """What a checkpoint must never run."""

    def __reduce__(self):
        return os.system, ("touch executed",)


@pytest.mark.parametrize("run", [TOYS, SAMPLE], ids=["toys", "sample"])
def test_an_unfinished_run_that_is_none(refused, tmp_path, run):
    import pickle

    import numpy as np

    kept = tmp_path / "out.nc.unfinished"
    for write in (
        lambda: kept.write_text(NEVER),
        lambda: kept.write_bytes(b""),
        lambda: kept.write_bytes(pickle.dumps(Code())),
        lambda: np.save(kept.open("wb"), np.array([Code()], dtype=object)),
        lambda: np.savez(kept.open("wb"), fingerprint=np.array([Code()], dtype=object)),
        lambda: np.savez(kept.open("wb"), other=np.arange(3)),
    ):
        write()
        before = kept.read_bytes()
        for options in ((), ("--resume",), ("--overwrite",)):
            found = refused(*run, "--out", "out.nc", *options, words=["no unfinished run of this program"])
            assert "allow_pickle" not in found
        assert kept.read_bytes() == before
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("run", [TOYS, SAMPLE], ids=["toys", "sample"])
def test_a_disk_that_is_full_at_the_end(command, tmp_path, monkeypatch, run):
    """The result is printed, the error said, and nothing half written is left."""
    import resource
    import signal

    command(*run)  # compiled, so that the run ends before a checkpoint is due
    free = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, free[1]))
    try:
        code, out, err = command(*run, "--json", "--out", "out.nc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, free)
        signal.signal(signal.SIGXFSZ, before)
    assert code == 2
    assert json.loads(out)["out"] is None
    assert "cannot write to 'out.nc'" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".unfinished"]


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("toys", TOYS),
        ("feldman_cousins", ("toys", "apv-cs", "--feldman-cousins", "sin2_theta_w=0.22:0.25:3", "--count", "60")),
        ("sample", SAMPLE),
        ("sample", ("sample", "csre-cs", "--free", "r_n_cs", "--method", "nested", "--draws", "400")),
        ("sample", ("sample", "csre-cs", "--free", "r_n_cs", "--draws", "400")),
    ],
    ids=["toys", "feldman-cousins", "hmc", "nested", "auto"],
)
def test_a_short_run_refused_at_its_end_is_kept(command, tmp_path, monkeypatch, name, run):
    """As somebody else has made a file of that name meanwhile; nothing is drawn again."""
    work = getattr(cj.Likelihood, name)

    def meanwhile(*arguments, **options):
        result = work(*arguments, **options)
        (tmp_path / "out.nc").write_text(NEVER)
        return result

    expected, _, _ = command(*run, "--out", "whole.nc")
    with monkeypatch.context() as others:
        others.setattr(cj.Likelihood, name, meanwhile)
        code, out, err = command(*run, "--json", "--out", "out.nc")
    assert code == 2
    assert json.loads(out)["out"] is None
    assert "it exists already" in err.splitlines()[-1]
    assert "'out.nc.unfinished' keeps the run: --resume goes on with it" in err.splitlines()[-1]
    assert (tmp_path / "out.nc").read_text() == NEVER
    (tmp_path / "out.nc").unlink()
    kept = (tmp_path / "out.nc.unfinished").stat().st_mtime_ns
    with monkeypatch.context() as looking:
        looking.setattr(
            cj.Likelihood, name, lambda *a, **o: (work(*a, **o), seen.append(os.stat("out.nc.unfinished")))[0]
        )
        seen = []
        assert command(*run, "--out", "out.nc", "--resume")[0] == expected
    assert [one.st_mtime_ns for one in seen] == [kept]
    assert (tmp_path / "out.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.nc", "whole.nc"]


@pytest.mark.parametrize(
    "arguments", [("measurements", "--json"), ("predict", "csre-cs"), ("--help",), ("--version",), ("fit", "-h")]
)
def test_a_standard_output_that_takes_nothing(command, monkeypatch, arguments):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code, _, err = command(*arguments)
    assert code == 1
    assert err == "cevnsjax: cannot write to the standard output: No space left on device\n"


def test_a_reader_that_goes_away(tmp_path, process):
    """As `| head`: no word, the right exit code, and the figure drawn all the same."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = process("predict", "csre-cs", "--plot", "f.png", capture_output=False, stdout=writer, stderr=-1)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "drawn to f.png\n")
    assert (tmp_path / "f.png").stat().st_size > 1000


@pytest.fixture
def in_bytes(command, monkeypatch):
    """Run the command line with streams of some encoding; return exit code and what was written, in bytes."""

    def run(encoding, *arguments):
        streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding) for name in ("stdout", "stderr")}
        with monkeypatch.context() as patch:
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            code, _, _ = command(*arguments)
        for stream in streams.values():
            stream.flush()
        return code, *(stream.buffer.getvalue() for stream in streams.values())

    return run


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "koi8-r", "utf-8"])
def test_other_encodings(in_bytes, encoding):
    for arguments in (("parameters", "csre-cs", "apv-cs"), ("predict", "csre-cs"), ("measurements",), ("models",)):
        code, out, err = in_bytes(encoding, *arguments)
        assert (code, err) == (0, b"")
        assert out.decode(encoding)
    code, out, err = in_bytes(encoding, "fit", "no-χ²-ε-\udcff")
    assert (code, out) == (2, b"")
    assert err.decode(encoding).startswith("cevnsjax: ")


def test_signs_in_letters(in_bytes):
    _, out, _ = in_bytes("ascii", "parameters", "csre-cs")
    assert b"0 ... 1" in out
    _, _, err = in_bytes("ascii", "fit", "χ² ± 5·10⁻⁴ of ν̄_μ …")
    assert b"chi^2 +- 5.10^-4 of nu_mu ..." in err


def test_the_encoding_of_no_locale(process):
    """Which is ASCII, for names of files too."""
    environment = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = process("fit", "csre-cs", "--free", "r_n_cs", environment=environment, text=False)
    assert done.returncode == 0
    assert b"1sigma" in done.stdout
    assert b"Traceback" not in done.stderr


def test_libraries_of_files_are_looked_for_before_the_work(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    for run in (TOYS, SAMPLE):
        refused(*run, "--out", "out.nc", words=["netCDF files need h5py"])
