from .analyses.coherent_lar_2020 import coherent_lar_2020
from .analyses.lz_8b import lz_8b
from .analyses.pandax4t_8b import pandax4t_8b
from .analyses.xenonnt_8b import xenonnt_8b
from .catalogue import CATALOGUE, DEFAULT_FORM_FACTOR, Entry, shipped, titles
from .delta_chi2 import delta_chi2_table
from .factories import (
    apv_cs,
    coherent_csi_2017,
    coherent_csi_2021,
    coherent_ge_mini_2024,
    conus_2024,
    conus_plus_2025,
    crex,
    csre_cs,
    dresden_ii,
    dresden_ii_off,
    lz_er,
    pandax4t_er,
    prex_ii,
    texono_2025,
    xenonnt_er,
)
from .loading import described, load, measurement, resolve

__all__ = [
    "CATALOGUE",
    "DEFAULT_FORM_FACTOR",
    "Entry",
    "apv_cs",
    "coherent_csi_2017",
    "coherent_csi_2021",
    "coherent_ge_mini_2024",
    "coherent_lar_2020",
    "conus_2024",
    "conus_plus_2025",
    "crex",
    "csre_cs",
    "delta_chi2_table",
    "described",
    "dresden_ii",
    "dresden_ii_off",
    "load",
    "lz_8b",
    "lz_er",
    "measurement",
    "pandax4t_8b",
    "pandax4t_er",
    "prex_ii",
    "resolve",
    "shipped",
    "texono_2025",
    "titles",
    "xenonnt_8b",
    "xenonnt_er",
]
