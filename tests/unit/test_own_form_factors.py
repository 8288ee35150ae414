"""Form factors of the user's in targets, measurements and fits: keys, radii, reach, joint fits, what is made again."""

import dataclasses
import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from independent_form_factors import helm
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.joint.joining import parameter_table
from cevnsjax.measurements import CATALOGUE, load, resolve
from cevnsjax.nuclei.choice import form_factors
from cevnsjax.nuclei.form_factors import FORM_FACTORS
from cevnsjax.nuclei.nuclide import isotopes, nuclide
from cevnsjax.nuclei.shell_model import shell_model_charges
from cevnsjax.nuclei.target import nuclear_charges, target_of
from cevnsjax.results.record import digest

POINT = cj.FermiDensity(5.7, 0.5, convention="point")
SMALL = cj.FermiDensity(5.5, 0.5, convention="physical")
NUCLEON = 0.8409
HBARC = 197.3269804
CHARGES = np.array([[1.0, 20.0, 50.0, 100.0]])


def defaults(target):
    return {p.name: p.default for p in target.parameters()}


def helm_of(radius):
    """Return Helm's form factor as a function of the user's, in JAX, with the radius a parameter."""
    return cj.FormFactorOfRadius(lambda q, r: helm(q, r, jnp), radius, convention="physical")


def test_charges_of_a_target():
    """N F of the density, the nucleon's dipole in it; stretched where the radius is another."""
    target = target_of("CsI", 1.0, {"133Cs:n": POINT})
    q = np.repeat(CHARGES, 2, axis=0)
    radii = defaults(target)
    assert_close(radii["r_n_cs"], np.hypot(float(POINT.rms_radius), NUCLEON))
    assert (radii["r_p_cs"], radii["r_n_i"]) == (nuclide("133Cs").proton_radius, nuclide("127I").neutron_radius)
    charges = nuclear_charges(target, q)
    k = CHARGES[0] / HBARC
    dipole = (1 + (k * NUCLEON) ** 2 / 12) ** -2
    assert_close(charges["neutron"](radii)[0], 78 * POINT.unstretched(k) * dipole)
    assert_close(charges["neutron"](radii)[1], 74 * FORM_FACTORS["helm"](CHARGES[0], 5.03))
    assert_close(charges["proton"](radii)[0], 55 * FORM_FACTORS["helm"](CHARGES[0], radii["r_p_cs"]))
    wide = np.sqrt(5.4**2 - NUCLEON**2) / float(POINT.rms_radius)
    moved = charges["neutron"]({**radii, "r_n_cs": 5.4})[0]
    assert_close(moved, 78 * POINT.unstretched(wide * k) * dipole)


def test_charges_at_some_of_the_nodes():
    target = target_of("CsI", 1.0, {"Cs": SMALL, "I:n": "klein-nystrand"})
    q = np.linspace(1.0, 100.0, 24).reshape(2, 12)
    places = np.array([[0, 5, 11], [3, 4, 9]])
    for charge in nuclear_charges(target, q).values():
        whole = charge(defaults(target))
        assert_close(charge.at(places)(defaults(target)), np.take_along_axis(whole, places, axis=1))


def test_the_key_that_says_most_counts():
    chosen = {"others": "klein-nystrand", "Cs": "unity", "Cs:n": "symmetrised-fermi", "133Cs": "helm", "133Cs:n": SMALL}
    for keys, neutrons, protons in (
        (("others",), "klein-nystrand", "klein-nystrand"),
        (("others", "Cs"), "unity", "unity"),
        (("others", "Cs", "Cs:n"), "symmetrised-fermi", "unity"),
        (("others", "Cs", "Cs:n", "133Cs"), "helm", "helm"),
        (tuple(chosen), SMALL, "helm"),
    ):
        target = target_of("CsI", 1.0, {key: chosen[key] for key in keys})
        caesium, iodine = target.nuclides
        assert target.shape(caesium, "n") is neutrons
        assert target.shape(caesium, "p") is protons
        assert target.shape(iodine, "n") == "klein-nystrand"


def test_isotopes_of_an_element_keep_their_distance():
    """An element's density is that of its most abundant isotope; another's own density moves that one alone."""
    usual = {n.name: n.neutron_radius for n in isotopes("xe")}
    target = target_of("Xe", 1.0, {"Xe:n": SMALL})
    radius = float(SMALL.rms_radius)
    assert_close(defaults(target)["r_n_xe"], radius)
    q = np.repeat(CHARGES, len(target.nuclides), axis=0)
    neutrons = nuclear_charges(target, q)["neutron"](defaults(target))
    for nucleus, values in zip(target.nuclides, neutrons, strict=True):
        own = radius + usual[nucleus.name] - usual["132Xe"]
        assert_close(values, nucleus.neutrons * SMALL.form_factor(CHARGES[0] / HBARC, own))
    alone = target_of("Xe", 1.0, {"129Xe:n": SMALL})
    assert defaults(alone)["r_n_xe"] == usual["132Xe"]
    for nucleus, values in zip(alone.nuclides, nuclear_charges(alone, q)["neutron"](defaults(alone)), strict=True):
        expected = SMALL.unstretched(CHARGES[0] / HBARC) if nucleus.name == "129Xe" else None
        expected = FORM_FACTORS["helm"](CHARGES[0], usual[nucleus.name]) if expected is None else expected
        assert_close(values, nucleus.neutrons * expected)
    main = target_of("Xe", 1.0, {"132Xe:n": SMALL})
    assert_close(main.own.radius(nuclide("129Xe"), "n"), usual["129Xe"])
    assert_close(defaults(main)["r_n_xe"], radius)


def test_beside_the_shell_model():
    """Its nuclides have no radius, that of the density has."""
    target = target_of("CsI", 1.0, {"others": "shell-model", "133Cs:n": SMALL})
    assert list(defaults(target)) == ["r_n_cs"]
    charges = nuclear_charges(target, np.repeat(CHARGES, 2, axis=0))
    caesium, iodine = (shell_model_charges(nucleus, CHARGES[0]) for nucleus in target.nuclides)
    assert_close(charges["proton"](defaults(target)), np.array([caesium[0], iodine[0]]))
    assert_close(charges["neutron"](defaults(target))[1], iodine[1])
    with pytest.raises(cj.InputError, match="no form factor 'shell-model' of Ar"):
        target_of("Ar", 1.0, {"40Ar:n": "shell-model"})
    assert target_of("Ar", 1.0, {"others": "shell-model", "Ar": SMALL}).form_factor == "shell-model"


def test_texts():
    for text in ("helm", "unity", "133Cs:n=unity", "klein-nystrand,133Cs:n=helm,I=unity"):
        assert form_factors(text).text == text
    assert form_factors({"133Cs:n": SMALL}).text == "133Cs:n=FermiDensity"


@pytest.mark.parametrize("name", [name for name, entry in CATALOGUE.items() if entry.form_factor])
def test_every_measurement_takes_them(name):
    """Every counted one; those of parity violation have their own weak charge, and say so."""
    usual = load(name)
    if usual.scattering is None:
        with pytest.raises(cj.InputError, match="no nuclide whose form factor can be chosen"):
            load(name, {"208Pb:n": SMALL})
        return
    main = max(zip(usual.scattering.target.numbers, usual.scattering.target.nuclides, strict=True), key=lambda p: p[0])[
        1
    ]
    radius = float(SMALL.rms_radius)
    made = load(name, {f"{main.name}:n": SMALL})
    assert {p.name: p.default for p in made.parameters()}[f"r_n_{main.element}"] == pytest.approx(radius, rel=1e-12)
    assert made.counted().target.own.distribution(main, "n") is SMALL


def test_counts_of_a_function_that_is_helms():
    """In an experiment that a file describes, in xenon of nine isotopes, and in CsI: the counts are Helm's."""
    why = "two ways to compute F at small q"
    for name, key in (("argon-610", "Ar:n"), ("xenonnt-8b", "Xe:n"), ("coherent-csi-2017", "133Cs:n")):
        (usual,) = resolve([name])
        (default,) = [p.default for p in usual.parameters() if p.name.startswith(f"r_n_{key[:2].strip('13').lower()}")][
            :1
        ]
        (made,) = resolve([name], {key: helm_of(default)})
        counts, expected = (cj.Likelihood([m]).predict()[0].counts["cevns"] for m in (made, usual))
        assert_close(counts, expected, 1e-10, why, scale=np.max(expected))


def test_helm_as_a_function_through_a_full_fit(likelihood, both_fit, angle_fit):
    """The same χ² and the same values as the built-in: with free radii, and fixed as a function of q in NumPy."""
    own = {"133Cs:n": helm_of(5.09), "127I:n": helm_of(5.03)}
    fit = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor=own)]).fit(
        free=["sin2_theta_w", "r_n_cs"], tie={"r_n_i": "r_n_cs"}
    )
    why = "two minimisations"
    assert abs(fit.chi2 - both_fit.chi2) < 1e-10
    for name in ("sin2_theta_w", "r_n_cs"):
        assert_close(fit.values[name], both_fit.values[name], 1e-8, why)
        assert_close(np.array(fit.interval(name).around(fit.values[name])), np.array(both_fit.interval(name).around(both_fit.values[name])), 1e-6, why)  # fmt: skip
    assert fit.quadrature_error == pytest.approx(both_fit.quadrature_error, abs=1e-9)
    numpy = {
        key: cj.FormFactorFunction(lambda q, r=r: helm(q, r), convention="physical")
        for key, r in (("133Cs:n", 5.09), ("127I:n", 5.03), ("133Cs:p", 4.821), ("127I:p", 4.766))
    }
    fixed = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor=numpy)]).fit(free=["sin2_theta_w"])
    assert abs(fixed.chi2 - angle_fit.chi2) < 1e-10
    assert_close(fixed.values["sin2_theta_w"], angle_fit.values["sin2_theta_w"], 1e-8, why)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(POINT, marks=pytest.mark.slow),
        cj.FormFactorFunction(lambda q: helm(q, 4.9), convention="physical"),
        pytest.param(
            cj.TabulatedFormFactor(
                np.linspace(0, 1.2, 121), helm(np.linspace(0, 1.2, 121), 4.9), convention="physical"
            ),
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda shape: type(shape).__name__,
)
def test_gradient_of_chi2_in_the_radius(shape):
    """With R_n free, χ² and its exact derivatives against differences, and the error of its recoil integrals."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor={"133Cs:n": shape})])
    problem, h = likelihood.problem(free=["sin2_theta_w", "r_n_cs"], tie={"r_n_i": "r_n_cs"}), 1e-3
    evaluate = likelihood.evaluator(free=["sin2_theta_w", "r_n_cs"], tie={"r_n_i": "r_n_cs"})
    point = np.asarray(problem.coordinates({**likelihood.parameters.complete(), "r_n_cs": 5.3}))
    place = problem.names.index("r_n_cs")
    step = np.zeros(len(point))
    step[place] = h
    chi2 = [float(evaluate.chi2(point + k * step)) for k in (-2, -1, 0, 1, 2)]
    difference = (chi2[0] - 8 * chi2[1] + 8 * chi2[3] - chi2[4]) / (12 * h)
    why = "differences over 0.001 fm of numbers of 100"
    assert_close(evaluate.value_and_gradient(point)[1][place], difference, 1e-8, why, scale=max(1.0, abs(difference)))
    slopes = [evaluate.value_and_gradient(point + k * step)[1] for k in (-1, 1)]
    assert_close(
        np.asarray(evaluate.hessian(point))[place], (slopes[1] - slopes[0]) / (2 * h), 1e-5, "the same", scale=10.0
    )
    fit = likelihood.fit(free=["r_n_cs"])
    assert fit.converged
    assert fit.quadrature_error is not None
    assert 0.0 < fit.quadrature_error < 1e-6


def test_a_table_that_ends_too_early():
    """It must reach 2E of the largest energy: 105.7 MeV of a muon that decays; R_n is free as far as it is known."""

    def cut(end):
        q = np.linspace(0, end, 81)
        return {"133Cs:n": cj.TabulatedFormFactor(q, helm(q, 4.9), convention="physical")}

    with pytest.raises(
        cj.InputError, match=r"form factor 133Cs:n: expected one that is known up to 0\.53\d+ 1/fm, the"
    ):
        cj.measurements.coherent_csi_2021(form_factor=cut(0.5))
    made = cj.measurements.coherent_csi_2021(form_factor=cut(0.7))
    (bounds,) = [p.bounds for p in made.parameters() if p.name == "r_n_cs"]
    largest = made.counted().largest_momentum
    assert 105.6 < largest < 105.7
    assert_close(bounds[1], 4.9 * 0.7 / (largest / HBARC), 1e-4, "the radius is the slope of the spline")
    likelihood = cj.Likelihood([made])
    with pytest.raises(cj.InputError, match=r"r_n_cs: expected a value from 2\.2 to 6\.4"):
        likelihood.fit(free=["sin2_theta_w"], values={"r_n_cs": 7.0})
    fit = likelihood.fit(free=["r_n_cs"])
    assert fit.converged
    assert fit.interval("r_n_cs", 0.95).pieces[-1][1] <= bounds[1]
    assert resolve(["conus-plus-2025"], {"Ge:n": cj.TabulatedFormFactor(np.linspace(0, 0.2, 41), helm(np.linspace(0, 0.2, 41), 4.0), convention="physical")})  # fmt: skip


def test_joint():
    """Each measurement takes what it has nuclides of; the radius of the density is everybody's default."""
    names, own = ["csre-cs", "coherent-csi-2021", "coherent-lar-2020"], {"133Cs:n": SMALL, "40Ar:n": helm_of(3.5)}
    measurements = resolve(names, own)
    table = parameter_table(measurements, cj.combine())
    assert table["r_n_cs"].default == float(SMALL.rms_radius)
    assert table["r_n_ar"].default == 3.5
    assert measurements[1].counted().target.written == "133Cs:n=FermiDensity"
    assert measurements[2].counted().target.written == "40Ar:n=FormFactorOfRadius"
    with pytest.raises(
        cj.InputError, match=r"form factor 208Pb:n: expected a nuclide or element of the target \(133Cs, 127I"
    ):
        resolve(names, {"208Pb:n": SMALL})
    other = load("coherent-csi-2021", {"133Cs:n": POINT})
    again = dataclasses.replace(load("coherent-csi-2017", {"133Cs:n": SMALL}), dataset="another")
    with pytest.raises(cj.InputError, match=r"r_n_cs: expected distributions of one rms radius in all measurements"):
        parameter_table([other, again], cj.combine())


def test_made_again(tmp_path):
    """A result with a form factor of a file is made again from the file; one of an object asks for the likelihood."""
    file = tmp_path / "cs.toml"
    file.write_text(
        'kind = "fermi"\nconvention = "point"\n[sources]\nnone = "none"\n[half_density_radius]\n'
        'value = 5.7\nunit = "fm"\nsource = "none"\n[diffuseness]\nvalue = 0.5\nunit = "fm"\nsource = "none"\n'
    )
    own = {"133Cs:n": file}
    of_file = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor=own)]).predict()[0]
    of_object = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor={"133Cs:n": POINT})])
    assert_close(of_file.counts["cevns"], of_object.predict()[0].counts["cevns"])
    of_file.save(tmp_path / "file.json")
    of_object.predict()[0].save(tmp_path / "object.json")
    assert_close(cj.load(tmp_path / "file.json").counts["cevns"], of_file.counts["cevns"])
    with pytest.raises(cj.InputError, match="expected the likelihood that it was made with"):
        cj.load(tmp_path / "object.json")
    assert_close(cj.load(tmp_path / "object.json", of_object).counts["cevns"], of_file.counts["cevns"])
    file.write_text(file.read_text().replace("5.7", "5.6"))
    with pytest.raises(cj.InputError, match="coherent-csi-2021 differs"):
        cj.load(tmp_path / "file.json")


def test_functions_are_told_apart():
    """By the digest that results are compared with."""
    shapes = [helm_of(4.9), helm_of(4.9), cj.FormFactorOfRadius(lambda q, r: jnp.exp(-((q * r) ** 2) / 6), 4.9, convention="physical")]  # fmt: skip
    first, same, other = (digest(target_of("Cs", 1.0, {"Cs:n": shape})) for shape in shapes)
    assert first == same != other


def test_cross_sections():
    """The table of predictions takes them too."""
    usual = cj.flux_averaged_cross_sections(["coherent-csi-2021"])
    made = cj.flux_averaged_cross_sections(["coherent-csi-2021"], form_factor={"133Cs:n": SMALL})
    before, after = usual.as_dict()["predicted"], made.as_dict()["predicted"]
    assert after["133Cs"]["sm"] > before["133Cs"]["sm"]  # a smaller radius
    assert all(after[name] == before[name] for name in before if name != "133Cs")


def test_the_page(tmp_path):
    """The file of docs/nuclei.md is the density of its Python, whose neutrons the page fits."""
    text = (Path(__file__).parents[2] / "docs/nuclei.md").read_text()
    section = text.partition("## Nuclear input of your own")[2].partition("\n## ")[0]
    (file,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (tmp_path / "neutrons.toml").write_text(file)
    names = {}
    exec(program, names)
    assert_close(cj.nuclear_input(tmp_path / "neutrons.toml").weights, names["neutrons"].weights)
    assert names["fit"].converged
    target = names["csi"].counted().target
    assert target.written == "133Cs:n=FermiDensity,I=klein-nystrand"
