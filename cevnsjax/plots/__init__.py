"""Figures. Functions take plain arrays and return a matplotlib `Figure`; nothing is written or shown here."""
