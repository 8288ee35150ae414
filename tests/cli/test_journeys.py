"""The page of journeys: each runs as it stands, in an empty folder, prints what it says, and is right."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj

PAGE = Path(__file__).parents[2] / "docs" / "journeys.md"


def blocks(title):
    """Return the blocks of a section, (language, text)."""
    section = PAGE.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def journey(run, tmp_path, capsys):
    """Go through a section; return what its Python has defined."""

    def go(title):
        names = {"__name__": "journey"}
        for language, text in blocks(title):
            if language == "sh":
                for line in text.splitlines():
                    code, _, error = run(*shlex.split(line)[1:])
                    assert code == 0, (line, error)
            elif language == "python":
                exec(compile(text, str(PAGE), "exec"), names)
                names["printed"] = capsys.readouterr().out
            elif language == "toml":
                (tmp_path / "neutrons.toml").write_text(text)
            else:
                assert names["printed"] == text
        return names

    return go


def test_every_journey_is_tested():
    titles = re.findall(r"(?m)^## (.*)$", PAGE.read_text())
    assert titles == ["My data", "My detector", "My nucleus", "My model", "My sampler"]
    assert all(f"[{title}](#{title.lower().replace(' ', '-')})" in PAGE.read_text() for title in titles)


def test_my_data(journey, tmp_path):
    """The copy has the likelihood of what it was copied from, and all files are there."""
    journey("My data")
    for name in ("check.png", "fit.png", "my-detector.json"):
        assert (tmp_path / name).is_file()
    mine = cj.Likelihood([str(tmp_path / "my-detector")])
    assert mine.chi2() == cj.Likelihood(["coherent-csi-2021"]).chi2()


def test_my_detector(journey, tmp_path):
    """What is not the flux falls with the root of the mass: counts are four times as many."""
    names = journey("My detector")
    small, large = (
        cj.measurement(tmp_path / "my-proposal" / file).observed.sum() for file in ("experiment.toml", "other.toml")
    )
    assert_close(large, 4.0 * small)
    assert names["forecast"].converged


def test_my_nucleus(journey, tmp_path):
    """File and object are the same density."""
    names = journey("My nucleus")
    from_file = cj.measurement("coherent-csi-2021", form_factor={"133Cs:n": str(tmp_path / "neutrons.toml")})
    (prediction,) = cj.Likelihood([from_file]).predict()
    assert_close(prediction.counts["cevns"], names["prediction"].counts["cevns"])


def test_my_model(journey):
    """ε on neutrons alone is ε_u = -ε/3, ε_d = 2ε/3 of all flavours: 2ε_u + ε_d = 0, ε_u + 2ε_d = ε."""
    names = journey("My model")
    likelihood, standard = names["fit"].likelihood, cj.Likelihood(["coherent-csi-2021"], cj.nsi())
    for coupling in (0.04, 0.9):
        quarks = {
            f"eps_{flavour}_{quark}": share * coupling
            for flavour in ("ee", "mumu", "tautau")
            for quark, share in (("u", -1 / 3), ("d", 2 / 3))
        }
        assert_close(likelihood.chi2({"eps_neutron": coupling}), standard.chi2(quarks), 1e-11, "sums of many terms")
    problem = likelihood.problem(free=["eps_neutron"])
    u = problem.coordinates(likelihood.parameters.complete({"eps_neutron": 0.04}))
    (gradient,) = likelihood.evaluator(free=["eps_neutron"]).value_and_gradient(u[None])[1]
    step = 1e-6 * np.eye(len(u))[0]
    difference = (problem(u + step) - problem(u - step)) / 2e-6
    assert_close(gradient[0], difference, 1e-6, "finite differences")


def test_my_sampler(journey):
    """The weak charge is linear in sin²θ_W: mean and width of the draws are value and error of the fit."""
    names = journey("My sampler")
    fit = cj.Likelihood(["apv-cs"]).fit(free=["sin2_theta_w"])
    value, error = fit.values["sin2_theta_w"], fit.error("sin2_theta_w")
    for draws in (np.asarray(names["draws"])[:, 0], names["posterior"].draws("sin2_theta_w")):
        assert draws.mean() == pytest.approx(value, abs=0.1 * error)
        assert draws.std() == pytest.approx(error, rel=0.1)
