"""What is computed: measurements, models, points, fits, grids."""

from typing import Any

CSI = "coherent-csi-2021"
TIED = {"r_n_i": "r_n_cs"}
LEVELS = (0.6827, 0.90, 0.9545)
REPRESENTATIVE = (
    CSI,
    "coherent-lar-2020:2d",
    "dresden-ii",
    "conus-plus-2025",
    "xenonnt-8b",
    "apv-cs",
    "xenonnt-er",
)
"""Measurements that every model is put to."""
FORECASTS = ("argon-610", "cryocsi-i", "cryocsi-ii", "germanium-reactor")
FORM_FACTORS = ("symmetrised-fermi", "klein-nystrand", "shell-model", "unity")
COUPLINGS = ("tree", "2020", "2024")

MEDIATOR = {"g_zp": 3e-5, "m_zp": 12.0}
SCALAR = {"g_phi": 2e-5, "m_phi": 8.0}
RADII = {"charge_radius_ee": -12.0, "charge_radius_mumu": 5.0, "charge_radius_emu": 3.0, "charge_radius_tautau": 2.0}
CHARGES = {"millicharge_ee": 3.0, "millicharge_mumu": -2.0, "millicharge_etau": 1.5}
NSI = {
    "eps_ee_u": 0.11,
    "eps_ee_d": -0.04,
    "eps_mumu_u": 0.03,
    "eps_mumu_d": 0.05,
    "eps_emu_u": 0.06,
    "eps_etau_d": 0.02,
    "eps_emu_u_phase": 0.7,
    "eps_tautau_u": 0.08,
}

MODEL_POINTS: dict[str, dict[str, float]] = {
    "standard-model": {"sin2_theta_w": 0.2312},
    "standard-model:recoil-term": {"sin2_theta_w": 0.2312},
    "standard-model:axial,strange": {"sin2_theta_w": 0.2312},
    "nsi": NSI,
    "light-vector": MEDIATOR,
    "light-vector:B-L": MEDIATOR,
    "light-vector:B-3Le": MEDIATOR,
    "light-vector:Lmu-Ltau": {"g_zp": 6e-4, "m_zp": 12.0},
    "light-vector:u=1/3,d=1/3,e=-1": MEDIATOR,
    "light-scalar": SCALAR,
    "light-scalar:15.1/14": SCALAR,
    "axial": {"g_axial": 3e-4, "m_axial": 10.0},
    "pseudoscalar": {"g_pseudoscalar": 3e-3, "m_pseudoscalar": 10.0},
    "tensor": {"g_tensor": 5e-5, "m_tensor": 10.0},
    "tensor:spin": {"g_tensor": 5e-4, "m_tensor": 10.0},
    "charge-radius": RADII,
    "charge-radius:beyond-sm": RADII,
    "millicharge": CHARGES,
    "millicharge:free-electron": CHARGES,
    "magnetic-moment": {"magnetic_moment_e": 8.0, "magnetic_moment_mu": 6.0, "magnetic_moment_emu": 4.0},
    "sterile-oscillation": {"u2_e4": 0.08, "u2_mu4": 0.05, "u2_tau4": 0.02, "delta_m2_41": 1.7},
    "dipole-portal": {"dipole_moment_e": 6.0, "dipole_moment_mu": 9.0, "dipole_moment_tau": 3.0, "m_hnl": 3.0},
    "nsi + light-vector:B-L": NSI | MEDIATOR,
    "charge-radius + magnetic-moment + light-vector:B-L": RADII | MEDIATOR | {"magnetic_moment_mu": 7.0},
    "axial + standard-model:axial": {"g_axial": 3e-4, "m_axial": 10.0},
}
"""Values of the parameters of each model, or of each sum of models."""

ALL_FREE = (
    "coherent-csi-2017:energy-time",
    CSI,
    "coherent-lar-2020:2d-flavours",
    "coherent-ge-mini-2024",
    "xenonnt-8b",
    "dresden-ii:lindhard",
    "conus-plus-2025",
    "xenonnt-er",
    "apv-cs",
)
"""Measurements whose gradient is taken in everything there is."""


def case(*names: str, models: tuple[str, ...] = (), electrons: bool = False, **arguments: Any) -> dict[str, Any]:
    """Return a likelihood by name, and the arguments of its fit."""
    couplings = arguments.pop("couplings", "2022")
    made = {"names": list(names), "models": list(models), "electrons": electrons, "couplings": couplings}
    return {"likelihood": made, "arguments": arguments}


ANGLE = ["sin2_theta_w"]
POINTS: dict[str, dict[str, Any]] = {
    "csi nsi": case(CSI, models=("nsi",), free=["eps_ee_u", "eps_ee_d", "eps_mumu_u", "eps_emu_u"], values=NSI),
    "csi nsi electrons": case(
        CSI, models=("nsi",), electrons=True, free=["eps_ee_u", "eps_ee_e"], values=NSI | {"eps_ee_e": 0.2}
    ),
    "csi B-L": case(CSI, models=("light-vector:B-L",), free=["g_zp", "m_zp"], values=MEDIATOR),
    "csi B-L radii": case(CSI, models=("light-vector:B-L",), free=["g_zp", "m_zp", "r_n_cs", "r_n_i"], values=MEDIATOR),
    "csi Lmu-Ltau electrons": case(
        CSI,
        models=("light-vector:Lmu-Ltau",),
        electrons=True,
        free=["g_zp", "m_zp"],
        values={"g_zp": 4e-4, "m_zp": 9.0},
    ),
    "csi shape scalar": case(f"{CSI}:shape", models=("light-scalar",), free=["g_phi", "m_phi"], values=SCALAR),
    "csi tensor": case(CSI, models=("tensor",), free=["g_tensor"], values={"g_tensor": 5e-5, "m_tensor": 10.0}),
    "csi sterile": case(
        CSI,
        models=("sterile-oscillation",),
        free=["u2_e4", "u2_mu4", "delta_m2_41"],
        values=MODEL_POINTS["sterile-oscillation"],
    ),
    "csi dipole": case(
        CSI, models=("dipole-portal",), free=["dipole_moment_mu", "m_hnl"], values=MODEL_POINTS["dipole-portal"]
    ),
    "argon charge radii": case(
        "coherent-lar-2020:2d", models=("charge-radius",), free=["charge_radius_ee", "charge_radius_emu"], values=RADII
    ),
    "dresden B-L": case("dresden-ii", models=("light-vector:B-L",), free=["g_zp", "m_zp"], values=MEDIATOR),
    "dresden moments electrons": case(
        "dresden-ii",
        models=("magnetic-moment",),
        electrons=True,
        free=["magnetic_moment_e"],
        values={"magnetic_moment_e": 2.0},
    ),
    "conus scalar": case("conus-plus-2025", models=("light-scalar",), free=["g_phi", "m_phi"], values=SCALAR),
    "xenonnt nsi": case("xenonnt-8b", models=("nsi",), free=["eps_ee_u", "eps_mumu_d", "eps_emu_u"], values=NSI),
    "xenonnt-er charges": case(
        "xenonnt-er", models=("millicharge",), free=["millicharge_ee"], values={"millicharge_ee": 1e-5}
    ),
    "xenonnt-er B-L": case(
        "xenonnt-er", models=("light-vector:B-L",), free=["g_zp", "m_zp"], values={"g_zp": 3e-7, "m_zp": 0.05}
    ),
    "csi with caesium B-L": case(
        CSI, "apv-cs", models=("light-vector:B-L",), free=["g_zp", "m_zp", "r_n_cs"], values=MEDIATOR
    ),
    "all of the SNS": case(
        CSI, "coherent-lar-2020:2d", "coherent-ge-mini-2024", free=[*ANGLE, "r_n_cs", "r_n_ar"], tie=TIED
    ),
    "germanium": case(
        "dresden-ii:lindhard",
        "conus-plus-2025",
        "texono-2025",
        free=["lindhard_k_ge@dresden-ii"],
        tie=dict.fromkeys(("lindhard_k_ge@conus-plus-2025", "lindhard_k_ge@texono-2025"), "lindhard_k_ge@dresden-ii"),
    ),
    "solar": case("xenonnt-8b", "pandax4t-8b", "lz-8b", free=[*ANGLE, "r_n_xe"]),
    "csi with caesium, ordered": case(
        CSI, "apv-cs", "csre-cs", free=[*ANGLE, "r_n_cs", "r_n_i"], require=["r_n_i<=r_n_cs"], values={"r_n_i": 4.9}
    ),
    "csi with caesium, related": case(
        CSI, "apv-cs", free=["r_n_cs", "r_n_i"], constrain={"r_n_cs-r_n_i": (0.06, 0.02), "q_w_sm_cs": (-73.23, 0.01)}
    ),
    "csi and conus, correlated": case(
        CSI,
        "conus-plus-2025",
        free=ANGLE,
        correlate={(f"cevns_norm@{CSI}", "cevns_norm@conus-plus-2025"): 0.2},
    ),
}
"""χ² and gradients beside those of every measurement in the Standard Model; couplings start away from zero."""

ONE = {"m_zp": 10.0}
FITS: dict[str, dict[str, Any]] = {
    "csi angle": case(CSI, free=ANGLE),
    "csi radius": case(CSI, free=["r_n_cs"], tie=TIED),
    "csi both": case(CSI, free=[*ANGLE, "r_n_cs"], tie=TIED),
    "csi shape angle": case(f"{CSI}:shape", free=ANGLE),
    "csi time shift": case(CSI, free=["time_shift_nu"]),
    "csi 2017 radius": case("coherent-csi-2017:energy-time", free=["r_n_cs"], tie=TIED),
    "argon 1d angle": case("coherent-lar-2020:1d", free=ANGLE),
    "argon 2d strength": case("coherent-lar-2020:2d", free=["cevns_norm"]),
    "argon 3d strength": case("coherent-lar-2020:3d", free=["cevns_norm"]),
    "germanium strength": case("coherent-ge-mini-2024", free=["cevns_norm"]),
    "dresden strength": case("dresden-ii", free=["cevns_norm"]),
    "dresden B-L": case("dresden-ii", models=("light-vector:B-L",), free=["g_zp"], values=ONE),
    "conus angle": case("conus-plus-2025", free=ANGLE),
    "xenonnt flux": case("xenonnt-8b", free=["b8_flux_norm"]),
    "xenonnt-er moment": case(
        "xenonnt-er",
        models=("magnetic-moment",),
        free=["magnetic_moment_e"],
        tie={"magnetic_moment_mu": "magnetic_moment_e", "magnetic_moment_tau": "magnetic_moment_e"},
    ),
    "lz-er charge": case(
        "lz-er:ws2024", models=("millicharge",), free=["millicharge_ee"], require=["millicharge_ee>=0"]
    ),
    "caesium angle": case("apv-cs", free=ANGLE),
    "caesium radius": case("apv-cs:sahoo2021", free=["r_n_cs"]),
    "lead radius": case("prex-ii:with-prex-i", free=["r_n_pb"]),
    "csi nsi": case(CSI, models=("nsi",), free=["eps_ee_u", "eps_mumu_u"]),
    "csi B-L": case(CSI, models=("light-vector:B-L",), free=["g_zp"], values=ONE),
    "csi universal": case(CSI, models=("light-vector:universal",), free=["g_zp", "m_zp"]),
    "csi scalar": case(CSI, models=("light-scalar",), free=["g_phi"], values={"m_phi": 10.0}),
    "csi tensor": case(CSI, models=("tensor",), free=["g_tensor"], values={"m_tensor": 10.0}),
    "csi sterile": case(CSI, models=("sterile-oscillation",), free=["u2_mu4"], values={"delta_m2_41": 1.0}),
    "csi moment electrons": case(CSI, models=("magnetic-moment",), electrons=True, free=["magnetic_moment_mu"]),
    "argon charge radii": case(
        "coherent-lar-2020:1d",
        models=("charge-radius",),
        couplings="2020",
        free=["charge_radius_ee", "charge_radius_mumu"],
    ),
    "csi with caesium, ordered": case(CSI, "apv-cs", free=["r_n_cs", "r_n_i"], require=["r_n_i<=r_n_cs"]),
    "csi with caesium, related": case(
        CSI, "apv-cs:sahoo2021", free=["r_n_cs", "r_n_i"], constrain={"r_n_cs-r_n_i": (0.06, 0.02)}
    ),
    "csi, argon, caesium": case(CSI, "coherent-lar-2020:2d", "apv-cs", free=ANGLE),
    "csi and conus, correlated": POINTS["csi and conus, correlated"],
}
FORECAST_FITS: dict[str, dict[str, Any]] = {
    "cryocsi-i both": case("cryocsi-i", free=[*ANGLE, "r_n_cs"], tie=TIED),
    "germanium reactor angle": case("germanium-reactor", free=ANGLE, values={"sin2_theta_w": 0.2312}),
    "csi radius": case(CSI, free=["r_n_cs"], tie=TIED, values={"r_n_cs": 5.2}),
}

PROFILES: dict[str, dict[str, Any]] = {
    "csi angle and radius": case(CSI, free=[*ANGLE, "r_n_cs"], tie=TIED)
    | {"ranges": {"sin2_theta_w": (0.12, 0.42), "r_n_cs": (3.2, 9.0)}, "points": 13},
    "caesium angle and radius": case("apv-cs", free=[*ANGLE, "r_n_cs"])
    | {"ranges": {"sin2_theta_w": (0.225, 0.255), "r_n_cs": (3.2, 8.0)}, "points": 13},
    "csi nsi": case(CSI, models=("nsi",), free=["eps_ee_u", "eps_mumu_u"])
    | {"ranges": {"eps_ee_u": (-0.25, 0.65), "eps_mumu_u": (-0.25, 0.65)}, "points": 13},
}
"""Profiles of two parameters on small grids."""
SCANS: dict[str, dict[str, Any]] = {
    "csi B-L": case(CSI, models=("light-vector:B-L",)) | {"grid": {"g_zp": "1e-6:1e-2:31:log", "m_zp": "1:1e4:27:log"}},
    "csi nsi": case(CSI, models=("nsi",)) | {"grid": {"eps_ee_u": "-0.25:0.65:37", "eps_mumu_u": "-0.25:0.65:37"}},
    "csi with caesium": case(CSI, "apv-cs", tie=TIED)
    | {"grid": {"sin2_theta_w": "0.225:0.255:21", "r_n_cs": "3.4:8:21"}},
    "csi angle and radius, quenching": case(f"{CSI}:shape", tie=TIED)
    | {"grid": {"sin2_theta_w": "0.12:0.42:13", "r_n_cs": "3.2:9:13"}},
}
"""Scans with their contours, in memory and in a store."""
