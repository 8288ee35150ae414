"""Likelihoods in the formats of other programs: HistFactory of pyhf, HS3, ONNX, tables of HEPData."""
