"""A synthetic district over the real divisions: to try, to show and to measure, never to decide."""

from app.jobs.demo.district import make_demo
from app.jobs.demo.logins import DEMO_PASSWORD, demo_logins
from app.jobs.demo.sample import SampleInquiry, sample_inquiry
from app.jobs.demo.summary import DemoSummary

__all__ = [
    "DEMO_PASSWORD",
    "DemoSummary",
    "SampleInquiry",
    "demo_logins",
    "make_demo",
    "sample_inquiry",
]
