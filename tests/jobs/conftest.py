"""The jobs run over a small district made by hand."""

from tests.district import district, district_url, postgres_district, sqlite_district

__all__ = ["district", "district_url", "postgres_district", "sqlite_district"]
