"""Ways to spoil the folder of an experiment: small edits of its document, its tables and its arrays."""

import dataclasses
import io
import os
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

DOCUMENT = "experiment.toml"
Edit = Callable[[Path], None]


@dataclasses.dataclass(frozen=True)
class Spoilt:
    """A folder that is spoilt, and what must be said of it."""

    base: str
    name: str
    edit: Edit
    key: str
    """The entry of the document that is named; empty where it cannot be parsed or is not there."""
    file: str = DOCUMENT
    """The file that is named; a point for the folder."""
    variant: str = ""
    """The variant that is read, with a colon."""

    def __str__(self) -> str:
        return f"{self.base}: {self.name}"


def change(old: str, new: str, file: str = DOCUMENT) -> Edit:
    """Replace the first occurrence of a text in a file, which must be there."""

    def edit(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text, (old, file)
        (folder / file).write_text(text.replace(old, new, 1))

    return edit


def rewrite(pattern: str, new: str) -> Edit:
    """Replace what matches a pattern in the document, which must be there once."""

    def edit(folder: Path) -> None:
        text, count = re.subn(pattern, lambda _: new, (folder / DOCUMENT).read_text())
        assert count == 1, (pattern, count)
        (folder / DOCUMENT).write_text(text)

    return edit


def altered(file: str, make: Callable[[bytes], bytes]) -> Edit:
    """Change the bytes of a file."""
    return lambda folder: _write(folder / file, make((folder / file).read_bytes()))


def extend(text: str, file: str = DOCUMENT) -> Edit:
    """Add lines at the end of a file."""
    return lambda folder: _write(folder / file, (folder / file).read_bytes() + f"\n{text}\n".encode())


def begin(text: str) -> Edit:
    """Add lines at the beginning of the document."""
    return lambda folder: _write(folder / DOCUMENT, f"{text}\n{(folder / DOCUMENT).read_text()}".encode())


def content(file: str, made: bytes | str) -> Edit:
    """Give a file another content."""
    return lambda folder: _write(folder / file, made if isinstance(made, bytes) else made.encode())


def _write(path: Path, made: bytes) -> None:
    path.write_bytes(made)


def gone(file: str) -> Edit:
    """Remove a file."""
    return lambda folder: (folder / file).unlink()


def encoded(file: str, before: str, after: str, mark: bytes = b"") -> Edit:
    """Replace bytes everywhere in a file, and put a mark before them."""
    return lambda folder: _write(
        folder / file, mark + (folder / file).read_bytes().replace(before.encode(), after.encode())
    )


def several(*edits: Edit) -> Edit:
    """Make several edits one after the other."""

    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


def folder_for(file: str) -> Edit:
    """Put a folder in place of a file."""
    return several(gone(file), lambda folder: (folder / file).mkdir())


def pipe_for(file: str) -> Edit:
    """Put a named pipe in place of a file."""
    return several(gone(file), lambda folder: os.mkfifo(folder / file))


def link_for(file: str, target: str) -> Edit:
    """Put a symbolic link in place of a file."""
    return several(gone(file), lambda folder: (folder / file).symlink_to(target))


def outside_copy(file: str) -> Edit:
    """Put a copy of a file beside the folder."""
    return lambda folder: _write(folder.parent / "outside.csv", (folder / file).read_bytes())


def outside_link(file: str) -> Edit:
    """Move a file out of the folder, and leave a link to it."""

    def edit(folder: Path) -> None:
        outside = folder.parent / "outside.csv"
        (folder / file).rename(outside)
        (folder / file).symlink_to(outside)

    return edit


def sparse(file: str, size: int) -> Edit:
    """Make a file as long as `size`, of zeros that take no room on the disk."""

    def edit(folder: Path) -> None:
        with (folder / file).open("r+b") as opened:
            opened.truncate(size)

    return edit


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """Return the header of an array that announces any shape and type, without its numbers."""
    text = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def archive(**members: bytes) -> bytes:
    """Return a ZIP archive of members ``NAME.npy``."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return made.getvalue()


def bomb(size: int) -> bytes:
    """Return an archive whose only array has so many zeros, of a few kilobytes."""
    return archive(signal=header((size,)) + bytes(8 * size))


def arrays(**changed: object) -> Edit:
    """Replace arrays of templates.npz: by another array, or leave one out with None."""

    def edit(folder: Path) -> None:
        with np.load(folder / "templates.npz") as loaded:
            kept = {name: loaded[name] for name in loaded.files}
        for name, made in changed.items():
            before = kept.pop(name, None)
            if made is not None:
                kept[name] = made(before) if callable(made) else made
        np.savez(folder / "templates.npz", **kept)

    return edit


def placed(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Put a number in the middle of an array."""

    def make(before: np.ndarray) -> np.ndarray:
        after = before.copy()
        after.ravel()[after.size // 2] = value
        return after

    return make


PROTONS = 'protons_on_target = { value = 2e23, unit = "1" }'
WINTER = 'source.protons_on_target = { value = 1.2e23, unit = "1" }\n'
DIST = 'distance = { value = 20, unit = "m" }'
MASS = 'mass = { value = 30, unit = "kg" }'
F = 'formula = "continuum_flat + continuum_exponential * exp(-continuum_slope * energy)"'


def form(text: str) -> Edit:
    """Add something to the formula of the continuum."""
    sound = F.removeprefix('formula = "').removesuffix('"')
    return change(F, f"formula = '''{sound} + ({text})'''")


def spoilt(base: str, cases: dict[str, tuple[Any, ...]]) -> list[Spoilt]:
    """Return the cases of a folder from their name, edit, key, file and variant."""
    return [Spoilt(base, name, *case) for name, case in cases.items()]


CASES: tuple[Spoilt, ...] = (
    *spoilt(
        "two-runs",
        {
            "document gone": (gone(DOCUMENT), "", "."),
            "table gone": (gone("efficiency.csv"), "detector.efficiency.fraction.table", "efficiency.csv"),
            "no source": (several(change("[source]", "[origin]"), change(WINTER, "")), "source.kind"),
            "no target": (change('[target]\nformula = "Ar"\nmass = { value = 30, unit = "kg" }\n', ""), "target.mass"),
            "no detector entry": (change('unit = "keV"\nquenching', "quenching"), "detector.unit"),
            "no binning of a run": (
                change('binning.energy = { value = [4, 6, 9, 13, 18, 25], unit = "keV" }\n', ""),
                "binning.energy",
            ),
            "no distance": (change(DIST + "\n", ""), "source.distance"),
            "no unit": (change(DIST, "distance = { value = 20 }"), "source.distance.unit"),
            "no value": (change(DIST, 'distance = { unit = "m" }'), "source.distance.value"),
            "bare number": (change(DIST, "distance = 20"), "source.distance"),
            "unknown unit": (change(DIST, 'distance = { value = 20, unit = "ft" }'), "source.distance.unit"),
            "wrong unit": (change(DIST, 'distance = { value = 20, unit = "kg" }'), "source.distance.unit"),
            "unit a number": (change(DIST, "distance = { value = 20, unit = 1 }"), "source.distance.unit"),
            "unit a list": (change(DIST, 'distance = { value = 20, unit = ["m"] }'), "source.distance.unit"),
            "negative": (change(DIST, 'distance = { value = -20, unit = "m" }'), "source.distance"),
            "zero": (change(DIST, 'distance = { value = 0, unit = "m" }'), "source.distance"),
            "nan": (change(DIST, 'distance = { value = nan, unit = "m" }'), "source.distance"),
            "infinite": (change(DIST, 'distance = { value = inf, unit = "m" }'), "source.distance"),
            "huge": (change(DIST, 'distance = { value = 1e300, unit = "m" }'), "source.distance"),
            "huge integer": (change(DIST, "distance = { value = " + "9" * 400 + ', unit = "m" }'), "source.distance"),
            "boolean": (change(DIST, 'distance = { value = true, unit = "m" }'), "source.distance"),
            "text number": (change(DIST, 'distance = { value = "20", unit = "m" }'), "source.distance"),
            "comma text": (change(DIST, 'distance = { value = "20,5", unit = "m" }'), "source.distance"),
            "comma": (change(DIST, 'distance = { value = 20,5, unit = "m" }'), ""),
            "list number": (change(DIST, 'distance = { value = [20], unit = "m" }'), "source.distance"),
            "date": (change(DIST, 'distance = { value = 1979-05-27, unit = "m" }'), "source.distance"),
            "unknown source": (
                change(DIST, 'distance = { value = 20, unit = "m", source = "paper" }'),
                "source.distance.source",
            ),
            "uncertainty text": (
                change(DIST, 'distance = { value = 20, unit = "m", uncertainty = "big" }'),
                "source.distance.uncertainty",
            ),
            "uncertainty nan": (
                change(DIST, 'distance = { value = 20, unit = "m", uncertainty = nan }'),
                "source.distance.uncertainty",
            ),
            "extra in number": (
                change(DIST, 'distance = { value = 20, unit = "m", error = 1 }'),
                "source.distance.error",
            ),
            "misspelt key": (change("distance =", "distanse ="), "source.distance"),
            "misspelt kind": (change('kind = "pion-decay-at-rest"', 'kind = "pion-decays-at-rest"'), "source.kind"),
            "kind a list": (change('kind = "pion-decay-at-rest"', 'kind = ["pion-decay-at-rest"]'), "source.kind"),
            "no kind": (change('kind = "pion-decay-at-rest"\n', ""), "source.kind"),
            "source a text": (
                change("[source]", 'source = "pion-decay-at-rest"\n[elsewhere]'),
                "source.neutrinos_per_flavour_and_proton",
            ),
            "source a number": (change("[source]", "source = 3\n[elsewhere]"), "source"),
            "source array of tables": (change("[source]", "[[source]]"), "source"),
            "target a list": (
                several(
                    change('[target]\nformula = "Ar"\nmass = { value = 30, unit = "kg" }\n', ""), begin("target = []")
                ),
                "target",
            ),
            "duplicate key": (change(DIST, DIST + "\n" + DIST), ""),
            "duplicate table": (extend("[source]\nkind = 'solar'"), ""),
            "not toml": (content(DOCUMENT, "name: two-runs\n"), ""),
            "empty document": (content(DOCUMENT, ""), "name"),
            "binary document": (content(DOCUMENT, bytes(range(256))), ""),
            "utf16": (content(DOCUMENT, 'name = "two-runs"'.encode("utf-16")), ""),
            "deep document": (content(DOCUMENT, "a = " + "[" * 10000), ""),
            "document folder": (folder_for(DOCUMENT), "", "."),
            "document pipe": (pipe_for(DOCUMENT), "", "."),
            "name path": (change('name = "two-runs"', 'name = "../two-runs"'), "name"),
            "name empty": (change('name = "two-runs"', 'name = ""'), "name"),
            "name long": (change('name = "two-runs"', 'name = "' + "a" * 65 + '"'), "name"),
            "name number": (change('name = "two-runs"', "name = 3"), "name"),
            "no name": (change('name = "two-runs"\n', ""), "name"),
            "title control": (change('title = "Argon', 'title = "\\u001b[31mArgon'), "title"),
            "title long": (change('title = "Argon', 'title = "' + "a" * 300), "title"),
            "cited unknown": (begin('cited = ["paper"]'), "cited[0]"),
            "cited text": (begin('cited = "paper"'), "cited"),
            "superfluous top": (begin('colour = "red"'), "colour"),
            "superfluous table": (extend("[colour]\nred = 1"), "colour"),
            "empty table": (extend("[colour]"), "colour"),
            "superfluous in source": (change(DIST, DIST + '\npower = { value = 1, unit = "MW" }'), "source.power"),
            "formula unknown": (change('formula = "Ar"', 'formula = "Xx"'), "target.formula"),
            "formula empty": (change('formula = "Ar"', 'formula = ""'), "target.formula"),
            "formula number": (change('formula = "Ar"', "formula = 18"), "target.formula"),
            "formula huge": (change('formula = "Ar"', 'formula = "Ar999999999999"'), "target.formula"),
            "mass and exposure": (change(MASS, MASS + '\nexposure = { value = 1, unit = "t*y" }'), "target.mass"),
            "isotope sum": (
                change(MASS, MASS + '\nisotopes.40Ar = { value = 0.5, unit = "fraction" }'),
                "target.isotopes",
            ),
            "isotope of other": (
                change(MASS, MASS + '\nisotopes.76Ge = { value = 1, unit = "fraction" }'),
                "target.isotopes.76Ge",
            ),
            "isotope above one": (
                change(MASS, MASS + '\nisotopes.40Ar = { value = 1.5, unit = "fraction" }'),
                "target.isotopes.40Ar",
            ),
            "quenching text": (
                change(
                    'quenching = { kind = "polynomial", coefficients = { value = [0.25], unit = ["1"] } }',
                    'quenching = "polynomial"',
                ),
                "detector.quenching.coefficients",
            ),
            "quenching units": (
                change('{ value = [0.25], unit = ["1"] }', '{ value = [0.25], unit = ["1/MeV"] }'),
                "detector.quenching.coefficients.unit",
            ),
            "quenching lengths": (
                change('{ value = [0.25], unit = ["1"] }', '{ value = [0.25, 1], unit = ["1"] }'),
                "detector.quenching.coefficients.unit",
            ),
            "quenching seven": (
                change(
                    '{ value = [0.25], unit = ["1"] }',
                    '{ value = [1,1,1,1,1,1,1], unit = ["1","1","1","1","1","1","1"] }',
                ),
                "detector.quenching.coefficients",
            ),
            "quenching empty": (
                change('{ value = [0.25], unit = ["1"] }', "{ value = [], unit = [] }"),
                "detector.quenching.coefficients.unit",
            ),
            "resolution of PE": (
                change(
                    'kind = "gaussian", noise = { value = 0.5, unit = "keV" }, slope = { value = 0.3, unit = "keV" }',
                    'kind = "gamma", light_yield = { value = 1, unit = "PE/keV" }, shape = { value = 1, unit = "1/PE" }',
                ),
                "detector.resolution.kind",
            ),
            "resolution zero": (
                change(
                    'noise = { value = 0.5, unit = "keV" }, slope = { value = 0.3, unit = "keV" }',
                    'noise = { value = 0, unit = "keV" }',
                ),
                "detector.resolution",
            ),
            "resolution negative": (
                change("slope = { value = 0.3", "slope = { value = -0.3"),
                "detector.resolution.slope",
            ),
            "detector unit": (change('[detector]\nunit = "keV"', '[detector]\nunit = "MeV"'), "detector.unit"),
            "efficiency column": (
                change('column = "efficiency" }', 'column = "eficiency" }'),
                "detector.efficiency.fraction",
                "efficiency.csv",
            ),
            "efficiency file": (
                change('fraction = { table = "efficiency.csv"', 'fraction = { table = "eficiency.csv"'),
                "detector.efficiency.fraction.table",
                "eficiency.csv",
            ),
            "column missing": (
                change(
                    'fraction = { table = "efficiency.csv", column = "efficiency" }',
                    'fraction = { table = "efficiency.csv" }',
                ),
                "detector.efficiency.fraction.column",
            ),
            "column a list": (
                change('column = "efficiency" }', 'column = ["efficiency"] }'),
                "detector.efficiency.fraction.column",
            ),
            "column of other unit": (
                change('column = "efficiency" }', 'column = "energy" }'),
                "detector.efficiency.fraction.unit",
            ),
            "table a number": (
                change('fraction = { table = "efficiency.csv"', "fraction = { table = 3"),
                "detector.efficiency.fraction.table",
            ),
            "table with value": (
                change('column = "efficiency" }', 'column = "efficiency", value = 3 }'),
                "detector.efficiency.fraction.value",
            ),
            "rows too many": (
                change('column = "efficiency" }', 'column = "efficiency", rows = 9 }'),
                "detector.efficiency.fraction.rows",
            ),
            "rows text": (
                change('column = "efficiency" }', 'column = "efficiency", rows = "all" }'),
                "detector.efficiency.fraction.rows",
            ),
            "sum uneven": (
                change('column = "efficiency" }', 'column = "efficiency", sum = 2 }'),
                "detector.efficiency.fraction.sum",
            ),
            "sum zero": (
                change('column = "efficiency" }', 'column = "efficiency", sum = 0 }'),
                "detector.efficiency.fraction.sum",
            ),
            "fewer rows": (
                change('column = "efficiency" }', 'column = "efficiency", rows = 3 }'),
                "detector.efficiency.fraction",
            ),
            "efficiency above": (change("0.7", "1.7", "efficiency.csv"), "detector.efficiency.fraction[3]"),
            "efficiency negative": (change("0.35", "-0.35", "efficiency.csv"), "detector.efficiency.fraction[1]"),
            "path up": (
                several(
                    change('fraction = { table = "efficiency.csv"', 'fraction = { table = "../outside.csv"'),
                    outside_copy("efficiency.csv"),
                ),
                "detector.efficiency.fraction.table",
            ),
            "path absolute": (
                change('fraction = { table = "efficiency.csv"', 'fraction = { table = "/etc/passwd"'),
                "detector.efficiency.fraction.table",
            ),
            "path home": (
                change('fraction = { table = "efficiency.csv"', 'fraction = { table = "~/efficiency.csv"'),
                "detector.efficiency.fraction.table",
                "~/efficiency.csv",
            ),
            "path empty": (
                change('fraction = { table = "efficiency.csv"', 'fraction = { table = ""'),
                "detector.efficiency.fraction.table",
            ),
            "path null": (
                change('fraction = { table = "efficiency.csv"', 'fraction = { table = "a\\u0000b"'),
                "detector.efficiency.fraction.table",
            ),
            "path dot": (
                change('fraction = { table = "efficiency.csv"', 'fraction = { table = "."'),
                "detector.efficiency.fraction.table",
                ".",
            ),
            "symlink out": (outside_link("efficiency.csv"), "detector.efficiency.fraction.table"),
            "symlink loop": (link_for("efficiency.csv", "efficiency.csv"), "detector.efficiency.fraction.table"),
            "symlink device": (link_for("efficiency.csv", "/dev/zero"), "detector.efficiency.fraction.table"),
            "table folder": (folder_for("efficiency.csv"), "detector.efficiency.fraction.table", "efficiency.csv"),
            "table pipe": (pipe_for("efficiency.csv"), "detector.efficiency.fraction.table", "efficiency.csv"),
            "table huge": (
                sparse("efficiency.csv", 40 * 10**9),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table empty": (content("efficiency.csv", ""), "detector.efficiency.fraction.table", "efficiency.csv"),
            "table blank": (
                content("efficiency.csv", "\n\n  \n"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table header alone": (
                content("efficiency.csv", "energy [keV],efficiency [fraction]\n"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table no header": (
                change("energy [keV],efficiency [fraction]\n", "", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table no units": (
                change("energy [keV],efficiency [fraction]", "energy,efficiency", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table unknown unit": (
                change("energy [keV]", "energy [kev]", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table same columns": (
                change("energy [keV],efficiency [fraction]", "energy [keV],energy [keV]", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table ragged": (
                change("0.35\n", "0.35,4\n", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table ragged short": (
                change("5.0,0.35", "5.0", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table text": (
                change("0.35", "high", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table blank cell": (
                change("0.35", "", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table nan": (
                change("0.35", "nan", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table inf": (
                change("0.35", "inf", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table 1e400": (
                change("0.35", "1e400", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table comma": (
                change("5.0,0.35", "5,0,0,35", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table comma quoted": (
                change("0.35", '"0,35"', "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table semicolons": (
                encoded("efficiency.csv", ",", ";"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table underscore": (
                change("0.35", "0_35", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table arabic": (
                change("0.35", "٠", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table binary": (
                content("efficiency.csv", bytes(range(256))),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table utf16": (
                content("efficiency.csv", "energy [keV],efficiency [fraction]\n2,1\n".encode("utf-16")),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table nul": (
                change("0.35", "0.35\0", "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table huge cell": (
                change("0.35", "9" * 200000, "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table decreasing": (change("8.0,", "4.0,", "efficiency.csv"), "detector.efficiency.energy"),
            "table duplicate edge": (change("8.0,", "5.0,", "efficiency.csv"), "detector.efficiency.energy"),
            "table open quote": (
                change("0.35", '"0.35', "efficiency.csv"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "table many columns": (
                content("efficiency.csv", ",".join(f"a{k} [1]" for k in range(10001)) + "\n1\n"),
                "detector.efficiency.fraction.table",
                "efficiency.csv",
            ),
            "edges decreasing": (change("[4, 6, 9, 13, 18, 25]", "[4, 6, 9, 8, 18, 25]"), "binning.energy"),
            "edges duplicate": (change("[4, 6, 9, 13, 18, 25]", "[4, 6, 6, 13, 18, 25]"), "binning.energy"),
            "edges single": (change("[4, 6, 9, 13, 18, 25]", "[4]"), "binning.energy"),
            "edges none": (change("[4, 6, 9, 13, 18, 25]", "[]"), "binning.energy"),
            "edges nested": (change("[4, 6, 9, 13, 18, 25]", "[[4, 6, 9, 13, 18, 25]]"), "binning.energy"),
            "edges ragged": (change("[4, 6, 9, 13, 18, 25]", "[[4, 6], [9]]"), "binning.energy"),
            "edges text": (change("[4, 6, 9, 13, 18, 25]", '[4, "6", 9, 13, 18, 25]'), "binning.energy[1]"),
            "edges nan": (change("[4, 6, 9, 13, 18, 25]", "[4, nan, 9, 13, 18, 25]"), "binning.energy[1]"),
            "edges one more": (
                change("[4, 6, 9, 13, 18, 25]", "[4, 6, 9, 13, 18, 25, 30]"),
                "backgrounds.steady.counts",
            ),
            "edges unit": (
                change('[4, 6, 9, 13, 18, 25], unit = "keV"', '[4, 6, 9, 13, 18, 25], unit = "PE"'),
                "binning.energy.unit",
            ),
            "edges even reversed": (
                change("{ value = [4, 6, 9, 13, 18, 25], unit", "{ from = 25, to = 4, bins = 5, unit"),
                "binning.energy",
            ),
            "edges even none": (
                change("{ value = [4, 6, 9, 13, 18, 25], unit", "{ from = 4, to = 25, bins = 0, unit"),
                "binning.energy",
            ),
            "edges even billion": (
                change("{ value = [4, 6, 9, 13, 18, 25], unit", "{ from = 4, to = 25, bins = 1000000000, unit"),
                "binning.energy",
            ),
            "edges even text": (
                change("{ value = [4, 6, 9, 13, 18, 25], unit", '{ from = "4", to = 25, bins = 5, unit'),
                "binning.energy.from",
            ),
            "edges even extra": (
                change("{ value = [4, 6, 9, 13, 18, 25], unit", "{ from = 4, to = 25, bins = 5, steps = 3, unit"),
                "binning.energy.steps",
            ),
            "edges even no unit": (
                change('{ value = [4, 6, 9, 13, 18, 25], unit = "keV" }', "{ from = 4, to = 25, bins = 5 }"),
                "binning.energy.unit",
            ),
            "edges too large": (change("[4, 6, 9, 13, 18, 25]", "[4, 6, 9, 13, 18, 1e30]"), "binning.energy[5]"),
            "binning a list": (
                several(
                    change(
                        '[binning]\ntime = { value = [0, 1, 2, 4, 8], unit = "us" }\nparts = { value = 6, unit = "1" }',
                        "",
                    ),
                    change('binning.energy = { value = [4, 6, 9, 13, 18, 25], unit = "keV" }\n', ""),
                    change('binning.energy = { value = [5, 8, 12, 18, 26], unit = "keV" }\n', ""),
                    begin("binning = []"),
                ),
                "binning",
            ),
            "time unit gone": (
                change('time = { value = [0, 1, 2, 4, 8], unit = "us" }', "time = { value = [0, 1, 2, 4, 8] }"),
                "binning.time.unit",
            ),
            "time one fewer": (change("[0, 1, 2, 4, 8]", "[0, 1, 2, 4]"), "signal.time.flavours.nu_mu"),
            "parts half": (change("parts = { value = 6,", "parts = { value = 6.5,"), "binning.parts"),
            "parts many": (change("parts = { value = 6,", "parts = { value = 100000,"), "binning.parts"),
            "axis unknown": (
                change('parts = { value = 6, unit = "1" }', 'radius = { value = [0, 1, 2], unit = "m" }'),
                "signal.radius",
            ),
            "signal width zero": (
                change("[signal]\nwidth = { value = 0.1", "[signal]\nwidth = { value = 0"),
                "signal.width",
            ),
            "signal width text": (
                change('[signal]\nwidth = { value = 0.1, unit = "1" }', '[signal]\nwidth = "parts"'),
                "signal.width",
            ),
            "signal width word": (
                change('[signal]\nwidth = { value = 0.1, unit = "1" }', '[signal]\nwidth = "wide"'),
                "signal.width",
            ),
            "parts of width larger": (
                change(
                    '[signal]\nwidth = { value = 0.1, unit = "1" }',
                    '[signal]\nwidth = { value = 0.1, unit = "1" }\nparts.flux = { width = { value = 0.2, unit = "1" } }',
                ),
                "signal.width",
            ),
            "parts shared unknown": (
                change(
                    '[signal]\nwidth = { value = 0.1, unit = "1" }',
                    '[signal]\nwidth = { value = 0.1, unit = "1" }\nparts.flux = { width = { value = 0.05, unit = "1" }, shared = "ess_flux_norm" }',
                ),
                "signal.parts.flux.shared",
            ),
            "parts covers text": (
                change(
                    '[signal]\nwidth = { value = 0.1, unit = "1" }',
                    '[signal]\nwidth = { value = 0.1, unit = "1" }\nparts.flux = { width = { value = 0.05, unit = "1" }, covers = "r_n_*" }',
                ),
                "signal.parts.flux.covers",
            ),
            "parts number": (
                change(
                    '[signal]\nwidth = { value = 0.1, unit = "1" }',
                    '[signal]\nwidth = { value = 0.1, unit = "1" }\nparts.flux = 3',
                ),
                "signal.parts.flux.width",
            ),
            "scales unknown": (
                change('[signal]\nwidth = { value = 0.1, unit = "1" }', '[signal]\nscales = ["hep_flux_norm"]'),
                "signal.scales[0]",
            ),
            "no signal time": (
                change('[signal.time]\nkind = "shares"\n\n[signal.time.flavours]', "[elsewhere]"),
                "signal.time",
            ),
            "share flavour missing": (
                change('nu_mu_bar = { table = "times.csv", column = "delayed" }\n', ""),
                "signal.time.flavours",
            ),
            "share flavour unknown": (change("nu_mu_bar =", "nu_tau ="), "signal.time.flavours"),
            "share above one": (change("0.55", "1.55", "times.csv"), "signal.time.flavours.nu_mu[0]"),
            "share negative": (change("0.55", "-0.55", "times.csv"), "signal.time.flavours.nu_mu[0]"),
            "share both": (
                change(
                    '[signal.time]\nkind = "shares"',
                    '[signal.time]\nkind = "shares"\nshare = { value = [0.25, 0.25, 0.25, 0.25], unit = "fraction" }',
                ),
                "signal.time.share",
            ),
            "spread unknown": (
                change('[signal.time]\nkind = "shares"', '[signal.time]\nkind = "share"'),
                "signal.time.kind",
            ),
            "spread arrivals entries": (
                change('[signal.time]\nkind = "shares"', '[signal.time]\nkind = "arrivals"'),
                "signal.time.high",
            ),
            "width above parts": (
                change(
                    'width = { value = 0.05, unit = "1" }\ntime = "flat"',
                    'width = { value = -0.05, unit = "1" }\ntime = "flat"',
                ),
                "backgrounds.steady.width",
            ),
            "background shape unknown": (change('time = "flat"', 'time = "even"'), "backgrounds.steady.time"),
            "background shape needs": (
                change('time = "flat"', 'time = "exponential"'),
                "backgrounds.steady.time.scale",
            ),
            "background negative": (
                change(
                    "events [counts],up [counts],down [counts]\n",
                    "events [counts],up [counts],down [counts]\n-",
                    "steady_summer.csv",
                ),
                "backgrounds.steady.counts[0]",
            ),
            "background no counts": (
                change('backgrounds.steady.counts = { table = "steady_summer.csv", column = "events" }\n', ""),
                "backgrounds.steady",
            ),
            "background two": (
                change(
                    'backgrounds.steady.counts = { table = "steady_summer.csv", column = "events" }',
                    'backgrounds.steady.counts = { table = "steady_summer.csv", column = "events" }\nbackgrounds.steady.total = { value = 3, unit = "counts" }',
                ),
                "backgrounds.steady",
            ),
            "background length": (
                change('column = "events" }\ndata', 'column = "events", rows = 3 }\ndata'),
                "backgrounds.steady.counts",
            ),
            "background upper": (change("[backgrounds.steady]", "[backgrounds.Steady]"), "backgrounds.Steady"),
            "background clash": (
                change("[binning]", '[backgrounds.cevns]\ntotal = { value = 3, unit = "counts" }\n[binning]'),
                "backgrounds.cevns",
            ),
            "background clash detector": (
                change("[binning]", '[backgrounds.resolution]\ntotal = { value = 3, unit = "counts" }\n[binning]'),
                "backgrounds.resolution",
            ),
            "background clash flux": (
                change("[binning]", '[backgrounds.sns_flux]\ntotal = { value = 3, unit = "counts" }\n[binning]'),
                "backgrounds.sns_flux",
            ),
            "background without": (
                change("[backgrounds.steady]", '[backgrounds.steady]\nwithout = ["noise"]'),
                "backgrounds.steady.without[0]",
            ),
            "background less": (
                change("[backgrounds.steady]", '[backgrounds.steady]\nless = { value = [1, 2], unit = "counts" }'),
                "backgrounds.steady.less",
            ),
            "background axes": (
                change("[backgrounds.steady]", '[backgrounds.steady]\naxes = ["radius"]'),
                "backgrounds.steady.axes[0]",
            ),
            "background scale": (
                change("[backgrounds.steady]", '[backgrounds.steady]\nscale = { value = -1, unit = "1" }'),
                "backgrounds.steady.scale",
            ),
            "background number": (
                change("[backgrounds.steady]", "[backgrounds]\nnoise = 3\n[backgrounds.steady]"),
                "backgrounds.noise",
            ),
            "data columns missing": (
                change('columns = ["t_0", "t_1", "t_2", "t_4"]', 'columns = ["t_0", "t_1", "t_2"]'),
                "data.counts",
            ),
            "data columns unknown": (
                change('columns = ["t_0", "t_1", "t_2", "t_4"]', 'columns = ["t_0", "t_1", "t_2", "t_3"]'),
                "data.counts",
                "counts_summer.csv",
            ),
            "data columns text": (
                change('columns = ["t_0", "t_1", "t_2", "t_4"]', 'columns = "t_0"'),
                "data.counts.columns",
            ),
            "data columns empty": (
                change('columns = ["t_0", "t_1", "t_2", "t_4"]', "columns = []"),
                "data.counts.columns",
            ),
            "data columns twice": (
                change('columns = ["t_0", "t_1", "t_2", "t_4"]', 'columns = ["t_0", "t_1", "t_2", "t_2"]'),
                "data.counts.columns",
            ),
            "data unit": (encoded("counts_summer.csv", "[counts]", "[1]"), "data.counts.unit"),
            "data row gone": (
                altered("counts_summer.csv", lambda before: before.rstrip().rpartition(b"\n")[0]),
                "data.counts",
            ),
            "data negative": (
                altered("counts_summer.csv", lambda before: before.replace(b"\n", b"\n-", 1)),
                "data.counts",
            ),
            "data kind": (change("data.counts =", 'data.kind = "count"\ndata.counts ='), "data.kind"),
            "data superfluous": (change("data.counts =", 'data.colour = "red"\ndata.counts ='), "data.colour"),
            "data errors zero": (
                change(
                    'data.counts = { table = "counts_summer',
                    'data.errors = { outer = [{ value = [0,0,0,0,0], unit = "counts" }, { value = [1,1,1,1], unit = "1" }] }\ndata.counts = { table = "counts_summer',
                ),
                "data.errors",
            ),
            "data errors length": (
                change(
                    'data.counts = { table = "counts_summer',
                    'data.errors = { value = [1, 1], unit = "counts" }\ndata.counts = { table = "counts_summer',
                ),
                "data.errors",
            ),
            "data less length": (
                change(
                    'data.counts = { table = "counts_summer',
                    'data.less = { value = [1, 1], unit = "counts" }\ndata.counts = { table = "counts_summer',
                ),
                "data.less",
            ),
            "data template errors": (
                change(
                    'data.counts = { table = "counts_summer',
                    'data.template_errors.noise = { value = [1, 1], unit = "1" }\ndata.counts = { table = "counts_summer',
                ),
                "data.template_errors.noise",
            ),
            "data template errors number": (
                change(
                    'data.counts = { table = "counts_summer',
                    'data.template_errors = 3\ndata.counts = { table = "counts_summer',
                ),
                "data.template_errors",
            ),
            "data gaussian word": (
                change(
                    'data.counts = { table = "counts_summer',
                    'data.gaussian = "perhaps"\ndata.counts = { table = "counts_summer',
                ),
                "data.gaussian",
            ),
            "data limit": (
                change(
                    'data.counts = { table = "counts_summer.csv", columns = ["t_0", "t_1", "t_2", "t_4"] }',
                    'data.limit = { value = 3, unit = "1" }\ndata.confidence = { value = 0.9, unit = "fraction" }',
                ),
                "data.limit",
            ),
            "runs terms": (
                change(
                    'data.counts = { table = "counts_summer',
                    'data.gaussian = "yes"\ndata.counts = { table = "counts_summer',
                ),
                "runs",
            ),
            "runs time": (
                change("[runs.winter]", '[runs.winter]\nbinning.time = { value = [0, 1, 2, 4, 9], unit = "us" }'),
                "runs.winter.binning.time",
            ),
            "runs substance": (change("[runs.winter]", '[runs.winter]\ntarget.formula = "Xe"'), "runs.winter.target"),
            "runs flavours": (
                change(
                    '[runs.winter]\nsource.protons_on_target = { value = 1.2e23, unit = "1" }',
                    '[runs.winter]\nsource = { kind = "solar", neutrinos = "b8", live_time = { value = 365, unit = "day" } }',
                ),
                "signal.time.flavours",
            ),
            "runs units": (
                change("[runs.winter]\nsource", '[runs.winter]\ndetector.unit = "PE"\nsource'),
                "detector.efficiency.energy.unit",
            ),
            "runs width": (
                change("[runs.winter]", '[runs.winter]\nbackgrounds.steady.width = { value = 0.1, unit = "1" }'),
                "runs.summer.backgrounds.steady.width",
            ),
            "runs signal width": (
                change("[runs.winter]", '[runs.winter]\nsignal.width = { value = 0.2, unit = "1" }'),
                "runs.summer.signal.width",
            ),
            "runs asimov": (
                change('data.counts = { table = "counts_winter.csv", columns = ["t_0", "t_1", "t_2", "t_4"] }', ""),
                "runs.winter.data",
            ),
            "runs empty": (change("[runs.summer]", "[runs.autumn]\n[runs.summer]"), "backgrounds.steady"),
            "runs text": (change("[runs.summer]", "[runs]\nautumn = 3\n[runs.summer]"), "backgrounds.steady"),
            "runs a list": (several(rewrite(r"\[runs.summer\](.|\n)*", ""), begin("runs = []")), "runs"),
            "runs none": (rewrite(r"\[runs.summer\](.|\n)*", "[runs]\n"), "runs"),
            "runs superfluous": (change("[runs.winter]", '[runs.winter]\ncolour = "red"'), "colour"),
            "runs override wrong": (change("[runs.winter]", '[runs.winter]\ndetector = "bins"'), "detector.unit"),
            "runs detector": (
                change("[runs.winter]", '[runs.winter]\ndetector = { kind = "samples" }'),
                "detector.samples",
            ),
            "shape component": (change('component = "steady"', 'component = "stedy"'), "shapes.steady_shape.component"),
            "shape component gone": (change('component = "steady"\n', ""), "shapes.steady_shape.component"),
            "shape negative": (
                altered("steady_summer.csv", lambda before: re.sub(rb"\n([^,]*),", rb"\n\1,-", before, count=1)),
                "shapes.steady_shape.up.outer[0][0]",
            ),
            "shape zero": (
                change(
                    'up = { outer = [{ table = "steady_summer.csv", column = "up" }',
                    'up = { outer = [{ value = [0, 0, 0, 0, 0], unit = "counts" }',
                ),
                "shapes.steady_shape.up",
            ),
            "shape outer three": (
                change("up = { outer = [", 'up = { outer = [{ value = [1], unit = "1" }, '),
                "shapes.steady_shape.up",
            ),
            "shape outer text": (
                change(
                    'up = { outer = [{ table = "steady_summer.csv", column = "up" }, { table = "times.csv", column = "even" }] }',
                    'up = { outer = "all" }',
                ),
                "shapes.steady_shape.up",
            ),
            "shape length": (
                change(
                    'up = { outer = [{ table = "steady_summer.csv", column = "up" }, { table = "times.csv", column = "even" }] }',
                    'up = { table = "steady_summer.csv", column = "up" }',
                ),
                "shapes.steady_shape.up",
            ),
            "shape nominal gone": (
                change(
                    'nominal = { outer = [{ table = "steady_summer.csv", column = "events" }, { table = "times.csv", column = "even" }] }\n',
                    "",
                ),
                "shapes.steady_shape.nominal",
            ),
            "shape nominal empty": (
                change(
                    'nominal = { outer = [{ table = "steady_summer.csv", column = "events" }',
                    'nominal = { outer = [{ value = [0, 1, 1, 1, 1], unit = "counts" }',
                ),
                "shapes.steady_shape",
            ),
            "shape width zero": (
                change('component = "steady"', 'component = "steady"\nwidth = { value = 0, unit = "1" }'),
                "shapes.steady_shape.width",
            ),
            "shape form": (
                change('component = "steady"', 'component = "steady"\nform = "quadratic"'),
                "shapes.steady_shape.form",
            ),
            "shape total": (
                change('component = "steady"', 'component = "steady"\ntotal = "both"'),
                "shapes.steady_shape.total",
            ),
            "shape name": (change("shapes.steady_shape]", "shapes.Steady]"), "shapes.Steady"),
            "shape up gone": (
                change(
                    'up = { outer = [{ table = "steady_summer.csv", column = "up" }, { table = "times.csv", column = "even" }] }\n',
                    "",
                ),
                "shapes.steady_shape.up",
            ),
            "shape kind": (
                change('component = "steady"', 'component = "steady"\nkind = "template"'),
                "shapes.steady_shape.kind",
            ),
            "shape clash": (change("shapes.steady_shape]", "shapes.steady_norm]"), "shapes.steady_norm"),
            "defaults unknown": (extend('[defaults]\nr_n_cs = { value = 5, unit = "fm" }'), "defaults.r_n_cs"),
            "defaults strength": (
                extend('[defaults]\nsteady_norm = { value = 1.1, unit = "1" }'),
                "defaults.steady_norm",
            ),
            "defaults beyond": (extend('[defaults]\nr_n_ar = { value = 500, unit = "fm" }'), "defaults.r_n_ar"),
            "defaults unit": (extend('[defaults]\nr_n_ar = { value = 3.4, unit = "keV" }'), "defaults.r_n_ar.unit"),
            "defaults number": (extend("[defaults]\nr_n_ar = 3.4"), "defaults.r_n_ar"),
            "uncertainties zero": (
                extend('[uncertainties]\nr_n_ar = { value = 0, unit = "fm" }'),
                "uncertainties.r_n_ar",
            ),
            "uncertainties negative": (
                extend('[uncertainties]\nr_n_ar = { value = -0.1, unit = "fm" }'),
                "uncertainties.r_n_ar",
            ),
            "uncertainties unknown": (
                extend('[uncertainties]\nresolution_nrm = { value = 0.1, unit = "1" }'),
                "uncertainties.resolution_nrm",
            ),
            "uncertainties text": (begin('uncertainties = "some"'), "uncertainties"),
            "variants wrong": (
                extend('[variants.other]\nsource.distance = { value = 20, unit = "kg" }'),
                "source.distance.unit",
            ),
            "tables rows": (
                extend('[tables.efficiency]\ncolumns = ["energy [keV]", "efficiency [fraction]"]\nrows = 4'),
                "tables.efficiency.rows",
            ),
            "tables columns": (
                extend('[tables.efficiency]\ncolumns = ["energy [keV]", "efficiency [1]"]\nrows = 5'),
                "tables.efficiency.columns",
            ),
            "tables columns gone": (extend("[tables.efficiency]\nrows = 5"), "tables.efficiency.columns"),
            "data a list": (
                several(
                    change(
                        'data.counts = { table = "counts_summer.csv", columns = ["t_0", "t_1", "t_2", "t_4"] }',
                        "data = [1, 2]",
                    )
                ),
                "data",
            ),
            "shapes a list": (begin("shapes = [1]"), "shapes"),
            "shape of detector": (change("shapes.steady_shape]", "shapes.resolution_norm]"), "shapes.resolution_norm"),
            "shape of model": (change("shapes.steady_shape]", "shapes.sin2_theta_w]"), "shapes.sin2_theta_w"),
            "variations length": (
                change(
                    "[backgrounds.steady]",
                    '[backgrounds.steady]\nvariations.tilt.up = { value = [1, 2], unit = "counts" }',
                ),
                "backgrounds.steady.variations.tilt.up",
            ),
            "variations zero": (
                change(
                    "[backgrounds.steady]",
                    '[backgrounds.steady]\nvariations.tilt.up = { value = [0,0,0,0,0], unit = "counts" }',
                ),
                "backgrounds.steady.variations",
            ),
            "variations no up": (
                change(
                    "[backgrounds.steady]",
                    '[backgrounds.steady]\nvariations.tilt.down = { value = [1,1,1,1,1], unit = "counts" }',
                ),
                "backgrounds.steady.variations.tilt.up",
            ),
            "variations number": (
                change("[backgrounds.steady]", "[backgrounds.steady]\nvariations.tilt = 3"),
                "backgrounds.steady.variations.tilt.up",
            ),
            "variations clash": (
                change(
                    "[backgrounds.steady]",
                    '[backgrounds.steady]\nvariations.steady_norm.up = { table = "steady_summer.csv", column = "up" }',
                ),
                "backgrounds.steady.variations.steady_norm",
            ),
            "levels": (
                change("[backgrounds.steady]", '[backgrounds.steady]\nkind = "levels"'),
                "backgrounds.steady.time",
            ),
            "line": (
                change(
                    "[binning]", '[backgrounds.peak]\nkind = "line"\ntotal = { value = 3, unit = "counts" }\n[binning]'
                ),
                "backgrounds.peak.at",
            ),
            "spectrum": (
                change(
                    "[binning]",
                    '[backgrounds.fine]\nkind = "spectrum"\nlow = { value = [1, 2], unit = "keV" }\nhigh = { value = [2.5, 3], unit = "keV" }\nrate = { value = [1, 2], unit = "1/GWh" }\nexposure = { value = 2, unit = "GWh" }\n[binning]',
                ),
                "backgrounds.fine.high",
            ),
            "spectrum length": (
                change(
                    "[binning]",
                    '[backgrounds.fine]\nkind = "spectrum"\nlow = { value = [1, 2], unit = "keV" }\nhigh = { value = [2, 3], unit = "keV" }\nrate = { value = [1, 2, 3], unit = "1/GWh" }\nexposure = { value = 2, unit = "GWh" }\n[binning]',
                ),
                "backgrounds.fine.rate",
            ),
            "projections": (
                change(
                    "[binning]",
                    '[backgrounds.off]\nkind = "projections"\ncounts = { value = [1, 2], unit = "counts" }\n[binning]',
                ),
                "backgrounds.off.counts",
            ),
            "rate": (
                change("[binning]", '[backgrounds.flat]\nrate = { value = 3, unit = "1/keV/kg/day" }\n[binning]'),
                "source.live_time",
            ),
            "exponential negative": (
                change('time = "flat"', 'time = { kind = "exponential", rate = { value = -1, unit = "1/us" } }'),
                "backgrounds.steady.time.rate",
            ),
            "exponential unit": (
                change('time = "flat"', 'time = { kind = "exponential", rate = { value = 1, unit = "1/keV" } }'),
                "backgrounds.steady.time.rate.unit",
            ),
            "exponential both": (
                change(
                    'time = "flat"',
                    'time = { kind = "exponential", rate = { value = 1, unit = "1/us" }, scale = { value = 1, unit = "us" } }',
                ),
                "backgrounds.steady.time.scale",
            ),
            "shares length": (
                change('time = "flat"', 'time = { kind = "shares", share = { value = [1], unit = "fraction" } }'),
                "backgrounds.steady.time.share",
            ),
            "histogram gap": (
                change(
                    'time = "flat"',
                    'time = { kind = "histogram", low = { value = [0, 5], unit = "us" }, high = { value = [4, 8], unit = "us" }, content = { value = [1, 1], unit = "1" } }',
                ),
                "backgrounds.steady.time.high",
            ),
            "histogram single": (
                change(
                    'time = "flat"',
                    'time = { kind = "histogram", low = { value = [0, 4], unit = "us" }, high = { value = [4, 8], unit = "us" }, content = { value = [1], unit = "1" } }',
                ),
                "backgrounds.steady.time.content",
            ),
            "histogram zero": (
                change(
                    'time = "flat"',
                    'time = { kind = "histogram", low = { value = [0, 4], unit = "us" }, high = { value = [4, 8], unit = "us" }, content = { value = [0, 0], unit = "1" } }',
                ),
                "backgrounds.steady.time.content",
            ),
            "spread histogram zero": (
                change(
                    '[signal.time]\nkind = "shares"\n\n[signal.time.flavours]\nnu_mu = { table = "times.csv", column = "prompt" }',
                    '[signal.time]\nkind = "histogram"\nlow = { value = [0,1,2,4], unit = "us" }\nhigh = { value = [1,2,4,8], unit = "us" }\n[signal.time.flavours]\nnu_mu = { value = [0, 0, 0, 0], unit = "1" }',
                ),
                "signal.time.flavours",
            ),
            "spread template length": (
                change(
                    '[signal.time]\nkind = "shares"\n\n[signal.time.flavours]',
                    '[signal.time]\nkind = "template"\ncounts = { value = [1, 2, 3], unit = "counts" }\n[elsewhere]',
                ),
                "signal.time.counts",
            ),
            "source table": (
                change(
                    'kind = "pion-decay-at-rest"\nneutrinos_per_flavour_and_proton = { value = 0.09, unit = "1" }\nprotons_on_target = { value = 2e23, unit = "1" }\ndistance = { value = 20, unit = "m" }',
                    'kind = "table"\nlive_time = { value = 3, unit = "day" }\nenergy = { value = [2, 9], unit = "MeV" }\nflux.nu_x = { value = [1, 2], unit = "1/MeV/cm^2/s" }',
                ),
                "source.flux.nu_x",
            ),
            "source table none": (
                change(
                    'kind = "pion-decay-at-rest"\nneutrinos_per_flavour_and_proton = { value = 0.09, unit = "1" }\nprotons_on_target = { value = 2e23, unit = "1" }\ndistance = { value = 20, unit = "m" }',
                    'kind = "table"\nlive_time = { value = 3, unit = "day" }\nenergy = { value = [2, 9], unit = "MeV" }\nflux = {}',
                ),
                "source.flux",
            ),
            "source table zero": (
                change(
                    'kind = "pion-decay-at-rest"\nneutrinos_per_flavour_and_proton = { value = 0.09, unit = "1" }\nprotons_on_target = { value = 2e23, unit = "1" }\ndistance = { value = 20, unit = "m" }',
                    'kind = "table"\nlive_time = { value = 3, unit = "day" }\nenergy = { value = [2, 9], unit = "MeV" }\nflux.nu_e = { value = [0, 0], unit = "1/MeV/cm^2/s" }',
                ),
                "source.flux.nu_e",
            ),
            "efficiency zero": (
                change(
                    'fraction = { table = "efficiency.csv", column = "efficiency" }',
                    'fraction = { value = [0,0,0,0,0], unit = "1" }',
                ),
                "detector.efficiency.fraction",
            ),
            "efficiency threshold": (
                change("[detector.efficiency]\n", '[detector.efficiency]\nthreshold = { value = -1, unit = "keV" }\n'),
                "detector.efficiency.threshold",
            ),
            "efficiency empty": (
                several(
                    change(
                        'energy = { table = "efficiency.csv", column = "energy" }\nfraction = { table = "efficiency.csv", column = "efficiency" }',
                        'energy = { value = [], unit = "keV" }\nfraction = { value = [], unit = "1" }',
                    )
                ),
                "detector.efficiency.energy",
            ),
            "efficiency nested": (
                change(
                    'fraction = { table = "efficiency.csv", column = "efficiency" }',
                    'fraction = { value = [[0, 0.3, 0.4, 0.5, 0.6]], unit = "1" }',
                ),
                "detector.efficiency.fraction",
            ),
            "efficiency columns": (
                change(
                    'fraction = { table = "efficiency.csv", column = "efficiency" }',
                    'fraction = { table = "efficiency.csv", columns = ["efficiency"] }',
                ),
                "detector.efficiency.fraction",
            ),
            "efficiency list": (
                change(
                    'fraction = { table = "efficiency.csv", column = "efficiency" }',
                    'fraction = [{ table = "efficiency.csv", column = "efficiency" }]',
                ),
                "detector.efficiency.fraction",
            ),
            "efficiency outer": (
                change(
                    'fraction = { table = "efficiency.csv", column = "efficiency" }',
                    'fraction = { outer = [{ value = [1, 1, 1, 1, 1], unit = "1" }, { value = [1], unit = "1" }] }',
                ),
                "detector.efficiency.fraction",
            ),
            "quenching negative": (
                change('{ value = [0.25], unit = ["1"] }', '{ value = [-0.25], unit = ["1"] }'),
                "detector.quenching.coefficients",
            ),
            "quenching zero": (
                change('{ value = [0.25], unit = ["1"] }', '{ value = [0], unit = ["1"] }'),
                "detector.quenching.coefficients",
            ),
            "quenching nested": (
                change('{ value = [0.25], unit = ["1"] }', '{ value = [[0.25]], unit = ["1"] }'),
                "detector.quenching.coefficients",
            ),
            "quenching lindhard": (
                change(
                    'quenching = { kind = "polynomial", coefficients = { value = [0.25], unit = ["1"] } }',
                    'quenching = { kind = "lindhard", k = { value = 1.5, unit = "1" } }',
                ),
                "detector.quenching.k",
            ),
            "quenching table": (
                change(
                    'quenching = { kind = "polynomial", coefficients = { value = [0.25], unit = ["1"] } }',
                    'quenching = { kind = "table", recoil = { value = [1, 2], unit = "keV" }, factor = { value = [0.1], unit = "1" } }',
                ),
                "detector.quenching.factor",
            ),
            "quenching table zero": (
                change(
                    'quenching = { kind = "polynomial", coefficients = { value = [0.25], unit = ["1"] } }',
                    'quenching = { kind = "table", recoil = { value = [1, 2], unit = "keV" }, factor = { value = [0, 0], unit = "1" } }',
                ),
                "detector.quenching.factor",
            ),
            "nuclides": (
                change(
                    'formula = "Ar"\nmass', 'nuclides = ["40Xx"]\nmolar_mass = { value = 40, unit = "g/mol" }\nmass'
                ),
                "target.nuclides",
            ),
            "nuclides no mass": (change('formula = "Ar"\nmass', 'nuclides = ["40Ar"]\nmass'), "target.molar_mass"),
            "electrons": (change("[detector]\nunit", '[detector]\nrecoils = "electrons"\nunit'), "detector.recoils"),
            "sns flux": (
                change(
                    '[signal]\nwidth = { value = 0.1, unit = "1" }',
                    '[signal]\nexcluded = { value = [5, 4], unit = "keV" }\nwidth = { value = 0.1, unit = "1" }',
                ),
                "signal.excluded",
            ),
        },
    ),
    *spoilt(
        "coherent-csi-2021",
        {
            "quenching variation": (
                change(
                    'variation_1 = { value = [-4.98e-5, -0.37084, 18.60225, -210.294], unit = ["1", "1/MeV", "1/MeV^2", "1/MeV^3"]',
                    'variation_1 = { value = [-4.98e-5, -0.37084, 18.60225], unit = ["1", "1/MeV", "1/MeV^2"]',
                ),
                "detector.quenching.variation_1",
            ),
            "efficiency three": (
                change(
                    '[1.32045, 0.285979, 10.8646, -0.333322], unit = ["1", "1/PE", "PE", "1"]',
                    '[1.32045, 0.285979, 10.8646], unit = ["1", "1/PE", "PE"]',
                ),
                "detector.efficiency.coefficients.unit",
            ),
            "efficiency plateau": (change("[1.32045, 0.285979", "[1.9, 0.285979"), "detector.efficiency.coefficients"),
            "efficiency falling": (
                change("[1.32045, 0.285979", "[1.32045, -0.285979"),
                "detector.efficiency.coefficients",
            ),
            "resolution two": (
                change("mean_inverse =", 'light_yield = { value = 13.35, unit = "PE/keV" }\nmean_inverse ='),
                "detector.resolution.mean_inverse",
            ),
            "energy negative": (change("[0, 8, 12,", "[-1, 8, 12,"), "binning.energy[0]"),
            "pulse": (
                change(
                    'low = { table = "arrival_times.csv", column = "t_low" }',
                    'low = { table = "arrival_times.csv", column = "t_lo" }',
                ),
                "signal.time.low",
                "arrival_times.csv",
            ),
            "arrival gap": (change("0.02,0.03,", "0.03,0.04,", "arrival_times.csv"), "signal.time.high"),
            "onset alone": (
                change(
                    'efficiency_rate = { value = 0.0494, unit = "1/us", source = "collaboration_code" }\n\n[signal.time.f',
                    "\n[signal.time.f",
                ),
                "signal.time.efficiency_rate",
            ),
            "onset late": (
                change("efficiency_onset = { value = 0.52", "efficiency_onset = { value = 52"),
                "signal.time.efficiency_onset",
            ),
            "rate large": (
                change("efficiency_rate = { value = 0.0494", "efficiency_rate = { value = 49.4"),
                "signal.time.efficiency_rate",
            ),
            "event columns": (
                change('columns = ["recoil_energy", "recoil_time"] }\naxes', 'columns = ["recoil_energy"] }\naxes'),
                "backgrounds.ss.events.columns",
            ),
            "event order": (
                change(
                    'columns = ["recoil_energy", "recoil_time"] }\naxes',
                    'columns = ["recoil_time", "recoil_energy"] }\naxes',
                ),
                "backgrounds.ss.events.columns",
            ),
            "event table": (
                change(
                    '[data]\nevents = { table = "events_coincidence.csv"',
                    '[data]\nevents = { table = "event_coincidence.csv"',
                ),
                "data.events.table",
                "event_coincidence.csv",
            ),
            "event unit": (
                change("recoil_energy [PE]", "recoil_energy [keV]", "events_coincidence.csv"),
                "tables.events_coincidence.columns",
            ),
            "event no table": (
                change('[data]\nevents = { table = "events_coincidence.csv", columns', "[data]\nevents = { columns"),
                "data.events.table",
            ),
            "event superfluous": (
                change(
                    'columns = ["recoil_energy", "recoil_time"] }\n\n',
                    'columns = ["recoil_energy", "recoil_time"], rows = 3 }\n\n',
                ),
                "data.events.rows",
            ),
            "events rows": (
                change("18.6472,0.002\n", "", "events_anticoincidence.csv"),
                "tables.events_anticoincidence.rows",
            ),
            "table described": (
                change(
                    'columns = ["recoil_energy [PE]", "recoil_time [us]"]\nrows = 1578',
                    'columns = ["recoil_energy [PE]"]\nrows = 1578',
                ),
                "tables.events_coincidence.columns",
            ),
            "parts width": (
                change("flux = { width = { value = 0.10", "flux = { width = { value = 0.20"),
                "signal.width",
            ),
            "parts shared": (change('shared = "sns_flux_norm"', 'shared = "sns_flux"'), "signal.parts.flux.shared"),
            "parts entry": (change('shared = "sns_flux_norm"', 'share = "sns_flux_norm"'), "signal.parts.flux.share"),
            "counts twice": (change('in_counts = "yes"', 'in_counts = "maybe"'), "backgrounds.brn.time.in_counts"),
            "no total": (change('in_counts = "yes"\n', ""), "backgrounds.brn"),
            "total too": (
                change("[backgrounds.brn]\n", '[backgrounds.brn]\ntotal = { value = 3, unit = "counts" }\n'),
                "backgrounds.brn",
            ),
            "shape twice": (change('axes = ["energy"]', 'axes = ["energy", "time"]'), "backgrounds.ss.time"),
            "variant uncertainty": (
                change(
                    "[variants.shape.uncertainties]\nquenching_shape_0",
                    "[variants.shape.uncertainties]\nquenching_shape_2",
                ),
                "uncertainties.quenching_shape_2",
                DOCUMENT,
                ":shape",
            ),
            "variant none": (
                change('efficiency = "none"', 'efficiency = "nothing"'),
                "signal.parts.efficiency.width",
                DOCUMENT,
                ":shape",
            ),
            "variant background": (
                extend('[variants.bare]\nbackgrounds.brm = "none"'),
                "variants.bare.backgrounds.brm",
                DOCUMENT,
                ":bare",
            ),
            "variant kind": (
                extend('[variants.bare]\ndetector.efficiency = { kind = "unit" }'),
                "detector.efficiency.kind",
                DOCUMENT,
                ":bare",
            ),
            "variant number": (extend("[variants.bare]\nsource.distance = 19.3"), "source.distance", DOCUMENT, ":bare"),
            "variant superfluous": (extend('[variants.bare]\ncolour = "red"'), "colour", DOCUMENT, ":bare"),
            "variant empty name": (extend("[variants]\nbare = 3"), "variants.bare", DOCUMENT, ":bare"),
            "cited unknown": (
                change('cited = ["paper", "release", "analysis"]', 'cited = ["paper", "relase"]'),
                "cited[1]",
            ),
            "source key": (
                change(
                    'distance = { value = 19.3, unit = "m", source = "paper" }',
                    'distance = { value = 19.3, unit = "m", source = "papr" }',
                ),
                "source.distance.source",
            ),
            "molar mass": (
                change('molar_mass = { value = 259.8, unit = "g/mol", source = "analysis" }\n', ""),
                "target.molar_mass",
            ),
        },
    ),
    *spoilt(
        "dresden-ii",
        {
            "formula import": (form("__import__('os').system('true')"), "backgrounds.continuum.formula"),
            "formula attribute": (form("energy.__class__"), "backgrounds.continuum.formula"),
            "formula lambda": (form("(lambda: 1)()"), "backgrounds.continuum.formula"),
            "formula comprehension": (form("[x for x in energy]"), "backgrounds.continuum.formula"),
            "formula string": (form('"a" * 1000000000'), "backgrounds.continuum.formula"),
            "formula power": (form("9**9**9**9 * energy"), "backgrounds.continuum.formula"),
            "formula power of": (form("energy ** 1e300"), "backgrounds.continuum.formula"),
            "formula unknown": (form("continuum_flt * energy"), "backgrounds.continuum.formula"),
            "formula exp name": (form("exp * energy"), "backgrounds.continuum.formula"),
            "formula function": (form("sin(energy)"), "backgrounds.continuum.formula"),
            "formula call": (form("exp(energy, 2)"), "backgrounds.continuum.formula"),
            "formula keyword": (form("exp(x=energy)"), "backgrounds.continuum.formula"),
            "formula empty": (form(""), "backgrounds.continuum.formula"),
            "formula two": (form("energy; energy"), "backgrounds.continuum.formula"),
            "formula assign": (form("energy = 3"), "backgrounds.continuum.formula"),
            "formula walrus": (form("(energy := 3)"), "backgrounds.continuum.formula"),
            "formula compare": (form("energy > 3"), "backgrounds.continuum.formula"),
            "formula if": (form("1 if energy else 2"), "backgrounds.continuum.formula"),
            "formula floor": (form("energy // 2"), "backgrounds.continuum.formula"),
            "formula complex": (form("3j * energy"), "backgrounds.continuum.formula"),
            "formula true": (form("True * energy"), "backgrounds.continuum.formula"),
            "formula nan": (form("nan * energy"), "backgrounds.continuum.formula"),
            "formula huge number": (form("1e400 * energy"), "backgrounds.continuum.formula"),
            "formula huge int": (form("9" * 500 + " * energy"), "backgrounds.continuum.formula"),
            "formula deeper": (form("-" * 60 + "energy"), "backgrounds.continuum.formula"),
            "formula long": (form("energy + " * 200 + "1"), "backgrounds.continuum.formula"),
            "formula division": (form("energy / 0"), "backgrounds.continuum.formula"),
            "formula log": (form("log(-energy)"), "backgrounds.continuum.formula"),
            "formula root": (form("sqrt(0 - energy)"), "backgrounds.continuum.formula"),
            "formula list": (change(F, 'formula = ["energy"]'), "backgrounds.continuum.formula"),
            "formula number": (change(F, "formula = 3"), "backgrounds.continuum.formula"),
            "formula gone": (change(F + "\n", ""), "backgrounds.continuum.formula"),
            "formula subscript": (form("energy[0]"), "backgrounds.continuum.formula"),
            "formula star": (form("exp(*energy)"), "backgrounds.continuum.formula"),
            "per": (change(F, F + '\nper = "keV"'), "backgrounds.continuum.per"),
            "bounds reversed": (
                change(
                    'value = 13.9, unit = "1/day", low = 0, high = 1e3',
                    'value = 13.9, unit = "1/day", low = 1e3, high = 0',
                ),
                "backgrounds.continuum.coefficients.continuum_flat",
            ),
            "bounds outside": (
                change('value = 13.9, unit = "1/day", low = 0', 'value = 13.9, unit = "1/day", low = 20'),
                "backgrounds.continuum.coefficients.continuum_flat",
            ),
            "bounds gone": (
                change('value = 13.9, unit = "1/day", low = 0, high = 1e3', 'value = 13.9, unit = "1/day", low = 0'),
                "backgrounds.continuum.coefficients.continuum_flat.high",
            ),
            "bounds infinite": (
                change(
                    'value = 13.9, unit = "1/day", low = 0, high = 1e3',
                    'value = 13.9, unit = "1/day", low = 0, high = inf',
                ),
                "backgrounds.continuum.coefficients.continuum_flat.high",
            ),
            "bounds text": (
                change('value = 13.9, unit = "1/day", low = 0', 'value = 13.9, unit = "1/day", low = "0"'),
                "backgrounds.continuum.coefficients.continuum_flat.low",
            ),
            "coefficient unit": (
                change('value = 13.9, unit = "1/day"', 'value = 13.9, unit = "1/days"'),
                "backgrounds.continuum.coefficients.continuum_flat.unit",
            ),
            "coefficient no unit": (
                change('value = 13.9, unit = "1/day"', "value = 13.9"),
                "backgrounds.continuum.coefficients.continuum_flat.unit",
            ),
            "coefficient extra": (
                change('value = 13.9, unit = "1/day"', 'value = 13.9, step = 1, unit = "1/day"'),
                "backgrounds.continuum.coefficients.continuum_flat.step",
            ),
            "coefficient number": (
                change("continuum_slope = {", "other = 3\ncontinuum_slope = {"),
                "backgrounds.continuum.coefficients.other",
            ),
            "coefficient prior zero": (
                change("uncertainty = 0.03", "uncertainty = 0"),
                "backgrounds.electron_capture.coefficients.m_l1_ratio.uncertainty",
            ),
            "coefficient prior negative": (
                change("uncertainty = 0.03", "uncertainty = -0.03"),
                "backgrounds.electron_capture.coefficients.m_l1_ratio.uncertainty",
            ),
            "coefficient latex": (
                change("latex = 'A'", "latex = 3"),
                "backgrounds.continuum.coefficients.continuum_flat.latex",
            ),
            "coefficient unused": (
                change(
                    "continuum_slope = {", 'unused = { value = 1, unit = "1", low = 0, high = 2 }\ncontinuum_slope = {'
                ),
                "backgrounds.continuum.coefficients.unused",
            ),
            "coefficient clash": (
                encoded(DOCUMENT, "continuum_flat", "sin2_theta_w"),
                "backgrounds.continuum.coefficients.sin2_theta_w",
            ),
            "coefficient twice": (encoded(DOCUMENT, "continuum_flat", "l1_height"), "backgrounds.electron_capture"),
            "coefficient axis": (
                encoded(DOCUMENT, "continuum_flat", "energy"),
                "backgrounds.continuum.coefficients.energy",
            ),
            "coefficient name": (encoded(DOCUMENT, "continuum_flat", "exp"), "backgrounds.continuum.coefficients.exp"),
            "constant unit": (
                change('l2_height = { value = 0.008, unit = "1"', 'l2_height = { value = 0.008, unit = "one"'),
                "backgrounds.electron_capture.constants.l2_height.unit",
            ),
            "constant text": (
                change("l2_height = { value = 0.008", 'l2_height = { value = "0.008"'),
                "backgrounds.electron_capture.constants.l2_height",
            ),
            "constant clash": (
                encoded(DOCUMENT, "l2_height", "energy"),
                "backgrounds.electron_capture.constants.energy",
            ),
            "minimum": (change("minimum = { value = 0.003", "minimum = { value = 0"), "detector.minimum"),
            "positive": (change('positive = "yes"', "positive = true"), "detector.positive"),
            "resolution half": (
                change('pair_energy = { value = 0.00296, unit = "keV", source = "analysis" }\n', ""),
                "detector.resolution.pair_energy",
            ),
            "quenching short": (
                change(
                    'factor = { table = "quenching_fef.csv", column = "factor" }',
                    'factor = { table = "quenching_fef.csv", column = "factor", rows = 3 }',
                ),
                "detector.quenching.factor",
            ),
            "shares zero": (
                change(
                    'positive = "yes"',
                    'positive = "yes"\nthresholds = { value = [0.2, 0.3], unit = "keV" }\nshares = { value = [0, 0], unit = "1" }',
                ),
                "detector.shares",
            ),
            "thresholds empty": (
                change(
                    'positive = "yes"',
                    'positive = "yes"\nthresholds = { value = [], unit = "keV" }\nshares = { value = [], unit = "1" }',
                ),
                "detector.shares",
            ),
            "model": (change('model = "MVE"', 'model = "MVE2"'), "source.model"),
            "fractions": (change("[0.58, 0.08, 0.29, 0.05]", "[0.58, 0.08, 0.29, 0.5]"), "source.fission_fractions"),
            "fractions three": (change("[0.58, 0.08, 0.29, 0.05]", "[0.58, 0.08, 0.29]"), "source.fission_fractions"),
            "flux": (change("flux = { value = 4.8e13", "flux = { value = 0"), "source.flux"),
            "live time": (change('live_time = { value = 1, unit = "day" }\n', ""), "source.live_time"),
            "errors gone": (
                change(
                    'errors = { table = "rates.csv", column = "on_error" }',
                    'errors = { table = "rates.csv", column = "on_eror" }',
                ),
                "data.errors",
                "rates.csv",
            ),
            "errors negative": (change(",15.057,", ",-15.057,", "rates.csv"), "data.errors[0]"),
            "errors zero": (change(",15.057,", ",0,", "rates.csv"), "data.errors"),
            "bins": (change("bins = 130", "bins = 129"), "data.counts"),
            "bins float": (change("bins = 130", "bins = 130.0"), "binning.energy"),
            "limit": (
                change(
                    'counts = { table = "rates.csv", column = "on" }\nerrors = { table = "rates.csv", column = "on_error" }',
                    'limit = { value = 3, unit = "1" }\nconfidence = { value = 0.9, unit = "fraction" }',
                ),
                "data.limit",
            ),
            "confidence": (
                change(
                    'counts = { table = "rates.csv", column = "on" }\nerrors = { table = "rates.csv", column = "on_error" }',
                    'limit = { value = 3, unit = "1" }\nconfidence = { value = 90, unit = "fraction" }',
                ),
                "data.confidence",
            ),
            "variant formula": (
                extend("[variants.bad]\nbackgrounds.continuum.formula = 'energy.real'"),
                "backgrounds.continuum.formula",
                DOCUMENT,
                ":bad",
            ),
        },
    ),
    *spoilt(
        "xenonnt-8b",
        {
            "file gone": (gone("templates.npz"), "detector.templates", "templates.npz"),
            "name unknown": (change('name = "signal"', 'name = "signl"'), "detector.templates.name"),
            "name gone": (change('name = "signal", ', ""), "detector.templates.name"),
            "unit gone": (change('name = "signal", unit = "fraction"', 'name = "signal"'), "detector.templates.unit"),
            "unit wrong": (
                change('name = "signal", unit = "fraction"', 'name = "signal", unit = "keV"'),
                "arrays.templates.signal",
            ),
            "unit described": (
                change('name = "signal", unit = "fraction"', 'name = "signal", unit = "1"'),
                "arrays.templates.signal",
            ),
            "shape described": (
                change("signal = { shape = [3, 46,", "signal = { shape = [3, 45,"),
                "arrays.templates.signal",
            ),
            "array gone": (arrays(signal=None), "detector.templates.name"),
            "array nan": (arrays(signal=placed(np.nan)), "detector.templates", "templates.npz"),
            "array negative": (arrays(signal=placed(-1e-3)), "detector.templates[1][23][0][0][0][0][0][0]"),
            "array text": (arrays(signal=np.array(["a", "b"])), "detector.templates", "templates.npz"),
            "array complex": (arrays(signal=lambda a: a.astype(complex)), "detector.templates", "templates.npz"),
            "array object": (
                arrays(signal=np.array([1, "a", None], dtype=object)),
                "detector.templates",
                "templates.npz",
            ),
            "array dates": (
                arrays(signal=np.array(["2020-01-01"], dtype="datetime64[D]")),
                "detector.templates",
                "templates.npz",
            ),
            "array bool": (arrays(signal=lambda a: a > 0), "detector.templates", "templates.npz"),
            "array short": (
                several(
                    change('signal = { shape = [3, 46, 7, 7, 3, 3, 3, 3], unit = "fraction" }\n', ""),
                    arrays(signal=lambda a: a[:, :-1]),
                ),
                "detector.templates",
            ),
            "array flat": (
                several(
                    change('signal = { shape = [3, 46, 7, 7, 3, 3, 3, 3], unit = "fraction" }\n', ""),
                    arrays(signal=lambda a: a.ravel()),
                ),
                "detector.templates",
            ),
            "array scalar": (
                several(
                    change('signal = { shape = [3, 46, 7, 7, 3, 3, 3, 3], unit = "fraction" }\n', ""),
                    arrays(signal=np.array(1.0)),
                ),
                "detector.templates",
            ),
            "array empty": (
                several(
                    change('signal = { shape = [3, 46, 7, 7, 3, 3, 3, 3], unit = "fraction" }\n', ""),
                    arrays(signal=np.zeros((0,))),
                ),
                "detector.templates",
            ),
            "array zero": (arrays(signal=lambda a: 0 * a), "detector.templates"),
            "array infinite": (arrays(signal=placed(np.inf)), "detector.templates", "templates.npz"),
            "background short": (
                several(
                    change('accidental = { shape = [3, 3, 3, 3, 3], unit = "1/t/y" }\n', ""),
                    arrays(accidental=lambda a: a[..., :-1]),
                ),
                "backgrounds.ac_sr0.rates",
            ),
            "background flat": (
                several(
                    change('accidental = { shape = [3, 3, 3, 3, 3], unit = "1/t/y" }\n', ""),
                    arrays(accidental=lambda a: a.ravel()),
                ),
                "backgrounds.ac_sr0.rates",
            ),
            "background runs": (
                several(
                    change('accidental = { shape = [3, 3, 3, 3, 3], unit = "1/t/y" }\n', ""),
                    arrays(accidental=lambda a: a[:2]),
                ),
                "backgrounds.ac_sr0.rates",
            ),
            "neutron anchors": (
                several(
                    change('neutron = { shape = [3, 7, 7, 3, 3, 3, 3], unit = "1/t/y" }\n', ""),
                    arrays(neutron=lambda a: a[:, :6]),
                ),
                "backgrounds.neutron.rates",
            ),
            "announced": (
                content("templates.npz", archive(signal=header((10**9,)))),
                "detector.templates",
                "templates.npz",
            ),
            "announced overflow": (
                content("templates.npz", archive(signal=header((2**62, 8)))),
                "detector.templates",
                "templates.npz",
            ),
            "announced negative": (
                content("templates.npz", archive(signal=header((-5,)))),
                "detector.templates",
                "templates.npz",
            ),
            "announced object": (
                content("templates.npz", archive(signal=header((3,), "|O"))),
                "detector.templates",
                "templates.npz",
            ),
            "bomb": (content("templates.npz", bomb(10**7)), "detector.templates", "templates.npz"),
            "pickle": (
                content("templates.npz", b"cos\nsystem\n(S'touch pwned'\ntR."),
                "detector.templates",
                "templates.npz",
            ),
            "member pickle": (
                content("templates.npz", archive(signal=b"cos\nsystem\n(S'touch pwned'\ntR.")),
                "detector.templates",
                "templates.npz",
            ),
            "nested": (
                altered("templates.npz", lambda before: archive(templates=before)),
                "detector.templates",
                "templates.npz",
            ),
            "truncated": (
                altered("templates.npz", lambda before: before[:200000]),
                "detector.templates",
                "templates.npz",
            ),
            "flipped": (
                altered("templates.npz", lambda before: before[:200000] + bytes(100) + before[200100:]),
                "detector.templates",
                "templates.npz",
            ),
            "npy": (content("templates.npz", header((3,)) + bytes(24)), "detector.templates", "templates.npz"),
            "csv": (
                change('array = "templates.npz", name = "signal"', 'array = "events.csv", name = "signal"'),
                "detector.templates",
                "events.csv",
            ),
            "table of arrays": (
                change(
                    'events = [\n    { table = "events.csv", column = "cs2" }',
                    'events = [\n    { table = "templates.npz", column = "cs2" }',
                ),
                "data.events[0].table",
                "templates.npz",
            ),
            "both ways": (
                change(
                    'run = { table = "events.csv", column = "run" }',
                    'run = { table = "templates.npz", column = "run" }',
                ),
                "data.run.table",
                "templates.npz",
            ),
            "empty archive": (content("templates.npz", archive()), "detector.templates", "templates.npz"),
            "empty file": (content("templates.npz", b""), "detector.templates", "templates.npz"),
            "path": (
                change('array = "templates.npz", name = "signal"', 'array = "../templates.npz", name = "signal"'),
                "detector.templates",
            ),
            "edges number": (rewrite(r"sr2 = \[(.|\n)*?\n\]", "sr2 = 3"), "data.edges.sr2"),
            "edges missing": (rewrite(r"sr1 = \[(.|\n)*?\n\]", "sr1 = []"), "data.edges.sr1"),
            "edges decreasing": (
                change("[90, 170.161773681641, 249.889739990234, 500]", "[90, 250, 170, 500]"),
                "data.edges.sr0[0]",
            ),
            "edges fewer": (change("[90, 170.161773681641, 249.889739990234, 500]", "[90, 170, 500]"), "data.edges"),
            "edges unit": (change('500], unit = "PE"', '500], unit = "keV"'), "data.edges.sr0[0]"),
            "edges text": (change("[data.edges]\nsr0 = [", '[data.edges]\nbad = "all"\nsr0 = ['), "data.edges.bad"),
            "edges axis": (
                change('    { value = [0, 0.333333333333, 0.666666666667, 1], unit = "1", source = "release" },\n', ""),
                "data.edges.sr0",
            ),
            "event axis": (change('    { table = "events.csv", column = "s2_pre_quantile" },\n', ""), "data.events"),
            "event number": (
                change('    { table = "events.csv", column = "s2_pre_quantile" },\n', "    3,\n"),
                "data.events[1]",
            ),
            "event none": (rewrite(r"events = \[(.|\n)*?\n\]", "events = []"), "data.events"),
            "event a number": (rewrite(r"events = \[(.|\n)*?\n\]", "events = 3"), "data.events"),
            "event run": (change("\n0,", "\n7,", "events.csv"), "data.run"),
            "event run half": (change("\n0,", "\n0.5,", "events.csv"), "data.run"),
            "names": (change(', "S2 score bin [1]"', ""), "detector.templates"),
            "names twice": (change('"S2 score bin [1]"', '"S1 score bin [1]"'), "detector"),
            "names text": (change("names = [", 'names = "S2"\nother = ['), "detector.names"),
            "anchors": (
                change(
                    "light_yield = { value = [-3, -2, -1, 0, 1, 2, 3]", "light_yield = { value = [-3, -2, -1, 0, 1, 2]"
                ),
                "detector.templates",
            ),
            "anchors order": (
                change(
                    "light_yield = { value = [-3, -2, -1, 0, 1, 2, 3]",
                    "light_yield = { value = [3, 2, 1, 0, -1, -2, -3]",
                ),
                "detector.light_yield",
            ),
            "anchors no zero": (
                change(
                    "light_yield = { value = [-3, -2, -1, 0, 1, 2, 3]", "light_yield = { value = [1, 2, 3, 4, 5, 6, 7]"
                ),
                "detector.light_yield",
            ),
            "recoil order": (change("[0.5, 0.6, 0.7", "[0.6, 0.5, 0.7"), "detector"),
            "exposures": (
                change(
                    '[1.174398, 2.342593, 3.249665], unit = "t*y", source = "release" }\nnames',
                    '[1.174398, 2.342593, 3.249665, 4], unit = "t*y", source = "release" }\nnames',
                ),
                "detector.templates",
            ),
            "exposures zero": (change("[1.174398, 2.342593, 3.249665]", "[0, 0, 0]"), "detector.exposures"),
            "exposures negative": (
                change("[1.174398, 2.342593, 3.249665]", "[1.174398, -2.342593, 3.249665]"),
                "detector.exposures[1]",
            ),
            "exposures none": (change("[1.174398, 2.342593, 3.249665]", "[]"), "detector.templates"),
            "run number": (change("run = { value = 3", "run = { value = 4"), "backgrounds.ac_sr2.run"),
            "run half": (change("run = { value = 3", "run = { value = 2.5"), "backgrounds.ac_sr2.run"),
            "moves": (change('moves = "yes"', 'moves = "maybe"'), "backgrounds.neutron.moves"),
            "moves wrong": (change('moves = "yes"\n', ""), "backgrounds.neutron.rates"),
            "scales": (change('scales = ["b8_flux_norm"]', 'scales = ["b8_flux"]'), "signal.scales[0]"),
            "scales twice": (
                change('scales = ["b8_flux_norm"]', 'scales = ["b8_flux_norm", "b8_flux_norm"]'),
                "signal.scales[1]",
            ),
            "exposure unit": (
                change('exposure = { value = 1, unit = "t*y" }', 'exposure = { value = 1, unit = "t*d" }'),
                "target.exposure.unit",
            ),
            "neutrinos": (change('neutrinos = "b8"', 'neutrinos = "B8"'), "source.neutrinos"),
        },
    ),
    *spoilt(
        "apv-cs",
        {
            "nuclide": (change('nuclide = "133Cs"', 'nuclide = "134Cs"'), "measured.weak_charge.nuclide"),
            "nuclide number": (change('nuclide = "133Cs"', "nuclide = 133"), "measured.weak_charge.nuclide"),
            "uncertainty gone": (
                change(", uncertainty = 0.033", ""),
                "measured.weak_charge.polarisability.uncertainty",
            ),
            "uncertainty zero": (
                change("uncertainty = 0.033", "uncertainty = 0"),
                "measured.weak_charge.polarisability.uncertainty",
            ),
            "uncertainty negative": (
                change("uncertainty = 0.033", "uncertainty = -0.033"),
                "measured.weak_charge.polarisability.uncertainty",
            ),
            "uncertainty text": (
                change("uncertainty = 0.033", 'uncertainty = "0.033"'),
                "measured.weak_charge.polarisability.uncertainty",
            ),
            "value zero": (change("value = 27.064", "value = 0"), "measured.weak_charge.polarisability"),
            "unit": (change('unit = "a_B^3"', 'unit = "a_B"'), "measured.weak_charge.polarisability.unit"),
            "value gone": (
                change(
                    'polarisability = { value = 27.064, unit = "a_B^3", uncertainty = 0.033, source = "pdg" }\n', ""
                ),
                "measured.weak_charge.polarisability",
            ),
            "density": (change('density = "uniform"', 'density = "unifrm"'), "measured.weak_charge.density"),
            "kind": (change('kind = "weak-charge"', 'kind = "weak charge"'), "measured.weak_charge.kind"),
            "kind gone": (change('kind = "weak-charge"\n', ""), "measured.weak_charge.kind"),
            "with source": (extend('[source]\nkind = "solar"'), "source"),
            "with data": (extend('[data]\ncounts = { value = [1], unit = "counts" }'), "data"),
            "none": (content(DOCUMENT, 'name = "a"\n[measured]\n'), "measured"),
            "a number": (content(DOCUMENT, 'name = "a"\nmeasured = 3\n'), "measured"),
            "number in": (content(DOCUMENT, 'name = "a"\n[measured]\nb = 3\n'), "measured.b"),
            "variant": (
                change(
                    '[variants.dzuba2012-fermi]\nmeasured.weak_charge.density = "fermi"',
                    '[variants.dzuba2012-fermi]\nmeasured.weak_charge.density = "solid"',
                ),
                "measured.weak_charge.density",
                DOCUMENT,
                ":dzuba2012-fermi",
            ),
        },
    ),
    *spoilt(
        "prex-ii",
        {
            "both": (
                change("diffuseness", 'momentum_transfer = { value = 0.4, unit = "1/fm" }\ndiffuseness'),
                "measured.prex_ii.momentum_transfer",
            ),
            "neither": (
                change('momentum_transfer_squared = { value = 0.00616, unit = "GeV^2", source = "paper" }\n', ""),
                "measured.prex_ii.momentum_transfer",
            ),
            "transfer zero": (change("value = 0.00616", "value = 0"), "measured.prex_ii.momentum_transfer_squared"),
            "diffuseness negative": (
                change("diffuseness = { value = 0.605", "diffuseness = { value = -0.605"),
                "measured.prex_ii.diffuseness",
            ),
            "diffuseness of no nucleus": (
                change("diffuseness = { value = 0.605", "diffuseness = { value = 1.6"),
                "measured.prex_ii.diffuseness",
            ),
            "radius": (change("nuclide =", 'radius = "nucleus"\nnuclide ='), "measured.prex_ii.radius"),
            "nuclide unknown": (change('nuclide = "208Pb"', 'nuclide = "Pb"'), "measured.prex_ii.nuclide"),
            "error zero": (change("uncertainty = 0.013", "uncertainty = 0.0"), "measured.prex_ii.value.uncertainty"),
            "model error": (
                change("nuclide =", 'model_error = { value = -1, unit = "1" }\nnuclide ='),
                "measured.prex_ii.model_error",
            ),
        },
    ),
    *spoilt(
        "germanium-reactor",
        {
            "power": (
                change('thermal_power = { value = 3.6, unit = "GW", source = "conus_plus" }\n', ""),
                "source.thermal_power",
            ),
            "power unit": (
                change('thermal_power = { value = 3.6, unit = "GW"', 'thermal_power = { value = 3600, unit = "MW"'),
                "source.thermal_power.unit",
            ),
            "no backgrounds rate": (
                change('rate = { value = 30, unit = "1/keV/kg/day", source = "assumed" }\n', ""),
                "backgrounds.flat",
            ),
            "rate negative": (change("rate = { value = 30", "rate = { value = -30"), "backgrounds.flat.rate"),
            "duty": (
                change("rate = { value = 30", 'duty_factor = { value = 2, unit = "1" }\nrate = { value = 30'),
                "backgrounds.flat.duty_factor",
            ),
            "mass zero": (change("mass = { value = 4,", "mass = { value = 0,"), "target.mass"),
            "mass huge": (change("mass = { value = 4,", "mass = { value = 1e13,"), "target.mass"),
            "mass kg": (
                change('mass = { value = 4, unit = "kg"', 'mass = { value = 4, unit = "g"'),
                "target.mass.unit",
            ),
            "k large": (change("k = { value = 0.162", "k = { value = 1.62"), "detector.quenching.k"),
            "captures": (
                change("[source]\n", '[source]\ncaptures_per_fission = { value = -1, unit = "1" }\n'),
                "source.captures_per_fission",
            ),
            "bins many": (
                rewrite(
                    r"energy = \{ value = \[0.16.*\}",
                    'energy = { from = 0.16, to = 0.5, bins = 20000, unit = "keV" }\nparts = { value = 1000, unit = "1" }',
                ),
                "binning",
            ),
            "three axes": (
                rewrite(
                    r"energy = \{ value = \[0.16.*\}",
                    'energy = { from = 0.16, to = 0.5, bins = 2000, unit = "keV" }\nx = { from = 0, to = 1, bins = 2000, unit = "1" }\ny = { from = 0, to = 1, bins = 2000, unit = "1" }\n[signal.x]\nkind="shares"\n',
                ),
                "signal.x.share",
            ),
            "counts huge": (change("rate = { value = 30", "rate = { value = 1e14"), "backgrounds.flat"),
        },
    ),
)
