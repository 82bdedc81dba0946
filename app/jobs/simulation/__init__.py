"""A scripted year of an invented town: to try criteria and duties in, and to test them."""

from app.jobs.simulation.standing import Month
from app.jobs.simulation.year import Script, Year, prepare, simulate

__all__ = ["Month", "Script", "Year", "prepare", "simulate"]
